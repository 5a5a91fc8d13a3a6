//! Where an order stands. The table of transitions is in docs/RULES.md.

use serde::{Deserialize, Serialize};

/// Where an order stands. Numbers are those of the column `orders.status`; the variants' order is
/// their number on disk: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Status {
    /// Placed, pieces held.
    PendingPayment = 1,
    /// Paid, pieces sold.
    Paid = 2,
    /// On its way.
    Shipped = 3,
    /// Received by the shopper.
    Completed = 4,
    /// Cancelled or timed out unpaid.
    Closed = 5,
    /// Every piece was refunded.
    Refunded = 6,
}

/// Whether an order is paid. Numbers are those of the column `orders.payment_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PaymentStatus {
    /// Nothing was paid.
    Unpaid = 0,
    /// Paid in full; a part may have been refunded.
    Paid = 1,
    /// Every piece was refunded.
    Refunded = 2,
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
            6 => Some(Self::Refunded),
            _ => None,
        }
    }

    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::PendingPayment, Self::Paid, Self::Shipped, Self::Completed, Self::Closed, Self::Refunded];

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingPayment => "pending_payment",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Completed => "completed",
            Self::Closed => "closed",
            Self::Refunded => "refunded",
        }
    }

    /// An order is paid exactly when it has passed payment, was not closed, and was not refunded as a whole.
    pub const fn payment(self) -> PaymentStatus {
        match self {
            Self::PendingPayment | Self::Closed => PaymentStatus::Unpaid,
            Self::Paid | Self::Shipped | Self::Completed => PaymentStatus::Paid,
            Self::Refunded => PaymentStatus::Refunded,
        }
    }

    /// Nothing but hiding it happens to the order any more, unless something of a completed one is refunded.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Closed | Self::Refunded)
    }
}
