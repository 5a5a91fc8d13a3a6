//! `mall-bench drill kill9`: a sale in which the server is killed while pieces are being sold.
//! - K1 the kill falls between two receipts: its moment is drawn over the pieces, not over time, so it never misses the sale.
//! - K2 every shopper asks again, with the same key, until the answer is yes or no: afterwards nothing is unknown,
//!   and receipts and books must be equal to the piece.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use rand::Rng as _;

use crate::checks::Checks;
use crate::error::{Error, Verdict};
use crate::events::EventConsumer;
use crate::load::{self, Live, LoadPlan, LoadResult};
use crate::measured;
use crate::report::Report;
use crate::server_process::{Process, Seed};
use crate::stats;
use crate::testbed::{ModeOptions, READY_TIMEOUT, TestBed, TestBedOptions};

const WATCH_INTERVAL: Duration = Duration::from_micros(200);

/// Options of `mall-bench drill kill9`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// Sales, each on a fresh folder.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Kills in each sale.
    #[arg(long, default_value_t = 2)]
    kills: usize,
    /// Shoppers; each asks for one piece, twice.
    #[arg(long, default_value_t = 10_000)]
    users: u64,
    /// Pieces that are on sale.
    #[arg(long, default_value_t = 1_000)]
    stock: u64,
    /// Pieces a user may have.
    #[arg(long, default_value_t = 1)]
    limit: u64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 128)]
    connections: usize,
}

/// All rounds; stops at the first that is broken and keeps its folder.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let mut restarts = Vec::new();
    for number in 1..=options.rounds {
        println!("round {number} of {}", options.rounds);
        let testbed =
            TestBed::fresh(&options.testbed, options.mode, Seed { stock: options.stock, limit: options.limit, items: 1 }, options.users)?;
        let verdict = round(options, &testbed, &mut restarts)?;
        testbed.finish(verdict);
        if verdict == Verdict::Broken {
            return Ok(verdict);
        }
    }
    if let Some(ready) = stats::spread(&restarts) {
        println!(
            "{} rounds, {} kills: all books balance; ready again after {:.0} ms [{:.0}-{:.0}]",
            options.rounds,
            restarts.len(),
            ready.median,
            ready.min,
            ready.max
        );
    }
    Ok(Verdict::Holds)
}

fn round(options: &Options, testbed: &TestBed, restarts: &mut Vec<f64>) -> Result<Verdict, Error> {
    let events = testbed.servers.as_ref().map(|servers| EventConsumer::start(&servers.broker.url())).transpose()?;
    let (mut server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let ids: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
    let plan = measured::closed_loop(&server, &testbed.shoppers, &ids, options.connections, Duration::ZERO);
    let asked = 2 * options.users;
    let plan = LoadPlan {
        duration: None,
        requests: Some(asked),
        reconnect: true,
        ack_file: Some(testbed.acks()),
        idle_timeout: READY_TIMEOUT,
        ..plan
    };
    let live = Arc::new(Live::default());
    let load = {
        let live = live.clone();
        std::thread::spawn(move || load::run(&plan, &live, |_| ()))
    };
    for moment in moments(options.kills, options.stock.min(options.users * options.limit)) {
        wait_for_pieces(&live, moment, || load.is_finished());
        server = restart(testbed, server, &live, restarts)?;
    }
    let result: LoadResult = load.join().map_err(|_| load::LoadError::Panicked)??;
    let report = Report::of(&result);
    println!("{report}");
    let mut checks = Checks::default();
    checks.check("every purchase has an answer", report.errors == 0 && report.answers == asked, format!("{} of {asked}", report.answers));
    let sold = options.stock.min(asked).min(options.users * options.limit);
    super::reconcile(testbed, events.as_ref(), 0, Some(options.limit), Some(sold), &mut checks)?;
    server.stop()?;
    Ok(checks.verdict())
}

/// Numbers of sold pieces after which the server dies, ascending.
fn moments(kills: usize, pieces: u64) -> Vec<u64> {
    let mut random = rand::rng();
    let mut moments: Vec<u64> = (0..kills).map(|_| random.random_range(0..pieces.max(1))).collect();
    moments.sort_unstable();
    moments
}

fn wait_for_pieces(live: &Live, pieces: u64, is_over: impl Fn() -> bool) {
    while live.bought.load(Ordering::Relaxed) < pieces && !is_over() {
        std::thread::sleep(WATCH_INTERVAL);
    }
}

fn restart(testbed: &TestBed, server: Process, live: &Live, restarts: &mut Vec<f64>) -> Result<Process, Error> {
    let told = live.bought.load(Ordering::Relaxed);
    server.kill9()?;
    let (server, ready) = testbed.setup.start_ready(READY_TIMEOUT)?;
    println!("  killed after about {told} receipts, ready again after {:.0} ms", ready.as_secs_f64() * 1000.0);
    restarts.push(ready.as_secs_f64() * 1000.0);
    Ok(server)
}
