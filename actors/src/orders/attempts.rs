//! Attempts to pay an order through a channel outside the shop, and the money that came of them.
//! - A1 An attempt is on record before the channel hears of it, so there is no payment that the shop does not look for.
//! - A2 At most one attempt of an order is open; the numbers of attempts are 1, 2, 3, …
//! - A3 An order with an open attempt is not closed, and does not leave memory.
//! - A4 Each transaction counts once: it pays the order, or it is stray money that goes back as a whole.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fulfilment::{Payer, Payment, PaymentChannel, PaymentTaken};
use super::order::Order;
use super::status::Status;
use super::trade_no::{ATTEMPTS_MAX, AttemptNumber, TradeNo};
use crate::ids::{ID_MAX, OrderId, PaymentId, UserId};
use crate::money::Money;
use crate::time::Timestamp;
use crate::values::text::Text;

/// A transaction's number at the channel (WeChat Pay's `transaction_id`).
pub type Transaction = Text<32>;

/// Money that came through an attempt, as the channel has proved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// Through which attempt.
    pub attempt: AttemptNumber,
    /// By what it is known again.
    pub transaction: Transaction,
    /// How much came.
    pub amount: Money,
    /// Who paid, if the channel tells.
    pub payer: Option<Payer>,
    /// When, as the channel says.
    pub paid_at: Timestamp,
}

impl Trade {
    /// The payment that it is. Its id follows from the transaction.
    pub fn payment(&self) -> Payment {
        let digest = Sha256::digest(self.transaction.as_str().as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        let number = u64::from_be_bytes(first) % ID_MAX + 1;
        // From 1 to the highest id.
        let id = PaymentId::new(number).unwrap_or(PaymentId::MAX);
        Payment { id, channel: PaymentChannel::WechatPay, amount: self.amount, payer: self.payer.clone() }
    }
}

/// An attempt was begun; the channel hears of it after this is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentStarted {
    /// The order that shall be paid.
    pub order: OrderId,
    /// The shopper who owns the order.
    pub user: UserId,
    /// The order's version from now on.
    pub version: u32,
    /// The attempt, as the channel knows it.
    pub trade: TradeNo,
    /// Until when the channel takes money for it.
    pub expires_at: Timestamp,
}

/// The channel has said that an attempt cannot be paid any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEnded {
    /// The order that was to be paid.
    pub order: OrderId,
    /// The shopper who owns the order.
    pub user: UserId,
    /// The order's version from now on.
    pub version: u32,
    /// The attempt's number.
    pub attempt: AttemptNumber,
}

/// An order was paid through an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeTaken {
    /// The payment, as any other.
    pub taken: PaymentTaken,
    /// The attempt that it came through.
    pub attempt: AttemptNumber,
    /// The transaction's number at the channel.
    pub transaction: Transaction,
    /// When it was paid, as the channel says.
    pub paid_at: Timestamp,
}

impl TradeTaken {
    /// The money that came.
    pub fn trade(&self) -> Trade {
        let Payment { amount, payer, .. } = self.taken.payment.clone();
        Trade { attempt: self.attempt, transaction: self.transaction.clone(), amount, payer, paid_at: self.paid_at }
    }
}

/// Why money of an order is stray. The variants' order is their number on disk: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stray {
    /// It came after the order was closed.
    Late,
    /// It came after the order was paid by another payment.
    Double,
}

/// Money came for an order that does not want it: it goes back as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentStrayed {
    /// The order that it was meant for.
    pub order: OrderId,
    /// The shopper who owns the order.
    pub user: UserId,
    /// The order's version from now on.
    pub version: u32,
    /// The money that came.
    pub trade: Trade,
    /// Why it is stray.
    pub stray: Stray,
}

/// What has become of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum AttemptState {
    /// It may still be paid.
    Open = 1,
    /// It cannot be paid any more.
    Ended = 2,
    /// Money came through it.
    Paid = 3,
}

impl AttemptState {
    /// From the column.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Open),
            2 => Some(Self::Ended),
            3 => Some(Self::Paid),
            _ => None,
        }
    }
}

