//! `mall-bench drill restart`: the database has seen nothing of a long sale when the server is killed. How long until it sells again?
//! - T1 serving means: `/health/ready` says so, and a purchase succeeds.

use std::time::{Duration, Instant};

use clap::Args;

use crate::checks::Checks;
use crate::error::{Error, Verdict};
use crate::load::LoadPlan;
use crate::measured;
use crate::server_process::{LIMIT_MAX, STOCK_MAX, Seed};
use crate::testbed::{ModeOptions, READY_TIMEOUT, TestBed, TestBedOptions};

/// Options of `mall-bench drill restart`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// Orders that the database does not have at the kill.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// Seconds within which it has to sell again.
    #[arg(long, default_value_t = 10.0)]
    seconds_max: f64,
    /// Users that take turns buying.
    #[arg(long, default_value_t = 10_000)]
    users: u64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 256)]
    connections: usize,
}

/// Fills the journal, kills, restarts, sells, lets the database catch up, reconciles.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let stock = (2 * options.records).clamp(1_000, STOCK_MAX);
    let mut testbed = TestBed::fresh(&options.testbed, options.mode, Seed { stock, limit: LIMIT_MAX, items: 1 }, options.users)?;
    testbed.setup.set("PROJECTION_PAUSED", "true");
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let ids: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
    let plan = measured::closed_loop(&server, &testbed.shoppers, &ids, options.connections, Duration::ZERO);
    let plan = LoadPlan { duration: None, requests: Some(options.records), ack_file: Some(testbed.acks()), ..plan };
    println!("{}", measured::run(&plan, &server)?.report);
    let lag = testbed.setup.lag()?;
    server.kill9()?;

    testbed.setup.set("PROJECTION_PAUSED", "false");
    let begin = Instant::now();
    let (server, ready) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let one = LoadPlan { server: server.http, requests: Some(1), connections: 1, run: rand::random(), ..plan };
    let first = measured::run(&one, &server)?.report;
    let sells = begin.elapsed().as_secs_f64();
    let mut checks = Checks::default();
    checks.check("the database had nothing", lag >= options.records as f64, format!("{lag} records behind"));
    checks.check("T1 a purchase succeeds", first.buys == 1, format!("{:?}", first.outcomes));
    let times = format!("ready after {:.2} s, sold after {sells:.2} s (at most {})", ready.as_secs_f64(), options.seconds_max);
    checks.check("T1 it sells in time", sells <= options.seconds_max, times);
    let caught_up = testbed.setup.wait_projected(crate::testbed::PROJECTION_TIMEOUT)?.as_secs_f64();
    println!("  the database had caught up {caught_up:.1} s later: {:.0} records/s", lag / caught_up.max(0.001));
    super::reconcile(&testbed, None, 0, None, None, &mut checks)?;
    server.stop()?;
    let verdict = checks.verdict();
    testbed.finish(verdict);
    Ok(verdict)
}
