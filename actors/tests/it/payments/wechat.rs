//! A small model of WeChat Pay: one merchant, one order.

use std::collections::BTreeMap;

use mallcore_actors::orders::{AttemptNumber, Heard, Trade, Transaction};

/// An attempt as WeChat Pay has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum There {
    Unpaid,
    Paying,
    Paid(Trade),
    Closed,
}

/// Trades and refunds of one merchant, for one order.
#[derive(Debug, Default)]
pub struct Wechat {
    pub trades: BTreeMap<AttemptNumber, There>,
    /// By number: what went back of which transaction. A number is paid once.
    pub refunds: BTreeMap<String, (Transaction, u64)>,
}

impl Wechat {
    pub fn query(&self, attempt: AttemptNumber) -> Heard {
        match self.trades.get(&attempt) {
            None | Some(There::Closed) => Heard::Over,
            Some(There::Unpaid) => Heard::Unpaid,
            Some(There::Paying) => Heard::Paying,
            Some(There::Paid(trade)) => Heard::Paid(trade.clone()),
        }
    }

    pub fn close(&mut self, attempt: AttemptNumber) -> Heard {
        match self.trades.get_mut(&attempt) {
            Some(There::Paid(_)) => Heard::PaidMeanwhile,
            Some(There::Paying) => Heard::Paying,
            Some(trade) => {
                *trade = There::Closed;
                Heard::Over
            }
            None => Heard::Over,
        }
    }

    pub fn money_in(&self) -> u64 {
        self.trades.values().map(|trade| if let There::Paid(trade) = trade { trade.amount.fen() } else { 0 }).sum()
    }

    pub fn money_out(&self) -> u64 {
        self.refunds.values().map(|(_, fen)| fen).sum()
    }
}
