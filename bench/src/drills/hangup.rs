//! `mall-bench drill hangup`: clients that hang up while sending, while waiting, in the middle of the answer.
//! - H1 whatever became of a client, its piece is either in a stored order or for sale.
//! - H2 once the unpaid orders have closed, every piece is for sale again: nothing stays held.

use std::time::Duration;

use clap::Args;

use crate::checks::Checks;
use crate::error::{Error, Verdict};
use crate::load::LoadPlan;
use crate::load::plan::Mix;
use crate::server_process::Seed;
use crate::testbed::{ModeOptions, READY_TIMEOUT, TestBed, TestBedOptions};
use crate::{measured, reconcile};

/// `orders.status` of an unpaid order (docs/RULES.md).
const PENDING_PAYMENT: i64 = 1;

/// Options of `mall-bench drill hangup`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    testbed: TestBedOptions,
    #[command(flatten)]
    mode: ModeOptions,
    /// How many hang up; as many shoppers.
    #[arg(long, default_value_t = 10_000)]
    clients: u64,
    /// Pieces that are on sale.
    #[arg(long, default_value_t = 5_000)]
    stock: u64,
    /// Connections at a time.
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// Seconds after which an unpaid order closes; has to outlast the hanging up.
    #[arg(long, default_value_t = 20)]
    pay_window: u64,
}

/// Hangs up, then looks for pieces that stay held.
pub fn run(options: &Options) -> Result<Verdict, Error> {
    let mut testbed = TestBed::fresh(&options.testbed, options.mode, Seed { stock: options.stock, limit: 1, items: 1 }, options.clients)?;
    testbed.setup.set("FLASH_PAY_WINDOW_SECONDS", &options.pay_window.to_string());
    let (server, _) = testbed.setup.start_ready(READY_TIMEOUT)?;
    let ids: Vec<u64> = testbed.setup.items()?.iter().map(|item| item.id).collect();
    let plan = measured::closed_loop(&server, &testbed.shoppers, &ids, options.connections, Duration::ZERO);
    // A receipt is only written for whole answers, so this file stays empty; `reconcile` wants it there.
    let mix = Mix { hang_up_percent: 100.0, ..Mix::default() };
    let plan = LoadPlan { duration: None, requests: Some(options.clients), ack_file: Some(testbed.acks()), mix, ..plan };
    println!("{}", measured::run(&plan, &server)?.report);

    let mut checks = Checks::default();
    super::reconcile(&testbed, None, options.clients, Some(1), None, &mut checks)?;
    let window = Duration::from_secs(options.pay_window);
    let is_free = || {
        let items = testbed.setup.items()?;
        Ok(items.iter().all(|item| item.remaining == item.quota))
    };
    let freed = super::wait_until(3 * window + Duration::from_secs(30), is_free)?;
    checks.check("H2 every piece is for sale again", freed, format!("{:?}", remaining(&testbed)?));
    testbed.setup.wait_projected(crate::testbed::PROJECTION_TIMEOUT)?;
    let open = reconcile::read_books(testbed.database())?.count(PENDING_PAYMENT);
    checks.check("H2 no order is open", open == 0, format!("{open} open"));
    server.stop()?;
    let verdict = checks.verdict();
    testbed.finish(verdict);
    Ok(verdict)
}

fn remaining(testbed: &TestBed) -> Result<Vec<(i64, i64)>, Error> {
    Ok(testbed.setup.items()?.iter().map(|item| (item.remaining, item.quota)).collect())
}
