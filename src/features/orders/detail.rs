//! One order in detail: what happened to it, how it was paid, sent and refunded.

use mallcore_actors::idempotency::KeyHash;
use mallcore_actors::ids::RefundId;
use mallcore_actors::orders::{AddressSnapshot, Order, PaymentChannel, Status};
use serde::Serialize;
use utoipa::ToSchema;

use super::OrderView;
use super::model::{EventKind, EventRow};
use crate::features::addresses::DeliveryView;
use crate::platform::rfc3339::Rfc3339;

/// One order in detail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderDetail {
    /// The order as lists show it.
    #[serde(flatten)]
    pub order: OrderView,
    /// The address as it was when the order was placed. Null for an order without one, for one of a flash sale, which keeps only
    /// `address_id`, and while the database does not answer.
    pub delivery: Option<DeliveryView>,
    /// What the shopper wanted to be known. It is sealed with the address, and null for as long as that is.
    pub remark: Option<String>,
    /// Both, sealed, with the hash of the request that placed the order.
    #[serde(skip)]
    pub sealed_delivery: Option<(KeyHash, AddressSnapshot)>,
    /// What happened to it, the first thing first.
    pub timeline: Vec<EventView>,
    /// How it was paid; null while it is not.
    pub payment: Option<PaymentView>,
    /// Its parcels, in the order in which they were sent.
    pub parcels: Vec<ParcelView>,
    /// Money that goes back, in the order in which that was decided; behind it what was paid too late or twice.
    pub refunds: Vec<RefundView>,
    /// What can still be applied for in after-sale; null while the database does not answer.
    pub after_sale: Option<RefundableView>,
}

/// One thing that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderEvent)]
pub struct EventView {
    /// `placed`, `paid`, `shipped`, `completed`, `closed`, `refunded`, `hidden`, `payment_started`, `payment_ended` or `payment_strayed`.
    #[schema(value_type = String, example = "placed")]
    pub kind: &'static str,
    /// When it happened.
    pub at: Rfc3339,
    /// The order's version from then on.
    pub version: u32,
    /// What else there is to know: `reason`, `carrier` and `tracking_no`, `amount_fen`.
    #[schema(value_type = Option<Object>)]
    pub data: Option<serde_json::Value>,
}

/// How an order was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderPayment)]
pub struct PaymentView {
    /// `wechat_pay`, `balance` or `free`.
    #[schema(value_type = String, example = "wechat_pay")]
    pub channel: &'static str,
    /// How much, in fen.
    pub amount_fen: u64,
}

/// A parcel that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderParcel)]
pub struct ParcelView {
    /// Who carries it.
    pub carrier: String,
    /// Its number there.
    pub tracking_no: String,
    /// When it was handed over.
    pub shipped_at: Rfc3339,
    /// What is in it.
    pub items: Vec<PiecesView>,
}

/// Money that goes back to the shopper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderRefund)]
pub struct RefundView {
    /// The order's refund; none for money that the order did not want.
    #[serde(skip)]
    pub id: Option<RefundId>,
    /// Its number, as the payer's bill shows it; null if nothing goes back through WeChat Pay, and while the database does not answer.
    pub refund_no: Option<String>,
    /// `refunded` for goods, `late` or `double` for a payment that the order did not want any more.
    #[schema(value_type = String, example = "refunded")]
    pub reason: &'static str,
    /// How much goes back, in fen, freight included.
    pub amount_fen: u64,
    /// Of that for freight, in fen.
    pub freight_fen: u64,
    /// `processing`, `done`, or `delayed` while somebody has to look after it; null while the database does not answer.
    #[schema(value_type = Option<String>, example = "done")]
    pub state: Option<&'static str>,
    /// When it was decided.
    pub refunded_at: Rfc3339,
    /// When the shopper had the money; null until then.
    pub done_at: Option<Rfc3339>,
    /// For which pieces.
    pub items: Vec<PiecesView>,
}

/// What can still be applied for in after-sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderRefundable)]
pub struct RefundableView {
    /// The last moment in which something can be applied for; null while the order is not received, because time counts from then on.
    pub until: Option<Rfc3339>,
    /// Each line of the order.
    pub lines: Vec<RefundableLine>,
}

/// What can still be applied for of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderRefundableLine)]
pub struct RefundableLine {
    /// The line's SKU.
    pub sku_id: u64,
    /// Pieces that can be applied for: paid, in time, neither refunded nor in another case.
    pub refundable_quantity: u32,
    /// What would go back for all of them, in fen.
    pub refundable_fen: u64,
    /// Whether they can be sent back: all of the line has left the warehouse.
    pub is_returnable: bool,
}

