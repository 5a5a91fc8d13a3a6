//! `mall-bench drill carts`: very many carts, the server killed while they are filled and once they are, and what comes back.
//! - B1 a cart whose filling was acknowledged has exactly its lines: after kill -9, and after it left memory and was loaded again.
//!
//! What a cart takes in memory is printed with all caches of the process; `actors/examples/carts.rs` measures it alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use crate::checks::Checks;
use crate::error::{Attempt as _, Error, Verdict};
use crate::journeys::{self, Client, Journey, Measurements, Plan, Progress, Request};
use crate::load::LoadError;
use crate::load::connection::ConnectionError;
use crate::load::pace::Pace;
use crate::load::shoppers::Shopper;
use crate::server_process::{Seed, Setup};
use crate::testbed::{ModeOptions, PROJECTION_TIMEOUT, READY_TIMEOUT, TestBed, TestBedOptions};
use crate::{fetch, process_cpu};

/// SKUs that the carts draw from: prime, so that the lines of a cart are of different SKUs, and fewer than the demo shop has.
const SKUS: u64 = 97;
const RESIDENT_SAMPLE: &str = "mallcore_actors_resident{actor=\"cart";
/// A request that was told to come again does so after this long.
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// Carts leave memory after ten minutes without a command.
const PASSIVATED_WITHIN: Duration = Duration::from_secs(1_200);

/// Options of `mall-bench drill carts`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// Carts, one a shopper.
    #[arg(long, default_value_t = 1_000_000)]
    carts: u64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Also wait until the carts have left memory, ten minutes at least, and read them once more.
    #[arg(long)]
    passivated: bool,
}

/// Fills, kills in the middle, fills the rest, kills, reads.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let mut checks = Checks::default();
    let testbed = TestBed::fresh(&options.testbed, options.mode, Seed { stock: 1_000, limit: 1, items: 1 }, options.carts)?;
    let filling = Arc::new(Fill::new(&testbed.shoppers));
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let plan = Plan {
        server: testbed.setup.http(),
        connections: options.connections,
        duration: None,
        first: 0,
        journeys: Some(options.carts),
        pace: Pace::Closed,
    };
    let progress = Arc::new(Progress::default());
    let thread = {
        let (filling, progress) = (Arc::clone(&filling), Arc::clone(&progress));
        std::thread::spawn(move || journeys::run(&filling, plan, &progress))
    };
    while filling.acknowledged() < options.carts / 2 && !thread.is_finished() {
        std::thread::sleep(AGAIN_AFTER);
    }
    server.kill9()?;
    progress.stop.store(true, Ordering::Relaxed);
    println!("{}", joined(thread)?);
    println!("  killed after {} acknowledged carts", filling.acknowledged());

    let (server, ready) = testbed.setup.start_ready(READY_TIMEOUT)?;
    println!("{}", journeys::run(&filling, plan, &Arc::default())?);
    checks.check(
        "every cart is acknowledged",
        filling.acknowledged() == options.carts,
        format!("{} of {}", filling.acknowledged(), options.carts),
    );
    server.kill9()?;

    let (server, again) = testbed.setup.start_ready(READY_TIMEOUT)?;
    println!("  ready again after {:.2} and {:.2} s", ready.as_secs_f64(), again.as_secs_f64());
    testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;
    let before = memory(server.pid())?;
    read(&testbed, plan, "B1 after kill -9", &mut checks)?;
    let after = memory(server.pid())?;
    let bytes = (after - before) / options.carts as f64;
    println!("  {bytes:.0} bytes a cart that was read, caches of the process included");
    if options.passivated {
        let left = super::wait_until(PASSIVATED_WITHIN, || Ok(resident(&testbed.setup)? == 0.0))?;
        checks.check("carts leave memory", left, format!("{} are left", resident(&testbed.setup)?));
        read(&testbed, plan, "B1 after passivation", &mut checks)?;
    }
    server.stop()?;
    let verdict = checks.verdict();
    testbed.finish(verdict);
    Ok(verdict)
}

fn joined(thread: std::thread::JoinHandle<Result<Measurements, LoadError>>) -> Result<Measurements, Error> {
    Ok(thread.join().map_err(|_| LoadError::Panicked)??)
}

