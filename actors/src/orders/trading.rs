//! Paying through a channel outside the shop: an attempt is begun, looked after, and ended, and money comes when it comes. Whatever arrives
//! in whatever order, the order decides: it takes the money once, or the money is stray and goes back.

use super::attempts::{AttemptState, Paying, PaymentEnded, PaymentStarted, PaymentStrayed, Stray, Trade, TradeTaken};
use super::facts::OrderFact;
use super::fulfilment::PaymentTaken;
use super::order::{Decided, Order, OrderCommand};
use super::status::Status;
use super::trade_no::AttemptNumber;
use crate::money::Money;
use crate::refusal::{Refusal, Rule, RuleClass};
use crate::time::Timestamp;

/// An attempt to pay may still be paid: its order is not closed before the channel has ended it.
pub const PAYMENT_OPEN: Rule = Rule {
    code: "payment_open",
    class: RuleClass::Conflict,
    title: "支付尚未结束 / A payment is open",
    detail: "这个订单有一笔支付还没有结束，请完成支付，或稍后再试。",
};
/// The order has no such attempt to pay it.
pub const UNKNOWN_ATTEMPT: Rule =
    Rule {
        code: "unknown_payment", class: RuleClass::Missing, title: "支付不存在 / Unknown payment", detail: "这个订单没有这笔支付。"
    };
/// An order is tried to be paid only so often.
pub const TOO_MANY_ATTEMPTS: Rule = Rule {
    code: "too_many_attempts",
    class: RuleClass::Conflict,
    title: "支付次数过多 / Too many attempts",
    detail: "这个订单发起支付的次数过多，请重新下单。",
};
/// What orders refuse by rules of their own.
pub const RULES: &[&Rule] = &[&PAYMENT_OPEN, &UNKNOWN_ATTEMPT, &TOO_MANY_ATTEMPTS];

/// The channel takes money for at least so long after an attempt was begun, whatever the order's deadline: it does not accept less.
const CHANNEL_MILLIS_MIN: u64 = 60_000;

impl Order {
    /// Begins an attempt. While one is open this is a repeat: the open one goes on.
    ///
    /// # Errors
    /// [`Refusal::OrderClosed`] from the order's deadline on, [`Refusal::AlreadyPaid`], [`Refusal::AmountMismatch`] if nothing has to be paid,
    /// [`TOO_MANY_ATTEMPTS`].
    pub fn decide_start(&self, now: Timestamp) -> Result<Decided, Refusal> {
        match self.status {
            Status::PendingPayment => {}
            Status::Closed => return Err(Refusal::OrderClosed),
            Status::Paid | Status::Shipped | Status::Completed | Status::Refunded => return Err(Refusal::AlreadyPaid),
        }
        if self.payable == Money::ZERO {
            return Err(Refusal::AmountMismatch { payable: self.payable });
        }
        if self.open_attempt().is_some() {
            return Ok(Decided::Repeat);
        }
        if now >= self.expires_at {
            return Err(Refusal::OrderClosed);
        }
        let number = self.paying.as_ref().map_or(Some(AttemptNumber::FIRST), |paying| paying.next_number());
        let trade = self.trade_no(number.ok_or(Refusal::Rule(&TOO_MANY_ATTEMPTS))?);
        let expires_at = self.expires_at.max(now.plus_millis(CHANNEL_MILLIS_MIN));
        let (order, user, version) = (self.id, self.user, self.version + 1);
        Ok(Decided::Fresh(OrderFact::PaymentStarted(PaymentStarted { order, user, version, trade, expires_at })))
    }

    /// The channel has said that an attempt cannot be paid any more. Of one that is not open any more this is a repeat.
    ///
    /// # Errors
    /// [`UNKNOWN_ATTEMPT`].
    pub fn decide_end(&self, number: AttemptNumber) -> Result<Decided, Refusal> {
        let attempt = self.paying.as_ref().and_then(|paying| paying.attempt(number)).ok_or(Refusal::Rule(&UNKNOWN_ATTEMPT))?;
        if attempt.state != AttemptState::Open {
            return Ok(Decided::Repeat);
        }
        let (order, user, version) = (self.id, self.user, self.version + 1);
        Ok(Decided::Fresh(OrderFact::PaymentEnded(PaymentEnded { order, user, version, attempt: number })))
    }

