//! What the bills of a day say, in the shop's terms.

use crate::money::Money;

/// A payment in the bill of trades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledPayment {
    /// WeChat Pay's number of the trade.
    pub transaction: String,
    /// The shop's number of the trade.
    pub number: String,
    /// What was paid.
    pub amount: Money,
}

/// Where a refund stood when the bill was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BilledState {
    /// The payer has the money.
    Done,
    /// WeChat Pay had accepted it.
    OnItsWay,
    /// It was given up: no money went.
    Failed,
}

/// A refund in the bill of trades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledRefund {
    /// The shop's number of the refund.
    pub number: String,
    /// WeChat Pay's number of the refund.
    pub refund_id: String,
    /// The trade whose money goes back.
    pub transaction: String,
    /// What goes back.
    pub amount: Money,
    /// Where it stands.
    pub state: BilledState,
}

/// What moved money on the merchant's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementKind {
    /// A shopper paid.
    Payment,
    /// Money went back to a shopper.
    Refund,
    /// A fee, or one that was given back.
    Fee,
    /// Anything else: a withdrawal, a top-up.
    Other,
}

/// A movement in the bill of funds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Its own number.
    pub flow: String,
    /// Number of the trade, or WeChat Pay's number of the refund, that moved it.
    pub business: String,
    /// What it was.
    pub kind: MovementKind,
    /// What came in, in fen; negative where it went out.
    pub fen: i64,
}

/// The bills of one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bill {
    /// Payments of the day.
    pub payments: Vec<BilledPayment>,
    /// Refunds that were accepted or executed on the day.
    pub refunds: Vec<BilledRefund>,
    /// What WeChat Pay says that it charges for the day's trades, in fen.
    pub fees_fen: i64,
    /// What moved on the account; none if only the trades are known.
    pub funds: Option<Vec<Movement>>,
}

impl Bill {
    /// Fees in thousandths of a fen, as trades have them, in whole fen: halves are rounded away from zero.
    pub const fn whole_fen(millifen: i64) -> i64 {
        let half = if millifen < 0 { -500 } else { 500 };
        millifen.saturating_add(half) / 1_000
    }
}
