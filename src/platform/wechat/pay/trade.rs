//! A trade: one payment of one order number, as answers and notifications describe it.

use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::time::parse_time;

/// Where a trade stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TradeState {
    /// It was paid.
    Success,
    /// Paid, and some or all of it refunded.
    Refund,
    /// Nobody has paid it yet.
    NotPay,
    /// It was closed unpaid.
    Closed,
    /// Taken back: of payment codes only.
    Revoked,
    /// The shopper is entering the password.
    UserPaying,
    /// The payment failed; the shopper may try again.
    PayError,
}

impl TradeState {
    /// Whether money came in for it, whatever became of it afterwards.
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Success | Self::Refund)
    }
}

/// What WeChat Pay says of one order number. No other merchant's: the client has compared it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trade {
    /// Id of the mini-program.
    pub appid: String,
    /// Number of the merchant.
    pub mchid: String,
    /// The shop's number.
    pub out_trade_no: String,
    /// WeChat Pay's number; only once there was a payment.
    pub transaction_id: Option<String>,
    /// Where it stands.
    pub state: TradeState,
    /// What had to be paid; WeChat Pay leaves it out of orders that nobody has opened.
    pub total: Option<Money>,
    /// What the shopper has paid; less than the total if WeChat Pay gave a coupon of its own.
    pub payer_total: Option<Money>,
    /// Currency of the amounts, `CNY`.
    pub currency: Option<String>,
    /// The payer's `openid`.
    pub payer: Option<String>,
    /// When it was paid.
    pub success_time: Option<Timestamp>,
    /// What the shop has attached.
    pub attach: Option<String>,
}

/// As it lies in JSON.
#[derive(Deserialize)]
pub(super) struct TradeAnswer {
    #[serde(default)]
    appid: String,
    mchid: String,
    out_trade_no: String,
    transaction_id: Option<String>,
    trade_state: TradeState,
    success_time: Option<String>,
    attach: Option<String>,
    payer: Option<Payer>,
    amount: Option<Amount>,
}

#[derive(Deserialize)]
struct Payer {
    openid: Option<String>,
}

#[derive(Deserialize)]
struct Amount {
    total: Option<Money>,
    payer_total: Option<Money>,
    currency: Option<String>,
}

/// A time that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("success_time is no time")]
pub(super) struct BadTime;

impl TryFrom<TradeAnswer> for Trade {
    type Error = BadTime;

    fn try_from(answer: TradeAnswer) -> Result<Self, BadTime> {
        let amount = answer.amount.unwrap_or(Amount { total: None, payer_total: None, currency: None });
        Ok(Self {
            appid: answer.appid,
            mchid: answer.mchid,
            out_trade_no: answer.out_trade_no,
            transaction_id: filled(answer.transaction_id),
            state: answer.trade_state,
            total: amount.total,
            payer_total: amount.payer_total,
            currency: amount.currency,
            payer: answer.payer.and_then(|payer| filled(payer.openid)),
            success_time: time(answer.success_time)?,
            attach: filled(answer.attach),
        })
    }
}

/// WeChat Pay writes what there is not as an empty text, too.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

pub(super) fn time(text: Option<String>) -> Result<Option<Timestamp>, BadTime> {
    filled(text).map(|text| parse_time(&text).ok_or(BadTime)).transpose()
}
