//! What WeChat Pay says of a trade, read as money for an order: the only way in which money gets into the shop.

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::orders::{Heard, Payer, Trade, TradeNo, Transaction};

use crate::platform::wechat::pay::{self, TradeState, WechatPay};

/// Why a trade is no money for any order of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadTrade {
    /// Another merchant's, or another mini-program's.
    #[error("the trade is another merchant's or mini-program's")]
    Merchant,
    /// No money came.
    #[error("the trade is not paid")]
    Unpaid,
    /// Another currency than yuan.
    #[error("the trade is not in CNY")]
    Currency,
    /// Amount, transaction or time is missing.
    #[error("the trade lacks {0}")]
    Lacking(&'static str),
    /// Its number is none of ours.
    #[error("the trade's number is none of this shop")]
    Number,
}

impl BadTrade {
    /// A word for metrics.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::Unpaid => "unpaid",
            Self::Currency => "currency",
            Self::Lacking(_) => "lacking",
            Self::Number => "number",
        }
    }
}

/// Checks merchant, mini-program, state and currency, and reads amount, transaction and attempt. Whether the order has such an attempt and
/// costs so much is the order's to say.
pub(super) fn money(trade: &pay::Trade, wechat: &WechatPay) -> Result<(TradeNo, Trade), BadTrade> {
    if trade.mchid != wechat.mchid() || trade.appid != wechat.appid() {
        return Err(BadTrade::Merchant);
    }
    if !trade.state.is_paid() {
        return Err(BadTrade::Unpaid);
    }
    // It is left out where it is CNY.
    if trade.currency.as_deref().is_some_and(|currency| currency != "CNY") {
        return Err(BadTrade::Currency);
    }
    let number: TradeNo = trade.out_trade_no.parse().map_err(|_| BadTrade::Number)?;
    let transaction =
        trade.transaction_id.as_deref().and_then(|id| Transaction::parse(id).ok()).ok_or(BadTrade::Lacking("a transaction"))?;
    let amount = trade.total.ok_or(BadTrade::Lacking("an amount"))?;
    let paid_at = trade.success_time.ok_or(BadTrade::Lacking("a time"))?;
    let payer = trade.payer.as_deref().and_then(|payer| Payer::parse(payer).ok());
    Ok((number, Trade { attempt: number.attempt, transaction, amount, payer, paid_at }))
}

/// What the answer to a question about an attempt says of it.
pub(super) fn heard(trade: &pay::Trade, number: TradeNo, wechat: &WechatPay) -> Result<Heard, BadTrade> {
    Ok(match trade.state {
        TradeState::Success => {
            let (found, money) = money(trade, wechat)?;
            if found != number {
                return Err(BadTrade::Number);
            }
            Heard::Paid(money)
        }
        // Somebody has refunded it at the merchant platform before the shop knew of it: people have to look.
        TradeState::Refund => {
            tracing::error!("attempt {number} was paid and refunded at WeChat Pay, and is not on record as paid");
            Heard::Paying
        }
        TradeState::NotPay | TradeState::PayError => Heard::Unpaid,
        TradeState::UserPaying => Heard::Paying,
        TradeState::Closed | TradeState::Revoked => Heard::Over,
    })
}

/// What goes to WeChat Pay and comes back with the trade: whose order it is. It is a hint where to look; the order itself compares its number.
pub(super) fn attached(user: UserId, order: OrderId) -> String {
    format!("{user}.{order}")
}

/// Whose order a trade is for, as it was attached.
pub(super) fn owner(attach: Option<&str>) -> Option<(UserId, OrderId)> {
    let (user, order) = attach?.split_once('.')?;
    Some((UserId::new(user.parse().ok()?).ok()?, OrderId::new(order.parse().ok()?).ok()?))
}
