//! What other services read: one JSON document an event, as docs/events describes them. A field's meaning never changes; fields may be added.
//! What concerns nobody outside stays inside: idempotency keys, fingerprints.

use mallcore_actors::facts::Record;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::{
    CloseReason, IdsFact, IdsReserved, Line, OrderClosed, OrderFact, OrderMoved, OrderPaid, OrderPlaced, Return,
};
use mallcore_actors::stock::{QuotaCarved, QuotaReleased, StockFact};
use serde::Serialize;
use uuid::Uuid;

use super::Outgoing;
use crate::rfc3339::Rfc3339;

/// Of the envelope: grows when a reader has to change.
const VERSION: u8 = 1;

#[derive(Serialize)]
struct Envelope<'a> {
    version: u8,
    sequence: u64,
    journal: Uuid,
    #[serde(rename = "type")]
    kind: &'static str,
    occurred_at: Rfc3339,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Ids { first_id: u64, count: u32 },
    Carved(CarvedData),
    Released { sku_id: u64, flash_item_id: u64, activity_id: u64, pieces: u32 },
    Placed(PlacedData),
    Paid { order_id: u64, user_id: u64, version: u32, lines: Vec<LineData> },
    Moved { order_id: u64, user_id: u64, version: u32 },
    Closed(ClosedData),
    Adjusted { sku_id: u64, adjustment_id: u64, delta: i32, reason: &'a str, operator: &'a str },
}

#[derive(Serialize)]
struct CarvedData {
    sku_id: u64,
    flash_item_id: u64,
    activity_id: u64,
    quota: u32,
    limit_per_user: u32,
    unit_price_fen: u64,
    starts_at: Rfc3339,
    ends_at: Rfc3339,
}

#[derive(Serialize)]
struct PlacedData {
    order_id: u64,
    order_no: String,
    user_id: u64,
    version: u32,
    lines: Vec<LineData>,
    payable_fen: u64,
    expires_at: Rfc3339,
    address_id: Option<u64>,
}

#[derive(Serialize)]
struct LineData {
    sku_id: u64,
    flash_item_id: Option<u64>,
    activity_id: Option<u64>,
    quantity: u32,
    unit_price_fen: u64,
}

#[derive(Serialize)]
struct ClosedData {
    order_id: u64,
    user_id: u64,
    version: u32,
    reason: &'static str,
    returns: Vec<ReturnData>,
    limit_returned: bool,
}

#[derive(Serialize)]
struct ReturnData {
    #[serde(flatten)]
    line: LineData,
    returned_to: &'static str,
}

/// The message that tells of this record.
pub fn message(journal: Uuid, sequence: Sequence, record: &Record) -> Outgoing {
    let kind = record.fact.name();
    let envelope =
        Envelope { version: VERSION, sequence: sequence.0, journal, kind, occurred_at: record.header.at.into(), data: data(&record.fact) };
    Outgoing {
        id: sequence.to_string(),
        kind: kind.into(),
        occurred_at: record.header.at,
        headers: vec![("journal", journal.to_string())],
        // Numbers, texts and lists of them: this cannot fail.
        body: serde_json::to_vec(&envelope).unwrap_or_default(),
    }
}

fn data(fact: &Fact) -> Data<'_> {
    match fact {
        Fact::Ids(IdsFact::Reserved(IdsReserved { first, count })) => Data::Ids { first_id: *first, count: *count },
        Fact::Stock(StockFact::QuotaCarved(carved)) => Data::Carved(carved.into()),
        Fact::Stock(StockFact::QuotaReleased(QuotaReleased { sku, item, activity, pieces })) => {
            Data::Released { sku_id: sku.get(), flash_item_id: item.get(), activity_id: activity.get(), pieces: *pieces }
        }
        Fact::Orders(OrderFact::Placed(placed)) => Data::Placed(placed.into()),
        Fact::Orders(OrderFact::Paid(OrderPaid { order, user, version, lines })) => {
            Data::Paid { order_id: order.get(), user_id: user.get(), version: *version, lines: lines.iter().map(LineData::from).collect() }
        }
        Fact::Orders(OrderFact::Shipped(moved)) | Fact::Orders(OrderFact::Completed(moved)) => {
            let OrderMoved { order, user, version } = moved;
            Data::Moved { order_id: order.get(), user_id: user.get(), version: *version }
        }
        Fact::Orders(OrderFact::Closed(closed)) => Data::Closed(closed.into()),
        Fact::Stock(StockFact::Adjusted(adjusted)) => Data::Adjusted {
            sku_id: adjusted.sku.get(),
            adjustment_id: adjusted.adjustment.get(),
            delta: adjusted.delta.get(),
            reason: adjusted.reason.as_str(),
            operator: adjusted.operator.as_str(),
        },
    }
}

impl From<&QuotaCarved> for CarvedData {
    fn from(carved: &QuotaCarved) -> Self {
        Self {
            sku_id: carved.sku.get(),
            flash_item_id: carved.item.get(),
            activity_id: carved.activity.get(),
            quota: carved.quota,
            limit_per_user: carved.limit_per_user,
            unit_price_fen: carved.unit_price.fen(),
            starts_at: carved.starts_at.into(),
            ends_at: carved.ends_at.into(),
        }
    }
}

impl From<&OrderPlaced> for PlacedData {
    fn from(placed: &OrderPlaced) -> Self {
        Self {
            order_id: placed.order.get(),
            order_no: placed.no.to_string(),
            user_id: placed.user.get(),
            version: 1,
            lines: placed.lines.iter().map(LineData::from).collect(),
            payable_fen: placed.payable.fen(),
            expires_at: placed.expires_at.into(),
            address_id: placed.address.map(|address| address.get()),
        }
    }
}

impl From<&Line> for LineData {
    fn from(line: &Line) -> Self {
        Self {
            sku_id: line.sku.get(),
            flash_item_id: line.flash.map(|flash| flash.item.get()),
            activity_id: line.flash.map(|flash| flash.activity.get()),
            quantity: line.quantity.get(),
            unit_price_fen: line.unit_price.fen(),
        }
    }
}

impl From<&OrderClosed> for ClosedData {
    fn from(closed: &OrderClosed) -> Self {
        let back =
            |back: &Return| ReturnData { line: LineData::from(&back.line), returned_to: if back.to_quota { "quota" } else { "available" } };
        Self {
            order_id: closed.order.get(),
            user_id: closed.user.get(),
            version: closed.version,
            reason: match closed.reason {
                CloseReason::Cancelled => "cancelled",
                CloseReason::TimedOut => "timed_out",
            },
            returns: closed.returns.iter().map(back).collect(),
            limit_returned: closed.limit_returned,
        }
    }
}
