//! What the shoppers meet: one hot SKU, a thousand, a sale that is nearly over, impatient fingers.
//! Not here: taking turns (`mod.rs`).

use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

use super::{Options, Pair};
use crate::error::{Attempt as _, Error};
use crate::fetch::{self, Item};
use crate::load::LoadPlan;
use crate::load::plan::Mix;
use crate::load::shoppers::Shopper;
use crate::measured::{self, Measured};
use crate::server_process::{LIMIT_MAX, Process, STOCK_MAX, Seed, Setup};

/// Of ten items that are asked for alike, nine have nothing left.
const SOLD_OUT_SHARE: (u64, u64) = (9, 10);
/// Pieces of each item where nine are to be sold out beforehand.
const SOLD_OUT_STOCK: u64 = 400_000;
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// What the shoppers meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// One SKU, all buy.
    Hot,
    /// 1,000 SKUs, all buy.
    Spread,
    /// 90 of 100 are told that it is sold out.
    SoldOut,
    /// Half of the requests repeat a key.
    Repeats,
}

impl Scenario {
    /// In the order of a whole run.
    pub const ALL: [Self; 4] = [Self::Hot, Self::Spread, Self::SoldOut, Self::Repeats];

    /// For the heading.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Hot => "hot: one SKU, every purchase succeeds; durable buys ÷ base",
            Self::Spread => "spread: 1,000 SKUs, every purchase succeeds; durable buys ÷ base",
            Self::SoldOut => "sold-out: 90 of 100 purchases are refused as sold out; answers ÷ base",
            Self::Repeats => "repeats: half of the purchases repeat a key; answers ÷ base",
        }
    }

    /// The rate that is compared with the baseline's.
    pub fn rate(self, server: &Measured) -> f64 {
        match self {
            Self::Hot | Self::Spread => server.report.buys_per_second,
            Self::SoldOut | Self::Repeats => server.report.answers_per_second,
        }
    }

    const fn seed(self) -> Seed {
        match self {
            Self::Hot | Self::Repeats => Seed { stock: STOCK_MAX, limit: LIMIT_MAX, items: 1 },
            Self::Spread => Seed { stock: STOCK_MAX / 100, limit: LIMIT_MAX, items: 1_000 },
            Self::SoldOut => Seed { stock: SOLD_OUT_STOCK, limit: LIMIT_MAX, items: SOLD_OUT_SHARE.1 },
        }
    }

    /// Starts both sides on a fresh data folder.
    pub(super) fn set_up(self, binary: &Path, options: &Options) -> Result<Pair, Error> {
        let folder = tempfile::Builder::new().prefix("mall-bench-").tempdir_in(&options.folder);
        let folder = folder.attempt(|| format!("make a folder in {}", options.folder.display()))?;
        let mut setup = Setup::new(binary, folder.path())?;
        if let Some(workers) = options.workers {
            setup.set("HTTP_WORKERS", &workers.to_string());
        }
        setup.seed(self.seed())?;
        let shoppers = setup.shoppers(options.users)?;
        let (server, _) = setup.start_ready(READY_TIMEOUT)?;
        let items = setup.items()?;
        if self == Self::SoldOut {
            items.iter().take(SOLD_OUT_SHARE.0 as usize).try_for_each(|item| buy_out(&server, &shoppers, item))?;
        }
        let last = items.last().ok_or_else(|| Error::Unexpected("the sale has no items".to_owned()))?;
        let body = purchase(&server, &shoppers[0], last.id, "size-of-the-body", 1)?;
        if body.0 != 201 {
            return Err(Error::Unexpected(format!("a first purchase was answered {} {}", body.0, body.1)));
        }
        let baseline = Process::baseline(options.workers, body.1.len())?;
        let ids: Vec<u64> = items.iter().map(|item| item.id).collect();
        let plan = measured::closed_loop(&server, &shoppers, &ids, options.connections, Duration::from_secs(options.seconds));
        let baseline_plan = LoadPlan { server: baseline.http, ..plan.clone() };
        let repeat_percent = if self == Self::Repeats { 50.0 } else { 0.0 };
        let plan = LoadPlan { mix: Mix { repeat_percent, ..Mix::default() }, ..plan };
        Ok(Pair { setup, server, baseline, plan, baseline_plan, _folder: folder })
    }
}

/// Buys all of an item; each buyer takes as much as one may have.
fn buy_out(server: &Process, shoppers: &[Shopper], item: &Item) -> Result<(), Error> {
    let mut left = item.remaining;
    for buyer in shoppers {
        if left == 0 {
            return Ok(());
        }
        let quantity = left.min(item.limit_per_user);
        match purchase(server, buyer, item.id, "buy-out", quantity)? {
            (201, _) => left -= quantity,
            (status, body) => return Err(Error::Unexpected(format!("buying out item {}: {status} {body}", item.id))),
        }
    }
    if left == 0 { Ok(()) } else { Err(Error::Unexpected(format!("{left} pieces of item {} are left; more --users are needed", item.id))) }
}

fn purchase(server: &Process, buyer: &Shopper, item: u64, key: &str, quantity: i64) -> Result<(u16, String), Error> {
    let body = format!("{{\"quantity\": {quantity}}}");
    let request = format!(
        "POST /v1/seckill/items/{item}/orders HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        server.http,
        buyer.token,
        body.len()
    );
    fetch::exchange(server.http, &request).attempt(|| format!("buy item {item}"))
}
