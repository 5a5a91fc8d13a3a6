//! One order: pending payment → paid → shipped → completed; pending payment → closed; refunded from any of the paid ones. Table in
//! docs/RULES.md.
//! - O1 Only a pending order is paid or closed, only a paid one shipped, only a shipped one completed.
//! - O2 Each change makes the next version; the same change is never made twice.
//! - O3 Time-out closes at or after `expires_at`, never before.
//! - O4 What is refunded of a line is the share of its pieces in what the line cost, rounded down; all pieces make all of it. No more is
//!   refunded than was paid.
//! - O5 No piece is shipped twice, nor after it was refunded; no piece is refunded twice.
//! - O6 An order is shipped once every piece that was not refunded before is on its way, and refunded once every piece is.
//! - O7 An order is paid with exactly what it costs.
//! - O8 An order is not closed while an attempt to pay it is open (A1 to A4 of `attempts`).
//!
//! Each command has a file: `paying`, `trading`, `shipping`, `refunding`, `receiving`, `closing`. Not here: where pieces come from (`stock`), how many
//! orders a user may have open (`shard`), who may ask (the edge).

use serde::{Deserialize, Serialize};

use super::attempts::Paying;
use super::facts::{CloseReason, Lines, OrderFact, OrderPlaced};
use super::placed::BasketPlaced;
use super::progress::Progress;
use super::status::Status;
use super::trading::PAYMENT_OPEN;
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{AddressId, OrderId, UserId};
use crate::journal::Sequence;
use crate::money::Money;
use crate::order_no::OrderNo;
use crate::refusal::Refusal;
use crate::stock::Receipt;
use crate::time::Timestamp;

/// What may be asked of an order, as far as its status alone decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderCommand {
    /// A payment was verified.
    Pay,
    /// It was handed to a carrier.
    Ship,
    /// It was received.
    Complete,
    /// It shall be closed unpaid.
    Close(CloseReason),
}

/// What a command to an order leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It was carried out before; the order stands as it does.
    Repeat,
    /// This may be recorded.
    Fresh(OrderFact),
}

/// One order in memory. What few orders have is boxed: in a sale there are a million with neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The order's id, unique in the shop.
    pub id: OrderId,
    /// The number that people know the order by.
    pub no: OrderNo,
    /// The shopper who owns the order.
    pub user: UserId,
    /// What was bought.
    pub lines: Lines,
    /// What has to be paid.
    pub payable: Money,
    /// Where to send it.
    pub address: Option<AddressId>,
    /// Where it stands.
    pub status: Status,
    /// Grows by one with each change.
    pub version: u32,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// From then on it may be closed unpaid.
    pub expires_at: Timestamp,
    /// Why it was closed.
    pub close_reason: Option<CloseReason>,
    /// Its last record.
    pub sequence: Sequence,
    /// The request that placed it.
    pub key: KeyHash,
    /// That request's body.
    pub body: BodyFingerprint,
    /// Everything that was frozen, if it was placed as a basket.
    pub basket: Option<Box<BasketPlaced>>,
    /// How far it is paid, sent and refunded. None while nothing of that is recorded in detail.
    pub progress: Option<Box<Progress>>,
    /// How it is being paid through channels outside the shop. None while nobody has tried to.
    pub paying: Option<Box<Paying>>,
    /// Its owner does not want to see it any more.
    pub is_hidden: bool,
}

impl Order {
    /// The order that a flash purchase made.
    pub fn placed(sequence: Sequence, at: Timestamp, event: &OrderPlaced) -> Self {
        debug_assert_eq!(event.broken(), None, "{:?} at {sequence}", event.order);
        Self {
            id: event.order,
            no: event.no,
            user: event.user,
            lines: event.lines.clone(),
            payable: event.payable,
            address: event.address,
            status: Status::PendingPayment,
            version: 1,
            placed_at: at,
            updated_at: at,
            expires_at: event.expires_at,
            close_reason: None,
            sequence,
            key: event.key,
            body: event.body,
            basket: None,
            progress: None,
            paying: None,
            is_hidden: false,
        }
    }

    /// The order that a basket made.
    pub fn basket_placed(sequence: Sequence, at: Timestamp, event: &BasketPlaced) -> Self {
        assert_eq!(event.broken(), None, "{:?} at {sequence}", event.order);
        Self {
            id: event.order,
            no: event.no,
            user: event.user,
            lines: event.plain_lines(),
            payable: event.amounts.payable,
            address: event.delivery.as_ref().map(|delivery| delivery.address),
            status: Status::PendingPayment,
            version: 1,
            placed_at: at,
            updated_at: at,
            expires_at: event.expires_at,
            close_reason: None,
            sequence,
            key: event.key,
            body: event.body,
            basket: Some(Box::new(event.clone())),
            progress: None,
            paying: None,
            is_hidden: false,
        }
    }

    /// What the request that placed it is answered, once the order's last record is durable.
    pub const fn receipt(&self) -> Receipt {
        let Self { id, no, payable, placed_at, expires_at, sequence, .. } = *self;
        Receipt { order: id, no, payable, placed_at, expires_at, sequence }
    }

    /// Whether its pieces come from a flash item, so that closing it is decided in that SKU's turn.
    pub fn is_flash(&self) -> bool {
        self.lines.iter().any(|line| line.flash.is_some())
    }

