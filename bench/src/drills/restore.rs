//! `mall-bench drill restore`: the database is put back to an earlier moment, once under a shop that goes on selling, once under one
//! that is stopped and started. It has to catch up from the journal by itself.
//! - D1 the backup lacks orders that had been projected: something was taken away that has to come back.
//! - D2 afterwards receipts and books agree to the piece.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::sale::Sale;
use crate::checks::Checks;
use crate::error::{Error, Verdict};
use crate::load::LoadPlan;
use crate::load::pace::Pace;
use crate::server_process::{LIMIT_MAX, STOCK_MAX, Seed};
use crate::testbed::{Mode, READY_TIMEOUT, Reach, TestBed, TestBedOptions};
use crate::{measured, reconcile};

/// Options of `mall-bench drill restore`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    /// Orders between one moment and the next: backup, restore, end.
    #[arg(long, default_value_t = 20_000)]
    orders: u64,
    /// Purchases a second.
    #[arg(long, default_value_t = 2_000.0)]
    rate: f64,
    /// Users that take turns buying.
    #[arg(long, default_value_t = 10_000)]
    users: u64,
    /// HTTP connections at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
}

/// Both ways, on one shop.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let seed = Seed { stock: STOCK_MAX, limit: LIMIT_MAX, items: 4 };
    let mut testbed = TestBed::reaching(&options.testbed, Mode::Full, Reach::Directly, seed, options.users)?;
    let backup = testbed.folder().join("backup");
    let mut checks = Checks::default();
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let ids: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
    let plan = measured::closed_loop(&server, &testbed.shoppers, &ids, options.connections, Duration::ZERO);
    let plan = LoadPlan {
        duration: None,
        pace: Pace::Open { per_second: options.rate },
        reconnect: true,
        ack_file: Some(testbed.acks()),
        idle_timeout: READY_TIMEOUT,
        ..plan
    };
    // Three times as long as the schedule needs.
    let timeout = Duration::from_secs_f64(30.0 + 3.0 * options.orders as f64 / options.rate);

    println!("the shop goes on selling:");
    let sale = Sale::begin(&plan);
    sale.sells(options.orders, timeout);
    let backed_up = cold(&mut testbed, &backup, |testbed, backup| testbed.servers()?.database.back_up(backup))?;
    sale.sells(options.orders, timeout);
    let half_way = backed_up + options.orders as i64 / 2;
    super::wait_until(timeout, || Ok(reconcile::read_progress(testbed.database())?.checkpoint >= half_way))?;
    let lost = cold(&mut testbed, &backup, |testbed, backup| testbed.servers()?.database.restore(backup))? - backed_up;
    checks.check("D1 records were taken from the database", lost > 0, format!("{lost} records"));
    sale.sells(options.orders, timeout);
    println!("{}", sale.close()?);
    super::reconcile(&testbed, None, 0, None, None, &mut checks)?;

    println!("the shop is stopped and started:");
    let sale = Sale::begin(&plan);
    sale.sells(options.orders, timeout);
    server.stop()?;
    let lost = cold(&mut testbed, &backup, |testbed, backup| testbed.servers()?.database.restore(backup))? - backed_up;
    checks.check("D1 records were taken from the database", lost > 0, format!("{lost} records"));
    let (server, ready) = testbed.setup.start_ready(READY_TIMEOUT)?;
    println!("  ready again after {:.1} s", ready.as_secs_f64());
    sale.sells(options.orders, timeout);
    println!("{}", sale.close()?);
    super::reconcile(&testbed, None, 0, None, None, &mut checks)?;
    server.stop()?;
    let verdict = checks.verdict();
    testbed.finish(verdict);
    Ok(verdict)
}

/// Stops the database, works on its files, starts it. The last record that it had.
fn cold(testbed: &mut TestBed, backup: &Path, work: impl Fn(&mut TestBed, &Path) -> Result<(), Error>) -> Result<i64, Error> {
    let had = reconcile::read_progress(testbed.database())?.checkpoint;
    testbed.servers()?.database.child_mut().stop()?;
    work(testbed, backup)?;
    testbed.servers()?.database.child_mut().start()?;
    Ok(had)
}
