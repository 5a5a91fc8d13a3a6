//! `mall-bench browse`: the pages that a shopper reads before buying, each beside base with the same answer size, then all of them in a
//! realistic mix for their times.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::beside::{self, Rounds};
use crate::error::{Error, Verdict};
use crate::fetch;
use crate::journeys::{self, Client, Journey, Plan, Request};
use crate::load::connection::ConnectionError;
use crate::load::pace::Pace;
use crate::server_process::{Goods, Process, Seed, Setup};
use crate::testbed::{ModeOptions, READY_TIMEOUT, TestBed, TestBedOptions};

/// Of 100 requests of the mix: home, zone, list, detail, search.
const MIX: [u64; 5] = [15, 15, 30, 30, 10];
/// Median parts of base that are wanted, in the order of [`KINDS`]; searches are judged by their times.
const WANTED: [f64; 4] = [0.8, 0.8, 0.6, 0.8];
const KINDS: &[&str] = &["home", "zone", "list", "detail", "search"];
const SEARCH: usize = 4;
/// Milliseconds within which 99 of 100 searches are wanted.
const SEARCH_P99_MILLIS: f64 = 20.0;
const PAGES_TIMEOUT: Duration = Duration::from_secs(300);

/// What has to be there, for the end of `--help`.
const PREPARE: &str = "Prepare: cargo build --release --workspace (the server's binary lies beside this one, or --server names it). The shop is made \
by this command with `mallcore seed-demo --products N` in a folder of its own below --folder; 100,000 products take about a minute and \
another until the search has them. --full needs mariadbd, redis-server and rabbitmq-server to be installed. Leave the machine alone meanwhile.";

/// Options of `mall-bench browse`.
#[derive(Debug, Args)]
#[command(after_help = PREPARE)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// Products in the shop; 0: those of the demo shop.
    #[arg(long, default_value_t = 0)]
    products: u64,
    /// Rounds of each page; the first is not counted.
    #[arg(long, default_value_t = 6)]
    rounds: usize,
    /// Seconds of each side in a round.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Requests a second of the mix.
    #[arg(long, default_value_t = 2_000.0)]
    mix_per_second: f64,
}

/// Measures and judges.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let seed = Seed { stock: 1_000, limit: 1, items: 1 };
    let goods = Goods { products: options.products, ..Goods::default() };
    let testbed = TestBed::with_goods(&options.testbed, options.mode, seed, 100, goods)?;
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let pages = pages(&testbed.setup)?;
    let baseline = Process::baseline(None, crate::baseline::BODY_BYTES)?;
    let rounds = Rounds { rounds: options.rounds, seconds: options.seconds, connections: options.connections };
    let mut verdict = Verdict::Holds;
    for (kind, wanted) in WANTED.into_iter().enumerate() {
        let page = Arc::new(Page { kind, paths: pages[kind].clone() });
        let seen = beside::compare(&page, &server, &baseline, &testbed.shoppers, rounds)?.judge(KINDS[kind], wanted);
        verdict = if seen == Verdict::Broken { seen } else { verdict };
    }
    let plan = Plan {
        server: server.http,
        connections: options.connections,
        duration: Some(Duration::from_secs_f64(options.seconds * options.rounds as f64)),
        first: 0,
        journeys: None,
        pace: Pace::Open { per_second: options.mix_per_second },
    };
    let mix = journeys::run(&Arc::new(Mixed { pages }), plan, &Arc::default())?;
    println!("{mix}");
    let p99 = mix.kinds[SEARCH].times().p99_ms;
    let holds = p99 <= SEARCH_P99_MILLIS && mix.kinds.iter().all(|kind| kind.granted() == kind.count());
    println!("  {} search p99 {p99:.1} ms, wanted {SEARCH_P99_MILLIS:.0}", if holds { "ok    " } else { "below " });
    server.stop()?;
    let verdict = if holds { verdict } else { Verdict::Broken };
    testbed.finish(Verdict::Holds);
    Ok(verdict)
}

/// Paths of each kind, once the shop shows them: snapshots and the index of the search are made in the background.
fn pages(setup: &Setup) -> Result<Vec<Vec<String>>, Error> {
    let numbered = |prefix: &str, upto: u64| (1..=upto).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>();
    let lists = [
        numbered("/v1/products?size=20&category_id=", 5),
        ["newest", "price_asc", "price_desc", "sales"].map(|sort| format!("/v1/products?size=20&sort={sort}")).to_vec(),
    ];
    let words =
        ["%E6%89%8B%E6%9C%BA", "%E8%80%B3%E6%9C%BA", "%E8%A1%AC%E8%A1%AB", "%E9%9D%A2%E9%9C%9C", "pro", "%E9%94%AE%E7%9B%98", "lanya"];
    let pages = vec![
        vec!["/v1/zones/homepage".to_owned()],
        ["discount", "hot"].map(|zone| format!("/v1/zones/{zone}/products?size=20")).to_vec(),
        lists.concat(),
        numbered("/v1/products/", 200),
        words.map(|word| format!("/v1/products/search?q={word}&size=20")).to_vec(),
    ];
    for path in pages.iter().flatten() {
        fetch::wait_shown(setup.http(), path, PAGES_TIMEOUT)?;
    }
    Ok(pages)
}

/// Pages of one kind in turn.
struct Page {
    kind: usize,
    paths: Vec<String>,
}

impl Journey for Page {
    const KINDS: &'static [&'static str] = KINDS;

    async fn walk(&self, client: &mut Client, number: u64) -> Result<(), ConnectionError> {
        let path = &self.paths[number as usize % self.paths.len()];
        client.ask(Request::get(self.kind, path, None)).await.map(drop)
    }
}

/// Pages of all kinds, as [`MIX`] says.
struct Mixed {
    pages: Vec<Vec<String>>,
}

impl Journey for Mixed {
    const KINDS: &'static [&'static str] = KINDS;

    async fn walk(&self, client: &mut Client, number: u64) -> Result<(), ConnectionError> {
        // 37 has no factor in common with 100, so that kinds follow each other in no order of their own.
        let mut place = number * 37 % 100;
        let kind = MIX.iter().position(|share| {
            let is_here = place < *share;
            place = place.saturating_sub(*share);
            is_here
        });
        let kind = kind.unwrap_or_default();
        let path = &self.pages[kind][(number / 100) as usize % self.pages[kind].len()];
        client.ask(Request::get(kind, path, None)).await.map(drop)
    }
}