/// Pieces of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderPieces)]
pub struct PiecesView {
    /// The line's SKU.
    pub sku_id: u64,
    /// Pieces of the SKU.
    pub quantity: u32,
}

impl OrderDetail {
    /// An order with what is stored of its past. What the database does not have yet is one entry: where the order stands.
    pub fn new(view: OrderView, order: &Order, stored: Vec<EventRow>) -> Self {
        let mut timeline = vec![EventView { kind: EventKind::Placed.name(), at: order.placed_at.into(), version: 1, data: None }];
        timeline.extend(stored.into_iter().filter(|event| event.version <= order.version).map(EventView::from));
        if timeline.last().is_some_and(|last| last.version < order.version) {
            timeline.push(EventView { kind: latest(order).name(), at: order.updated_at.into(), version: order.version, data: None });
        }
        let progress = order.progress.as_deref();
        let payment = progress
            .and_then(|progress| progress.payment.as_ref())
            .map(|payment| PaymentView { channel: channel(payment.channel), amount_fen: payment.amount.fen() });
        let parcels = progress.map_or(&[][..], |progress| &progress.parcels).iter().map(|(at, parcel)| ParcelView {
            carrier: parcel.carrier.as_str().to_owned(),
            tracking_no: parcel.tracking.as_str().to_owned(),
            shipped_at: (*at).into(),
            items: parcel.pieces.iter().map(|pieces| PiecesView { sku_id: pieces.sku.get(), quantity: pieces.quantity.get() }).collect(),
        });
        let refunds = progress.map_or(&[][..], |progress| &progress.refunds).iter().map(|(at, refund)| RefundView {
            id: Some(refund.id),
            refund_no: None,
            reason: "refunded",
            amount_fen: refund.amount().unwrap_or_default().fen(),
            freight_fen: refund.freight.fen(),
            state: None,
            refunded_at: (*at).into(),
            done_at: None,
            items: refund.lines.iter().map(|line| PiecesView { sku_id: line.sku.get(), quantity: line.quantity.get() }).collect(),
        });
        let basket = order.basket.as_deref();
        let sealed_delivery = basket.and_then(|basket| Some((basket.key, basket.delivery.as_ref()?.snapshot.clone())));
        // In the clear only in orders from before it was sealed.
        let remark = basket.and_then(|basket| basket.remark.as_ref()).map(|remark| remark.as_str().to_owned());
        let (parcels, refunds) = (parcels.collect(), refunds.collect());
        Self { order: view, delivery: None, remark, sealed_delivery, timeline, payment, parcels, refunds, after_sale: None }
    }
}

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> Self {
        let data = row.data.and_then(|text| serde_json::from_str(&text).ok());
        Self { kind: row.kind.name(), at: row.at.into(), version: row.version, data }
    }
}

/// What was recorded last, as far as the order itself tells.
fn latest(order: &Order) -> EventKind {
    if order.is_hidden {
        return EventKind::Hidden;
    }
    let last_refund = order.progress.as_ref().and_then(|progress| progress.refunds.last());
    let last_stray = order.paying.as_ref().and_then(|paying| paying.strays.last());
    match order.status {
        _ if last_stray.is_some_and(|(at, ..)| *at == order.updated_at) => EventKind::PaymentStrayed,
        _ if last_refund.is_some_and(|(at, _)| *at == order.updated_at) => EventKind::Refunded,
        Status::PendingPayment if order.open_attempt().is_some() => EventKind::PaymentStarted,
        Status::PendingPayment if order.version > 1 => EventKind::PaymentEnded,
        Status::PendingPayment => EventKind::Placed,
        Status::Paid if order.progress.as_ref().is_some_and(|progress| !progress.parcels.is_empty()) => EventKind::Shipped,
        Status::Paid => EventKind::Paid,
        Status::Shipped => EventKind::Shipped,
        Status::Completed => EventKind::Completed,
        Status::Closed => EventKind::Closed,
        Status::Refunded => EventKind::Refunded,
    }
}

/// The word for a channel in JSON.
pub(super) const fn channel(channel: PaymentChannel) -> &'static str {
    match channel {
        PaymentChannel::WechatPay => "wechat_pay",
        PaymentChannel::Balance => "balance",
        PaymentChannel::Free => "free",
    }
}
