//! One order: pending payment → paid → shipped → completed; pending payment → closed. Table in docs/RULES.md.
//! - O1 Only a pending order is paid or closed, only a paid one shipped, only a shipped one completed.
//! - O2 Each change makes the next version; the same change is never made twice.
//! - O3 Time-out closes at or after `expires_at`, never before.
//! Not here: where its pieces come from (`stock`), how many orders a user may have open (`shard`).

use serde::{Deserialize, Serialize};

use crate::ids::{AddressId, OrderId, UserId};
use crate::journal::Sequence;
use crate::money::Money;
use crate::order_no::OrderNo;
use crate::record::{CloseReason, Event, Lines, OrderPlaced};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Where an order stands. Numbers are those of the column `orders.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Status {
    /// Placed, pieces held.
    PendingPayment = 1,
    /// Paid, pieces sold.
    Paid = 2,
    /// On its way.
    Shipped = 3,
    /// Received.
    Completed = 4,
    /// Cancelled or timed out unpaid.
    Closed = 5,
}

/// Whether an order is paid. Numbers are those of the column `orders.payment_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PaymentStatus {
    /// Not paid.
    Unpaid = 0,
    /// Paid in full.
    Paid = 1,
}

impl Status {
    /// From the column.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::PendingPayment),
            2 => Some(Self::Paid),
            3 => Some(Self::Shipped),
            4 => Some(Self::Completed),
            5 => Some(Self::Closed),
            _ => None,
        }
    }

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingPayment => "pending_payment",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Completed => "completed",
            Self::Closed => "closed",
        }
    }

    /// An order is paid exactly when it has passed payment and was not closed.
    pub const fn payment(self) -> PaymentStatus {
        match self {
            Self::PendingPayment | Self::Closed => PaymentStatus::Unpaid,
            Self::Paid | Self::Shipped | Self::Completed => PaymentStatus::Paid,
        }
    }
}

/// What may be asked of an order.
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

/// One order in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Its number.
    pub no: OrderNo,
    /// Whose.
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
}

impl Order {
    /// The order that an event made.
    pub fn placed(sequence: Sequence, at: Timestamp, event: &OrderPlaced) -> Self {
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
        }
    }

    /// Whether the command is allowed now, and the status it leads to.
    pub fn decide(&self, command: OrderCommand, now: Timestamp) -> Result<Status, Refusal> {
        match (self.status, command) {
            (Status::PendingPayment, OrderCommand::Pay) => Ok(Status::Paid),
            (Status::PendingPayment, OrderCommand::Close(CloseReason::TimedOut)) if now < self.expires_at => Err(Refusal::NotDue),
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

    /// Makes an event of this order so; others, and those it already has, leave it as it is.
    pub fn apply(&mut self, sequence: Sequence, at: Timestamp, event: &Event) {
        let (order, version, status) = match event {
            Event::OrderPaid(paid) => (paid.order, paid.version, Status::Paid),
            Event::OrderShipped(moved) => (moved.order, moved.version, Status::Shipped),
            Event::OrderCompleted(moved) => (moved.order, moved.version, Status::Completed),
            Event::OrderClosed(closed) => (closed.order, closed.version, Status::Closed),
            Event::OrderPlaced(_) | Event::IdsReserved(_) | Event::QuotaCarved(_) | Event::QuotaReleased(_) => return,
            Event::StockAdjusted(_) => return,
        };
        if order != self.id || sequence <= self.sequence {
            return;
        }
        assert_eq!(version, self.version + 1, "O2: {self:?} {event:?}");
        if let Event::OrderClosed(closed) = event {
            self.close_reason = Some(closed.reason);
        }
        self.status = status;
        self.version = version;
        self.updated_at = at;
        self.sequence = sequence;
    }
}
