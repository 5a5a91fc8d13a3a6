//! What the ledger is made of: a line for everything that happened. Amounts are fen, times milliseconds since 1970.

use mallcore_actors::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::platform::wechat::pay::RefundState;

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it happened.
    pub at: Timestamp,
    /// What has happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The merchant made an order.
    Prepaid(Prepaid),
    /// The shopper has begun to pay.
    Paying { out_trade_no: String },
    /// The payment failed; it may be tried again.
    PaymentFailed { out_trade_no: String },
    /// The shopper has paid, but the money arrives so long after the merchant closed the order; before that the merchant sees nothing of it.
    PaymentDelayed { out_trade_no: String, after_close_millis: u64 },
    /// Money came in.
    Paid { out_trade_no: String, transaction_id: String, total: u64 },
    /// Nobody can pay it any more.
    Closed { out_trade_no: String },
    /// The merchant wants to pay back.
    RefundAsked(RefundAsked),
    /// A refund ended: money out if it was a success.
    RefundEnded { out_refund_no: String, state: RefundState, refund: u64 },
}

/// An order as the merchant made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepaid {
    pub out_trade_no: String,
    pub prepay_id: String,
    pub openid: String,
    pub description: String,
    pub attach: Option<String>,
    pub total: u64,
    pub time_expire: Option<Timestamp>,
    pub notify_url: String,
}

/// A refund as the merchant asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundAsked {
    pub out_refund_no: String,
    pub refund_id: String,
    pub transaction_id: String,
    pub out_trade_no: String,
    pub refund: u64,
    pub total: u64,
    pub notify_url: Option<String>,
}