/// An attempt to pay an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its number within the order.
    pub number: AttemptNumber,
    /// When it was begun.
    pub started_at: Timestamp,
    /// Until when the channel takes money for it.
    pub expires_at: Timestamp,
    /// What has become of it.
    pub state: AttemptState,
}

/// How an order is being paid through channels outside the shop.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Paying {
    /// Every attempt, in the order of their numbers.
    pub attempts: Vec<Attempt>,
    /// What paid the order, if it was paid through an attempt.
    pub taken: Option<Trade>,
    /// Money that came and goes back, in the order in which it came.
    pub strays: Vec<(Timestamp, Stray, Trade)>,
}

impl Paying {
    /// The attempt that may still be paid.
    pub fn open(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.state == AttemptState::Open)
    }

    /// An attempt by its number.
    pub fn attempt(&self, number: AttemptNumber) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.number == number)
    }

    /// Money that came by this transaction, whatever became of it.
    pub fn trade(&self, transaction: &Transaction) -> Option<&Trade> {
        let strays = self.strays.iter().map(|(_, _, trade)| trade);
        self.taken.iter().chain(strays).find(|trade| trade.transaction == *transaction)
    }

    /// The number of an attempt that is begun now; none after the last one.
    pub fn next_number(&self) -> Option<AttemptNumber> {
        match self.attempts.last() {
            None => Some(AttemptNumber::FIRST),
            Some(last) => last.number.next(),
        }
    }

    pub(super) fn start(&mut self, started: &PaymentStarted, at: Timestamp) {
        let PaymentStarted { trade, expires_at, .. } = *started;
        self.attempts.push(Attempt { number: trade.attempt, started_at: at, expires_at, state: AttemptState::Open });
    }

    pub(super) fn settle(&mut self, number: AttemptNumber, state: AttemptState) {
        debug_assert!(self.attempt(number).is_some(), "A1: there is no attempt {number:?}");
        if let Some(attempt) = self.attempts.iter_mut().find(|attempt| attempt.number == number) {
            attempt.state = state;
        }
    }

    pub(super) fn stray(&mut self, strayed: &PaymentStrayed, at: Timestamp) {
        self.settle(strayed.trade.attempt, AttemptState::Paid);
        self.strays.push((at, strayed.stray, strayed.trade.clone()));
    }
}

impl Order {
    /// The attempt that may still be paid.
    pub fn open_attempt(&self) -> Option<&Attempt> {
        self.paying.as_ref()?.open()
    }

    /// The number of an attempt at the channel.
    pub const fn trade_no(&self, attempt: AttemptNumber) -> TradeNo {
        TradeNo { order: self.no, attempt }
    }

    /// A2 to A4, of an order that somebody has tried to pay.
    pub(super) fn broken_paying(&self, paying: &Paying) -> Option<&'static str> {
        let Paying { attempts, taken, strays } = paying;
        if attempts.len() > usize::from(ATTEMPTS_MAX) || !attempts.iter().zip(1..).all(|(attempt, number)| attempt.number.get() == number) {
            return Some("A2: the numbers of the attempts have a gap");
        }
        let is_open = attempts.iter().filter(|attempt| attempt.state == AttemptState::Open).count();
        if is_open > 1 {
            return Some("A2: two attempts are open");
        }
        if self.status == Status::Closed && is_open > 0 {
            return Some("A3: a closed order may still be paid");
        }
        let trades = || taken.iter().chain(strays.iter().map(|(_, _, trade)| trade));
        let is_known = |trade: &Trade| paying.attempt(trade.attempt).is_some_and(|attempt| attempt.state == AttemptState::Paid);
        if !trades().all(is_known) {
            return Some("A1: money came through an attempt that is not paid");
        }
        let twice = trades().enumerate().any(|(place, trade)| trades().take(place).any(|other| other.transaction == trade.transaction));
        if twice {
            return Some("A4: a transaction counts twice");
        }
        let is_paid = !matches!(self.status, Status::PendingPayment | Status::Closed);
        let fits = taken.as_ref().is_none_or(|taken| is_paid && taken.amount == self.payable);
        (!fits || (self.status == Status::PendingPayment && !strays.is_empty())).then_some("A4: the order does not stand as its money says")
    }
}
