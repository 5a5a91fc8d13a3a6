//! Events of orders and of their ids, as other services read them (docs/events).

use mallcore_actors::kernel::Fact;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{
    BasketLine, BasketPlaced, IdsFact, IdsReserved, Line, LinePieces, OrderClosed, OrderFact, OrderMoved, OrderPaid, OrderPlaced,
    OrderRefunded, Parcel, ParcelShipped, Payment, PaymentEnded, PaymentTaken, RefundedLine, Return,
};
use serde::Serialize;

use super::detail::channel;
use super::model::{close_reason_name, stray_name};

use crate::platform::broker::document::{Data, data};
use crate::platform::rfc3339::Rfc3339;

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
    /// Without the payer, who is nobody's business.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<PaymentData>,
}

#[derive(Serialize)]
struct PaymentData {
    payment_id: u64,
    channel: &'static str,
    amount_fen: u64,
}

#[derive(Serialize)]
struct ShippedData {
    order_id: u64,
    user_id: u64,
    version: u32,
    status: &'static str,
    parcel: ParcelData,
}

#[derive(Serialize)]
struct ParcelData {
    carrier: String,
    tracking_no: String,
    items: Vec<PiecesData>,
}

#[derive(Serialize)]
struct PiecesData {
    sku_id: u64,
    quantity: u32,
}

#[derive(Serialize)]
struct RefundedData {
    order_id: u64,
    user_id: u64,
    version: u32,
    status: &'static str,
    refund_id: u64,
    amount_fen: u64,
    freight_fen: u64,
    restock: bool,
    lines: Vec<RefundedLineData>,
}

#[derive(Serialize)]
struct RefundedLineData {
    sku_id: u64,
    flash_item_id: Option<u64>,
    activity_id: Option<u64>,
    quantity: u32,
    amount_fen: u64,
}

#[derive(Serialize)]
struct MovedData {
    order_id: u64,
    user_id: u64,
    version: u32,
}

#[derive(Serialize)]
struct AttemptData {
    order_id: u64,
    user_id: u64,
    version: u32,
    attempt: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
}

#[derive(Serialize)]
struct StrayData {
    order_id: u64,
    user_id: u64,
    version: u32,
    attempt: u8,
    reason: &'static str,
    amount_fen: u64,
}

#[derive(Serialize)]
struct PlacedData {
    order_id: u64,
    order_no: String,
    user_id: u64,
    version: u32,
    lines: Vec<LineData>,
    goods_fen: u64,
    discount_fen: u64,
    freight_fen: u64,
    payable_fen: u64,
    expires_at: Rfc3339,
    address_id: Option<u64>,
    from_cart: bool,
}

#[derive(Serialize)]
struct LineData {
    sku_id: u64,
    flash_item_id: Option<u64>,
    activity_id: Option<u64>,
    quantity: u32,
    unit_price_fen: u64,
    #[serde(flatten)]
    frozen: Option<FrozenData>,
}

/// What a basket froze of a line.
#[derive(Serialize)]
struct FrozenData {
    discount_fen: u64,
    freight_fen: u64,
    product_id: u64,
    title: String,
    spec: Option<String>,
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
            data(&PaidData { order_id: order.get(), user_id: user.get(), version: *version, lines, payment: None })
        }
        Fact::Orders(OrderFact::BasketPlaced(placed)) => data(&PlacedData::from(&**placed)),
        Fact::Orders(OrderFact::PaymentTaken(PaymentTaken { order, user, version, payment, lines })) => {
            let (lines, payment) = (lines.iter().map(LineData::from).collect(), Some(PaymentData::from(payment)));
            data(&PaidData { order_id: order.get(), user_id: user.get(), version: *version, lines, payment })
        }
        Fact::Orders(OrderFact::TradeTaken(trade)) => {
            let PaymentTaken { order, user, version, payment, lines } = &trade.taken;
            let (lines, payment) = (lines.iter().map(LineData::from).collect(), Some(PaymentData::from(payment)));
            data(&PaidData { order_id: order.get(), user_id: user.get(), version: *version, lines, payment })
        }
        Fact::Orders(OrderFact::PaymentStarted(started)) => data(&AttemptData {
            order_id: started.order.get(),
            user_id: started.user.get(),
            version: started.version,
            attempt: started.trade.attempt.get(),
            expires_at: Some(started.expires_at.into()),
        }),
        Fact::Orders(OrderFact::PaymentEnded(PaymentEnded { order, user, version, attempt })) => {
            data(&AttemptData { order_id: order.get(), user_id: user.get(), version: *version, attempt: attempt.get(), expires_at: None })
        }
        Fact::Orders(OrderFact::PaymentStrayed(strayed)) => data(&StrayData {
            order_id: strayed.order.get(),
            user_id: strayed.user.get(),
            version: strayed.version,
            attempt: strayed.trade.attempt.get(),
            reason: stray_name(strayed.stray),
            amount_fen: strayed.trade.amount.fen(),
        }),
        Fact::Orders(OrderFact::ParcelShipped(ParcelShipped { order, user, version, status, parcel })) => data(&ShippedData {
            order_id: order.get(),
            user_id: user.get(),
            version: *version,
            status: status.name(),
            parcel: ParcelData::from(parcel),
        }),
        Fact::Orders(OrderFact::Refunded(refunded)) => data(&RefundedData::from(refunded)),
        Fact::Orders(
            OrderFact::Shipped(OrderMoved { order, user, version })
            | OrderFact::Completed(OrderMoved { order, user, version })
            | OrderFact::Hidden(OrderMoved { order, user, version }),
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
            goods_fen: placed.payable.fen(),
            discount_fen: 0,
            freight_fen: 0,
            payable_fen: placed.payable.fen(),
            expires_at: placed.expires_at.into(),
            address_id: placed.address.map(|address| address.get()),
            from_cart: false,
        }
    }
}