    /// Whether the command is allowed now, and the status it leads to.
    pub fn decide(&self, command: OrderCommand, now: Timestamp) -> Result<Status, Refusal> {
        match (self.status, command) {
            (Status::PendingPayment, OrderCommand::Pay) => Ok(Status::Paid),
            (Status::PendingPayment, OrderCommand::Close(CloseReason::TimedOut)) if now < self.expires_at => Err(Refusal::NotDue),
            (Status::PendingPayment, OrderCommand::Close(_)) if self.open_attempt().is_some() => Err(Refusal::Rule(&PAYMENT_OPEN)),
            (Status::PendingPayment, OrderCommand::Close(_)) => Ok(Status::Closed),
            (Status::Paid, OrderCommand::Ship) => Ok(Status::Shipped),
            (Status::Shipped, OrderCommand::Complete) => Ok(Status::Completed),
            _ => Err(Refusal::WrongStatus),
        }
    }

    /// The whole time that there was to pay for it, counted from `at`: after records of a wrong clock, when `expires_at` may lie years ahead
    /// or, for an order of before, in a time that was skipped. Once, on an order as it was placed.
    pub fn restart_pay_window(&mut self, at: Timestamp) {
        self.expires_at = at.plus_millis(self.expires_at.millis_since(self.placed_at));
    }

    /// Makes a fact of this order so; others, and those it already has, leave it as it is.
    pub fn apply(&mut self, sequence: Sequence, at: Timestamp, fact: &OrderFact) {
        let (order, version) = fact.version();
        if order != self.id || sequence <= self.sequence {
            return;
        }
        assert_eq!(version, self.version + 1, "O2: {self:?} {fact:?}");
        assert!(self.allows(fact), "O1: {self:?} {fact:?}");
        assert_eq!(fact.user(), self.user, "another shopper's order: {self:?} {fact:?}");
        match fact {
            // Version 1 never follows a version.
            OrderFact::Placed(_) | OrderFact::BasketPlaced(_) => return,
            OrderFact::Paid(_) => self.status = Status::Paid,
            OrderFact::PaymentTaken(paid) => {
                assert_eq!(paid.payment.amount, self.payable, "O7: {self:?} was paid with another amount: {:?}", paid.payment);
                self.progress_mut().payment = Some(paid.payment.clone());
                self.status = Status::Paid;
            }
            OrderFact::TradeTaken(paid) => {
                assert_eq!(paid.taken.payment.amount, self.payable, "O7: {self:?} was paid with another amount: {paid:?}");
                self.apply_trading(at, fact);
                self.progress_mut().payment = Some(paid.taken.payment.clone());
                self.status = Status::Paid;
            }
            OrderFact::PaymentStarted(_) | OrderFact::PaymentEnded(_) | OrderFact::PaymentStrayed(_) => self.apply_trading(at, fact),
            OrderFact::Shipped(_) => {
                self.progress_mut().ship_the_rest(at);
                self.status = Status::Shipped;
            }
            OrderFact::ParcelShipped(shipped) => {
                self.progress_mut().ship(shipped.parcel.clone(), at);
                self.move_on(shipped.status);
            }
            OrderFact::Refunded(refunded) => {
                self.progress_mut().refund(refunded.refund.clone(), at);
                self.move_on(refunded.status);
            }
            OrderFact::Completed(_) => self.status = Status::Completed,
            OrderFact::Closed(closed) => {
                self.close_reason = Some(closed.reason);
                self.status = Status::Closed;
            }
            OrderFact::Hidden(_) => self.is_hidden = true,
        }
        self.version = version;
        self.updated_at = at;
        self.sequence = sequence;
        assert_eq!(self.broken(), None, "{self:?} after {fact:?}");
    }

    /// Whether a fact may follow where the order stands (O1): the table of docs/RULES.md, as records have it.
    fn allows(&self, fact: &OrderFact) -> bool {
        match fact {
            OrderFact::Placed(_) | OrderFact::BasketPlaced(_) => false,
            OrderFact::Paid(_) | OrderFact::PaymentTaken(_) => self.status == Status::PendingPayment,
            OrderFact::Closed(_) => self.status == Status::PendingPayment && self.open_attempt().is_none(),
            OrderFact::PaymentStarted(_) | OrderFact::PaymentEnded(_) | OrderFact::PaymentStrayed(_) | OrderFact::TradeTaken(_) => {
                self.allows_trading(fact)
            }
            OrderFact::Shipped(_) | OrderFact::ParcelShipped(_) => self.status == Status::Paid,
            OrderFact::Completed(_) => self.status == Status::Shipped,
            OrderFact::Refunded(_) => matches!(self.status, Status::Paid | Status::Shipped | Status::Completed),
            OrderFact::Hidden(_) => self.status.is_final() && !self.is_hidden,
        }
    }

    /// The invariant that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        let broken = match &self.progress {
            Some(progress) => self.broken_progress(progress),
            None => (self.status == Status::Refunded).then_some("O6: refunded without a refund"),
        };
        let broken = broken.or_else(|| self.paying.as_ref().and_then(|paying| self.broken_paying(paying)));
        broken.or_else(|| (self.is_hidden && !self.status.is_final()).then_some("an order that is still moving is hidden"))
    }

    /// To the status that the record says, which has to be the one that the order's pieces say.
    fn move_on(&mut self, recorded: Status) {
        let status = self.progress.as_ref().map_or(self.status, |progress| progress.status_from(self.status));
        assert_eq!(status, recorded, "O6: {self:?}");
        self.status = status;
    }

    /// How far it is, also if that is not recorded in detail.
    pub(super) fn progress_or_new(&self) -> Progress {
        self.progress.as_deref().cloned().unwrap_or_else(|| Progress::new(self))
    }

    fn progress_mut(&mut self) -> &mut Progress {
        if self.progress.is_none() {
            self.progress = Some(Box::new(Progress::new(self)));
        }
        self.progress.get_or_insert_default()
    }
}