    /// Money came through an attempt, and the channel has proved it. An open order is paid by it; otherwise it is stray. The same transaction
    /// again is a repeat, whatever became of it.
    ///
    /// # Errors
    /// Nothing is recorded then, and the money stays where it is for people to look at: [`UNKNOWN_ATTEMPT`] for one that this order never
    /// began, [`Refusal::AmountMismatch`] for another amount than the attempt's, [`Refusal::IdempotencyMismatch`] for a transaction that was
    /// another one before.
    pub fn decide_take(&self, trade: &Trade, now: Timestamp) -> Result<Decided, Refusal> {
        let paying = self.paying.as_deref().ok_or(Refusal::Rule(&UNKNOWN_ATTEMPT))?;
        if let Some(known) = paying.trade(&trade.transaction) {
            let is_same = (known.attempt, known.amount) == (trade.attempt, trade.amount);
            return if is_same { Ok(Decided::Repeat) } else { Err(Refusal::IdempotencyMismatch) };
        }
        if paying.attempt(trade.attempt).is_none() {
            return Err(Refusal::Rule(&UNKNOWN_ATTEMPT));
        }
        // Every attempt asks for all that is payable, and that never changes.
        if trade.amount != self.payable {
            return Err(Refusal::AmountMismatch { payable: self.payable });
        }
        let (order, user, version) = (self.id, self.user, self.version + 1);
        let stray = match self.status {
            Status::PendingPayment => {
                self.decide(OrderCommand::Pay, now)?;
                let taken = PaymentTaken { order, user, version, payment: trade.payment(), lines: self.lines.clone() };
                let Trade { attempt, transaction, paid_at, .. } = trade.clone();
                return Ok(Decided::Fresh(OrderFact::TradeTaken(Box::new(TradeTaken { taken, attempt, transaction, paid_at }))));
            }
            Status::Closed => Stray::Late,
            Status::Paid | Status::Shipped | Status::Completed | Status::Refunded => Stray::Double,
        };
        Ok(Decided::Fresh(OrderFact::PaymentStrayed(Box::new(PaymentStrayed { order, user, version, trade: trade.clone(), stray }))))
    }

    /// Makes a fact about attempts so; `at` is the record's time.
    pub(super) fn apply_trading(&mut self, at: Timestamp, fact: &OrderFact) {
        let paying = self.paying.get_or_insert_default();
        match fact {
            OrderFact::PaymentStarted(started) => paying.start(started, at),
            OrderFact::PaymentEnded(ended) => paying.settle(ended.attempt, AttemptState::Ended),
            OrderFact::TradeTaken(taken) => {
                paying.settle(taken.attempt, AttemptState::Paid);
                paying.taken = Some(taken.trade());
            }
            OrderFact::PaymentStrayed(strayed) => paying.stray(strayed, at),
            _ => debug_assert!(false, "{fact:?} is not about an attempt"),
        }
    }

    /// Whether a fact about attempts may follow where the order stands.
    pub(super) fn allows_trading(&self, fact: &OrderFact) -> bool {
        let none = Paying::default();
        let paying = self.paying.as_deref().unwrap_or(&none);
        match fact {
            OrderFact::PaymentStarted(started) => {
                let is_ours = started.trade.order == self.no && paying.next_number() == Some(started.trade.attempt);
                is_ours && self.status == Status::PendingPayment && paying.open().is_none()
            }
            OrderFact::PaymentEnded(ended) => paying.open().is_some_and(|open| open.number == ended.attempt),
            OrderFact::TradeTaken(taken) => self.status == Status::PendingPayment && paying.attempt(taken.attempt).is_some(),
            OrderFact::PaymentStrayed(strayed) => self.status != Status::PendingPayment && paying.attempt(strayed.trade.attempt).is_some(),
            _ => false,
        }
    }
}

/// What the channel says of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It was not asked yet.
    Nothing,
    /// Nobody has paid; it can still be paid.
    Unpaid,
    /// Somebody is paying just now.
    Paying,
    /// Money came through the attempt.
    Paid(Trade),
    /// It cannot be paid any more, or never arrived there.
    Over,
    /// Asked to end it, it says that it was paid.
    PaidMeanwhile,
}

/// What to do next about an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask the channel what has become of it.
    Ask,
    /// Ask the channel to end it.
    End,
    /// Record the money.
    Take(Trade),
    /// Record that it cannot be paid any more.
    NoteEnd,
    /// Look again later.
    Wait,
    /// It is not open any more.
    Done,
}

/// What to do about an attempt after this was heard of it. It has to end when somebody wants the order closed (`wanted`), when the order's
/// time is over, and when the order was paid otherwise; the channel is asked first, so that nobody's payment in progress is cut off, and the
/// order's pieces stay held until the channel has answered.
pub fn next_step(order: &Order, attempt: AttemptNumber, heard: Heard, wanted: bool, now: Timestamp) -> Step {
    if order.open_attempt().is_none_or(|open| open.number != attempt) {
        return Step::Done;
    }
    let has_to_end = wanted || now >= order.expires_at || order.status != Status::PendingPayment;
    match heard {
        Heard::Nothing | Heard::PaidMeanwhile => Step::Ask,
        Heard::Unpaid if has_to_end => Step::End,
        Heard::Unpaid | Heard::Paying => Step::Wait,
        Heard::Paid(trade) => Step::Take(trade),
        Heard::Over => Step::NoteEnd,
    }
}
