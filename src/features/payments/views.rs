//! What payments look like from outside.

use mallcore_actors::orders::{Order, PaymentChannel, Status};
use serde::Serialize;
use utoipa::ToSchema;

use super::handle::Paying;
use super::refunds::{Reason, Refund, RefundState};
use crate::platform::rfc3339::Rfc3339;
use crate::platform::wechat::pay::Cashier;

/// What a shopper who wants to pay gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PaymentBegun)]
pub struct BegunView {
    /// Id of the order.
    pub order_id: u64,
    /// Number of the order.
    pub order_no: String,
    /// `pending_payment`, or `paid` for an order that costs nothing.
    #[schema(value_type = String, example = "pending_payment")]
    pub status: &'static str,
    /// What has to be paid, in fen.
    pub payable_fen: u64,
    /// Until when it has to be paid.
    pub expires_at: Rfc3339,
    /// The arguments of `wx.requestPayment`; null if nothing has to be paid.
    pub cashier: Option<Cashier>,
}

impl From<Paying> for BegunView {
    fn from(paying: Paying) -> Self {
        let (order, cashier) = match paying {
            Paying::Free(order) => (order, None),
            Paying::Cashier(order, cashier) => (order, Some(cashier)),
        };
        Self {
            order_id: order.id.get(),
            order_no: order.no.to_string(),
            status: order.status.name(),
            payable_fen: order.payable.fen(),
            expires_at: order.expires_at.into(),
            cashier,
        }
    }
}

/// How the payment of an order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PaymentStanding)]
pub struct StandingView {
    /// Id of the order.
    pub order_id: u64,
    /// Number of the order.
    pub order_no: String,
    /// The order's status, as in the order.
    #[schema(value_type = String, example = "paid")]
    pub status: &'static str,
    /// `unpaid`, `paying` while an attempt may still be paid, `paid`, or `closed`.
    #[schema(value_type = String, example = "paid")]
    pub payment: &'static str,
    /// `wechat_pay`, `balance` or `free`; null while it is not paid.
    #[schema(value_type = Option<String>)]
    pub channel: Option<&'static str>,
    /// What was paid, or has to be, in fen.
    pub amount_fen: u64,
    /// When it was paid, as WeChat Pay says.
    pub paid_at: Option<Rfc3339>,
    /// Until when an open order has to be paid.
    pub expires_at: Rfc3339,
    /// Money that goes back through WeChat Pay, the oldest first.
    pub refunds: Vec<BackView>,
}

/// Money on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PaymentBack)]
pub struct BackView {
    /// Its number, as the payer's bill shows it.
    pub refund_no: String,
    /// `refunded` for goods, `late` or `double` for a payment that the order did not want any more.
    #[schema(value_type = String, example = "refunded")]
    pub reason: &'static str,
    /// How much, in fen.
    pub amount_fen: u64,
    /// `processing`, `done`, or `delayed` while somebody has to look after it.
    #[schema(value_type = String, example = "done")]
    pub state: &'static str,
    /// When it arrived.
    pub done_at: Option<Rfc3339>,
}

impl StandingView {
    pub(super) fn new(order: &Order, refunds: &[Refund]) -> Self {
        let payment = order.progress.as_ref().and_then(|progress| progress.payment.as_ref());
        let stands = match order.status {
            Status::PendingPayment if order.open_attempt().is_some() => "paying",
            Status::PendingPayment => "unpaid",
            Status::Closed => "closed",
            Status::Paid | Status::Shipped | Status::Completed | Status::Refunded => "paid",
        };
        Self {
            order_id: order.id.get(),
            order_no: order.no.to_string(),
            status: order.status.name(),
            payment: stands,
            channel: payment.map(|payment| channel(payment.channel)),
            amount_fen: order.payable.fen(),
            paid_at: order.paying.as_ref().and_then(|paying| paying.taken.as_ref()).map(|taken| taken.paid_at.into()),
            expires_at: order.expires_at.into(),
            refunds: refunds.iter().map(BackView::from).collect(),
        }
    }
}

impl From<&Refund> for BackView {
    fn from(refund: &Refund) -> Self {
        Self {
            refund_no: refund.number(),
            reason: reason(refund.reason),
            amount_fen: refund.amount.fen(),
            state: state(refund.state),
            done_at: refund.done_at.map(Into::into),
        }
    }
}

/// Money is on its way.
pub(super) const PROCESSING: &str = "processing";

/// Why money goes back, as shoppers see it.
pub(super) const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Refunded => "refunded",
        Reason::Late => "late",
        Reason::Double => "double",
    }
}

/// How far it is, as shoppers see it.
pub(super) const fn state(state: RefundState) -> &'static str {
    match state {
        RefundState::Wanted | RefundState::Processing => PROCESSING,
        RefundState::Done => "done",
        RefundState::Abnormal | RefundState::Closed => "delayed",
    }
}

const fn channel(channel: PaymentChannel) -> &'static str {
    match channel {
        PaymentChannel::WechatPay => "wechat_pay",
        PaymentChannel::Balance => "balance",
        PaymentChannel::Free => "free",
    }
}
