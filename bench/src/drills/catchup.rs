//! `mall-bench drill catchup`: the database is away while many orders are sold, and comes back.
//! - U1 while it catches up, every look at it shows a beginning of the journal: no order beyond the checkpoint, nothing taken back.
//! - U2 afterwards every order is there once, and receipts and books agree.

use std::time::{Duration, Instant};

use clap::Args;

use crate::checks::Checks;
use crate::error::{Error, Verdict};
use crate::load::LoadPlan;
use crate::reconcile::Progress;
use crate::server_process::{LIMIT_MAX, STOCK_MAX, Seed};
use crate::testbed::{Mode, PROJECTION_TIMEOUT, READY_TIMEOUT, Reach, TestBed, TestBedOptions};
use crate::{measured, reconcile};

/// Rarely enough not to be in the way.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Options of `mall-bench drill catchup`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    /// Orders that the database misses.
    #[arg(long, default_value_t = 100_000)]
    records: u64,
    /// Records a second with which it has to catch up.
    #[arg(long, default_value_t = 10_000.0)]
    rate_min: f64,
    /// Users that take turns buying.
    #[arg(long, default_value_t = 10_000)]
    users: u64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 256)]
    connections: usize,
}

/// Stops the database, sells, starts it, watches.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let seed = Seed { stock: STOCK_MAX, limit: LIMIT_MAX, items: 4 };
    let mut testbed = TestBed::reaching(&options.testbed, Mode::Full, Reach::Directly, seed, options.users)?;
    let mut checks = Checks::default();
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let ids: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
    testbed.setup.wait_projected(PROJECTION_TIMEOUT)?;
    let before = reconcile::read_progress(testbed.database())?;
    testbed.servers()?.database.child_mut().stop()?;
    let plan = measured::closed_loop(&server, &testbed.shoppers, &ids, options.connections, Duration::ZERO);
    let plan = LoadPlan { duration: None, requests: Some(options.records), reconnect: true, ack_file: Some(testbed.acks()), ..plan };
    println!("{}", measured::run(&plan, &server)?.report);
    testbed.servers()?.database.child_mut().start()?;
    let back = Instant::now();
    let looks = watch(testbed.database(), before, options.records)?;
    judge(&looks, before, options.records, &mut checks);
    // The first look that shows progress is later than its beginning, so the rate is counted from there, without what was there by then.
    if let (Some(first), Some(last)) = (looks.iter().find(|look| look.1.orders > before.orders), looks.last()) {
        let (orders, seconds) = (last.1.orders - first.1.orders, (last.0 - first.0).as_secs_f64());
        let all = (last.1.orders - before.orders) as f64 / (last.0 - back).as_secs_f64();
        let rate = if seconds > 0.0 { orders as f64 / seconds } else { all };
        println!("  began {:.1} s after the database was back; {all:.0} orders/s with that pause", (first.0 - back).as_secs_f64());
        checks.check("caught up fast enough", rate >= options.rate_min, format!("{rate:.0} orders/s (at least {})", options.rate_min));
    }
    super::reconcile(&testbed, None, 0, None, None, &mut checks)?;
    server.stop()?;
    let verdict = checks.verdict();
    testbed.finish(verdict);
    Ok(verdict)
}

/// Looks until all orders are there.
fn watch(database: &str, before: Progress, records: u64) -> Result<Vec<(Instant, Progress)>, Error> {
    let begin = Instant::now();
    let mut looks = Vec::new();
    loop {
        let look = reconcile::read_progress(database)?;
        looks.push((Instant::now(), look));
        if look.orders >= before.orders + records as i64 {
            return Ok(looks);
        }
        if begin.elapsed() > PROJECTION_TIMEOUT {
            return Err(Error::Unexpected(format!("the database has {} orders after {PROJECTION_TIMEOUT:?}", look.orders)));
        }
        std::thread::sleep(LOOK_INTERVAL);
    }
}

fn judge(looks: &[(Instant, Progress)], before: Progress, records: u64, checks: &mut Checks) {
    let beyond = looks.iter().filter(|(_, look)| look.last_order > look.checkpoint).count();
    checks.check("U1 no order beyond the checkpoint", beyond == 0, format!("{} looks", looks.len()));
    let steps = std::iter::once(before).chain(looks.iter().map(|(_, look)| *look)).zip(looks.iter().map(|(_, look)| *look));
    let back = steps.filter(|(earlier, later)| {
        later.checkpoint < earlier.checkpoint || later.orders - earlier.orders > later.checkpoint - earlier.checkpoint
    });
    let back = back.count();
    checks.check("U1 each look shows a longer beginning of the journal", back == 0, format!("{} looks", looks.len()));
    let last = looks.last().map_or(before, |look| look.1);
    let seen = format!("{} orders of {} different records", last.orders, last.different);
    checks.check("U2 every order is there once", last.orders == before.orders + records as i64 && last.different == last.orders, seen);
}