impl From<&BasketPlaced> for PlacedData {
    fn from(placed: &BasketPlaced) -> Self {
        Self {
            order_id: placed.order.get(),
            order_no: placed.no.to_string(),
            user_id: placed.user.get(),
            version: 1,
            lines: placed.lines.iter().zip(placed.freight_shares()).map(LineData::from).collect(),
            goods_fen: placed.amounts.goods.fen(),
            discount_fen: placed.amounts.discount.fen(),
            freight_fen: placed.amounts.freight.fen(),
            payable_fen: placed.amounts.payable.fen(),
            expires_at: placed.expires_at.into(),
            address_id: placed.delivery.as_ref().map(|delivery| delivery.address.get()),
            from_cart: placed.from_cart,
        }
    }
}

/// A line with its share of the freight.
impl From<(&BasketLine, Money)> for LineData {
    fn from((line, freight): (&BasketLine, Money)) -> Self {
        let described = &line.described;
        Self {
            sku_id: line.sku.get(),
            flash_item_id: None,
            activity_id: None,
            quantity: line.quantity.get(),
            unit_price_fen: line.unit_price.fen(),
            frozen: Some(FrozenData {
                discount_fen: line.discount.fen(),
                freight_fen: freight.fen(),
                product_id: described.product.get(),
                title: described.title.as_str().to_owned(),
                spec: described.spec.as_ref().map(|spec| spec.as_str().to_owned()),
            }),
        }
    }
}

impl From<&Payment> for PaymentData {
    fn from(payment: &Payment) -> Self {
        Self { payment_id: payment.id.get(), channel: channel(payment.channel), amount_fen: payment.amount.fen() }
    }
}

impl From<&Parcel> for ParcelData {
    fn from(parcel: &Parcel) -> Self {
        let pieces = |pieces: &LinePieces| PiecesData { sku_id: pieces.sku.get(), quantity: pieces.quantity.get() };
        Self {
            carrier: parcel.carrier.as_str().to_owned(),
            tracking_no: parcel.tracking.as_str().to_owned(),
            items: parcel.pieces.iter().map(pieces).collect(),
        }
    }
}

impl From<&OrderRefunded> for RefundedData {
    fn from(refunded: &OrderRefunded) -> Self {
        let OrderRefunded { order, user, version, status, refund } = refunded;
        Self {
            order_id: order.get(),
            user_id: user.get(),
            version: *version,
            status: status.name(),
            refund_id: refund.id.get(),
            // What is recorded was checked to be an amount.
            amount_fen: refund.amount().unwrap_or_default().fen(),
            freight_fen: refund.freight.fen(),
            restock: refund.restock,
            lines: refund.lines.iter().map(RefundedLineData::from).collect(),
        }
    }
}

impl From<&RefundedLine> for RefundedLineData {
    fn from(line: &RefundedLine) -> Self {
        Self {
            sku_id: line.sku.get(),
            flash_item_id: line.flash.map(|flash| flash.item.get()),
            activity_id: line.flash.map(|flash| flash.activity.get()),
            quantity: line.quantity.get(),
            amount_fen: line.amount.fen(),
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
            frozen: None,
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
            reason: close_reason_name(closed.reason),
            returns: closed.returns.iter().map(back).collect(),
            limit_returned: closed.limit_returned,
        }
    }
}
