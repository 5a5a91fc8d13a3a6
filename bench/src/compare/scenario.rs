//! What the shoppers meet: one hot SKU, a thousand, a sale that is nearly over, impatient fingers.
//! Not here: taking turns (`mod.rs`), who takes them (`side.rs`).

use clap::ValueEnum;
use serde::Serialize;

use crate::error::{Attempt as _, Error};
use crate::fetch;
use crate::load::LoadPlan;
use crate::load::plan::Mix;
use crate::load::shoppers::Shopper;
use crate::measured::Measured;
use crate::server_process::{LIMIT_MAX, Process, STOCK_MAX, Seed};

/// Of ten items that are asked for alike, nine have nothing left.
const SOLD_OUT_SHARE: (u64, u64) = (9, 10);
/// Pieces of each item where nine are to be sold out beforehand.
const SOLD_OUT_STOCK: u64 = 400_000;

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
            Self::Hot => "hot: one SKU, every purchase succeeds; durable buys",
            Self::Spread => "spread: 1,000 SKUs, every purchase succeeds; durable buys",
            Self::SoldOut => "sold-out: 90 of 100 purchases are refused as sold out; answers",
            Self::Repeats => "repeats: half of the purchases repeat a key; answers",
        }
    }

    /// The rate that is compared.
    pub fn rate(self, server: &Measured) -> f64 {
        match self {
            Self::Hot | Self::Spread => server.report.buys_per_second,
            Self::SoldOut | Self::Repeats => server.report.answers_per_second,
        }
    }

    /// What is on sale.
    pub const fn seed(self) -> Seed {
        match self {
            Self::Hot | Self::Repeats => Seed { stock: STOCK_MAX, limit: LIMIT_MAX, items: 1 },
            Self::Spread => Seed { stock: STOCK_MAX / 100, limit: LIMIT_MAX, items: 1_000 },
            Self::SoldOut => Seed { stock: SOLD_OUT_STOCK, limit: LIMIT_MAX, items: SOLD_OUT_SHARE.1 },
        }
    }

    /// How the shoppers behave.
    pub fn mix(self) -> Mix {
        let repeat_percent = if self == Self::Repeats { 50.0 } else { 0.0 };
        Mix { repeat_percent, ..Mix::default() }
    }

    /// Before the first turn, on items of (id, pieces left, limit).
    pub fn prepare(self, server: &Process, shoppers: &[Shopper], items: &[(u64, i64, i64)]) -> Result<(), Error> {
        let emptied = if self == Self::SoldOut { SOLD_OUT_SHARE.0 as usize } else { 0 };
        items.iter().take(emptied).try_for_each(|item| buy_out(server, shoppers, *item))
    }
}

/// Bytes of the body of a 201.
pub fn size_of_a_receipt(server: &Process, buyer: &Shopper, plan: &LoadPlan) -> Result<usize, Error> {
    let last = plan.items.last().ok_or_else(|| Error::Unexpected("the sale has no items".to_owned()))?;
    match purchase(server, buyer, *last, "size-of-the-body", 1)? {
        (201, body) => Ok(body.len()),
        (status, body) => Err(Error::Unexpected(format!("a first purchase was answered {status} {body}"))),
    }
}

/// Buys all of an item; each buyer takes as much as one may have.
fn buy_out(server: &Process, shoppers: &[Shopper], (item, remaining, limit): (u64, i64, i64)) -> Result<(), Error> {
    let mut left = remaining;
    for buyer in shoppers {
        if left == 0 {
            return Ok(());
        }
        let quantity = left.min(limit);
        match purchase(server, buyer, item, "buy-out", quantity)? {
            (201, _) => left -= quantity,
            (status, body) => return Err(Error::Unexpected(format!("buying out item {item}: {status} {body}"))),
        }
    }
    if left == 0 { Ok(()) } else { Err(Error::Unexpected(format!("{left} pieces of item {item} are left; more --users are needed"))) }
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
