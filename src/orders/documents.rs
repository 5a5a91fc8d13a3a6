//! Events of orders and of their ids, as other services read them (docs/events).

use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::{
    CloseReason, IdsFact, IdsReserved, Line, OrderClosed, OrderFact, OrderMoved, OrderPaid, OrderPlaced, Return,
};
use serde::Serialize;

use crate::broker::document::{Data, data};
use crate::rfc3339::Rfc3339;

#[derive(Serialize)]
struct IdsData {
    first_id: u64,
    count: u32,
}

#[derive(Serialize)]
struct PaidData {
    order_id: u64,
    user_id: u64,
    version: u32,
    lines: Vec<LineData>,
}

#[derive(Serialize)]
struct MovedData {
    order_id: u64,
    user_id: u64,
    version: u32,
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

/// The `data` of a fact of orders or ids.
pub fn document(fact: &Fact) -> Option<Data> {
    Some(match fact {
        Fact::Ids(IdsFact::Reserved(IdsReserved { first, count })) => data(&IdsData { first_id: *first, count: *count }),
        Fact::Orders(OrderFact::Placed(placed)) => data(&PlacedData::from(placed)),
        Fact::Orders(OrderFact::Paid(OrderPaid { order, user, version, lines })) => {
            let lines = lines.iter().map(LineData::from).collect();
            data(&PaidData { order_id: order.get(), user_id: user.get(), version: *version, lines })
        }
        Fact::Orders(
            OrderFact::Shipped(OrderMoved { order, user, version }) | OrderFact::Completed(OrderMoved { order, user, version }),
        ) => data(&MovedData { order_id: order.get(), user_id: user.get(), version: *version }),
        Fact::Orders(OrderFact::Closed(closed)) => data(&ClosedData::from(closed)),
        _ => return None,
    })
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