fn memory(pid: u32) -> Result<f64, Error> {
    Ok(process_cpu::resident_bytes(pid).attempt(|| "read the server's memory".to_owned())? as f64)
}

fn resident(setup: &Setup) -> Result<f64, Error> {
    let (_, metrics) = fetch::get(setup.metrics(), "/metrics").attempt(|| "read the metrics".to_owned())?;
    Ok(fetch::samples(&metrics, RESIDENT_SAMPLE).iter().map(|(_, value)| value).sum())
}

fn read(testbed: &TestBed, plan: Plan, rule: &str, checks: &mut Checks) -> Result<(), Error> {
    let reading = Arc::new(Read { shoppers: Arc::clone(&testbed.shoppers), equal: AtomicU64::new(0) });
    println!("{}", journeys::run(&reading, plan, &Arc::default())?);
    let equal = reading.equal.load(Ordering::Relaxed);
    checks.check(
        rule,
        equal == testbed.shoppers.len() as u64,
        format!("{equal} of {} carts have exactly their lines", testbed.shoppers.len()),
    );
    Ok(())
}

/// SKU and pieces of each line of a shopper's cart.
fn lines(user: u64) -> BTreeMap<u64, u64> {
    let count = if user.is_multiple_of(100) { 10 } else { 2 };
    (0..count).map(|line| ((user * 31 + line * 7) % SKUS + 1, 1 + (user + line) % 5)).collect()
}

/// Each shopper lays in a cart at once.
struct Fill {
    shoppers: Arc<Vec<Shopper>>,
    acknowledged: Vec<AtomicBool>,
    count: AtomicU64,
}

impl Fill {
    fn new(shoppers: &Arc<Vec<Shopper>>) -> Self {
        let acknowledged = shoppers.iter().map(|_| AtomicBool::new(false)).collect();
        Self { shoppers: Arc::clone(shoppers), acknowledged, count: AtomicU64::new(0) }
    }

    fn acknowledged(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

impl Journey for Fill {
    const KINDS: &'static [&'static str] = &["merge"];

    async fn walk(&self, client: &mut Client, number: u64) -> Result<(), ConnectionError> {
        let (shopper, acknowledged) = (&self.shoppers[number as usize], &self.acknowledged[number as usize]);
        if acknowledged.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut body = "{\"items\":[".to_owned();
        for (place, (sku, quantity)) in lines(shopper.user_id).into_iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let _ = write!(body, "{comma}{{\"sku_id\":{sku},\"quantity\":{quantity}}}");
        }
        body.push_str("]}");
        let key = format!("fill-{number}");
        loop {
            let (status, _) = client.ask(Request::post(0, "/v1/cart/merge", &shopper.token, Some(&key), &body)).await?;
            match status {
                200 => {
                    acknowledged.store(true, Ordering::Relaxed);
                    self.count.fetch_add(1, Ordering::Relaxed);
                    return Ok(());
                }
                503 => tokio::time::sleep(AGAIN_AFTER).await,
                _ => return Ok(()),
            }
        }
    }
}

/// Each shopper looks at the cart.
struct Read {
    shoppers: Arc<Vec<Shopper>>,
    equal: AtomicU64,
}

#[derive(Deserialize)]
struct CartBody {
    items: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    sku_id: u64,
    quantity: u64,
}

impl Journey for Read {
    const KINDS: &'static [&'static str] = &["cart"];

    async fn walk(&self, client: &mut Client, number: u64) -> Result<(), ConnectionError> {
        let shopper = &self.shoppers[number as usize];
        loop {
            let (status, body) = client.ask(Request::get(0, "/v1/cart", Some(&shopper.token))).await?;
            if status == 503 {
                tokio::time::sleep(AGAIN_AFTER).await;
                continue;
            }
            let seen = serde_json::from_slice::<CartBody>(&body).ok().filter(|_| status == 200);
            let seen: Option<BTreeMap<u64, u64>> = seen.map(|cart| cart.items.iter().map(|line| (line.sku_id, line.quantity)).collect());
            if seen.is_some_and(|seen| seen == lines(shopper.user_id)) {
                self.equal.fetch_add(1, Ordering::Relaxed);
            }
            return Ok(());
        }
    }
}
