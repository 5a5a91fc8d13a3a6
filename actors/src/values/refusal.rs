//! The two kinds of "no" that a caller has to tell apart: the rules', and the weather's.

use crate::journal::Sequence;
use crate::money::Money;
use crate::time::Timestamp;

/// A refusal that an aggregate declares in its own module: nobody else has to know of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable code of problem documents and metrics.
    pub code: &'static str,
    /// What kind of "no" it is.
    pub class: RuleClass,
    /// In two words, Chinese first.
    pub title: &'static str,
    /// In a sentence that a shopper can read.
    pub detail: &'static str,
}

/// What kind of "no" a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleClass {
    /// There is no such thing, or it is another's.
    Missing,
    /// The state of things does not allow it.
    Conflict,
    /// The request itself cannot be meant so.
    Invalid,
}

/// The rules say no. A value with a stable code: counted, never logged as a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// An aggregate's own rule.
    Rule(&'static Rule),
    /// Fewer pieces are left than asked for.
    SoldOut,
    /// The user would have more pieces of this item than allowed.
    PurchaseLimit {
        /// Pieces a user may have.
        limit: u32,
    },
    /// The sale has not begun.
    NotStarted {
        /// When it will.
        starts_at: Timestamp,
    },
    /// The sale is over.
    Ended,
    /// The user has too many open unpaid orders.
    TooManyUnpaid {
        /// How many are allowed.
        limit: u32,
    },
    /// The key was used with another body.
    IdempotencyMismatch,
    /// No such item is on sale.
    UnknownItem,
    /// No such order, or another's.
    UnknownOrder,
    /// The order is in a state that does not allow this.
    WrongStatus,
    /// Closing for time-out before the order's time.
    NotDue,
    /// The product was taken off the shelf.
    OffSale,
    /// Fewer pieces are available than shall be taken away.
    InsufficientStock {
        /// Pieces available.
        available: u32,
    },
    /// Something has happened to the SKU since it was looked at.
    VersionMismatch {
        /// Its last record by now.
        version: Sequence,
    },
    /// The order was closed before it was paid: the payment has to be given back.
    OrderClosed,
    /// The order was paid by another payment: this one has to be given back.
    AlreadyPaid,
    /// Another amount than the payable one was paid.
    AmountMismatch {
        /// What has to be paid.
        payable: Money,
    },
    /// More pieces or money than the order has left to send or to refund, or none at all.
    ExceedsOrder,
    /// The order has as many parcels, or refunds, as it may have.
    TooManyParts {
        /// How many are allowed.
        limit: u32,
    },
    /// There would be more pieces than a SKU may have.
    TooMuchStock {
        /// Pieces that may be available.
        most: u32,
    },
}

impl Refusal {
    /// The stable code of problem documents and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.code,
            Self::SoldOut => "sold_out",
            Self::PurchaseLimit { .. } => "purchase_limit",
            Self::NotStarted { .. } => "not_started",
            Self::Ended => "ended",
            Self::TooManyUnpaid { .. } => "too_many_unpaid",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::UnknownItem => "unknown_item",
            Self::UnknownOrder => "unknown_order",
            Self::WrongStatus => "wrong_status",
            Self::NotDue => "not_due",
            Self::OffSale => "off_sale",
            Self::InsufficientStock { .. } => "insufficient_stock",
            Self::VersionMismatch { .. } => "version_mismatch",
            Self::OrderClosed => "order_closed",
            Self::AlreadyPaid => "already_paid",
            Self::AmountMismatch { .. } => "amount_mismatch",
            Self::ExceedsOrder => "exceeds_order",
            Self::TooManyParts { .. } => "too_many_parts",
            Self::TooMuchStock { .. } => "too_much_stock",
        }
    }
}

/// The weather says no: nothing is wrong with the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// A mailbox is full; try again shortly.
    #[error("too many requests are waiting")]
    Busy,
    /// The journal's budget is spent.
    #[error("the journal is full")]
    JournalFull,
    /// What follows the journal is far behind, and this fresh purchase is one of those turned away for it.
    #[error("too much waits to be stored")]
    LagShed,
    /// What follows the journal may not fall behind any further.
    #[error("no more may wait to be stored")]
    LagFull,
    /// The aggregate's state is not in memory and cannot be loaded now.
    #[error("the item is being loaded")]
    Warming,
    /// The record was queued but nobody knows whether it reached the disk; repeating with the same key tells.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
}

impl Unavailable {
    /// The stable code of problem documents and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::JournalFull => "journal_full",
            Self::LagShed => "lag_shed",
            Self::LagFull => "lag_full",
            Self::Warming => "warming",
            Self::OutcomeUnknown => "outcome_unknown",
        }
    }
}

/// `?` hands on the weather; a refusal has to be answered.
pub type Answer<T> = Result<Result<T, Refusal>, Unavailable>;
