//! The two kinds of "no" that a caller has to tell apart: the rules' refusals, and what is unavailable for a while.
//! - R1 Every variant has a code and every code is in `CODES`: whoever counts or documents codes takes them from there.

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

/// Gives each variant its stable code. `code`, `place` and `CODES` come from this one list, and a variant that it leaves out does not compile.
macro_rules! codes {
    ($kind:ident { $($variant:ident => $code:literal,)+ }) => {
        impl $kind {
            /// The codes of all variants, in the order of the variants.
            pub const CODES: &'static [&'static str] = &[$($code),+];

            /// The code of the variant.
            const fn of_variant(self) -> &'static str {
                Self::CODES[self.place()]
            }

            /// The place of the code in [`Self::CODES`].
            pub const fn place(self) -> usize {
                enum Place {
                    $($variant),+
                }
                match self {
                    $(Self::$variant { .. } => Place::$variant as usize,)+
                }
            }
        }
    };
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
        /// Pieces that can be bought outside flash sales.
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
            known => known.of_variant(),
        }
    }
}

impl Unavailable {
    /// The stable code of problem documents and metrics.
    pub const fn code(self) -> &'static str {
        self.of_variant()
    }
}

codes!(Refusal {
    Rule => "rule",
    SoldOut => "sold_out",
    PurchaseLimit => "purchase_limit",
    NotStarted => "not_started",
    Ended => "ended",
    TooManyUnpaid => "too_many_unpaid",
    IdempotencyMismatch => "idempotency_mismatch",
    UnknownItem => "unknown_item",
    UnknownOrder => "unknown_order",
    WrongStatus => "wrong_status",
    NotDue => "not_due",
    OffSale => "off_sale",
    InsufficientStock => "insufficient_stock",
    VersionMismatch => "version_mismatch",
    OrderClosed => "order_closed",
    AlreadyPaid => "already_paid",
    AmountMismatch => "amount_mismatch",
    ExceedsOrder => "exceeds_order",
    TooManyParts => "too_many_parts",
    TooMuchStock => "too_much_stock",
});

/// Nothing is wrong with the request; the same may work later.
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

codes!(Unavailable {
    Busy => "busy",
    JournalFull => "journal_full",
    LagShed => "lag_shed",
    LagFull => "lag_full",
    Warming => "warming",
    OutcomeUnknown => "outcome_unknown",
});

/// `?` hands on what is unavailable; a refusal has to be answered.
pub type Answer<T> = Result<Result<T, Refusal>, Unavailable>;
