//! What a stock actor can be asked. One message an intention.

use actix::Message;

use super::quota::{Buy, Receipt};
use super::sku::{Adjustment, QuotaPlan};
use crate::ids::{FlashItemId, OrderId, UserId};
use crate::journal::Sequence;
use crate::orders::Order;
use crate::record::CloseReason;
use crate::replies::ReplyTo;

/// An order that was placed, now or by an earlier request with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The first answer.
    pub receipt: Receipt,
    /// Whether this is a repeat of it.
    pub repeat: bool,
}

/// An order that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// As it stands now.
    pub order: Order,
}

/// What became of an adjustment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjusted {
    /// It was recorded now.
    Fresh {
        /// Pieces that were added, or taken away.
        delta: i32,
        /// Pieces available since.
        available: u32,
        /// Its record.
        sequence: Sequence,
    },
    /// There were so many already; nothing was recorded.
    Unchanged {
        /// Pieces available.
        available: u32,
        /// The record that this relies on.
        sequence: Sequence,
    },
    /// This adjustment or a later one was decided before: the rows of the last tell what became of it.
    Repeat {
        /// The record that this relies on.
        sequence: Sequence,
    },
}

impl Adjusted {
    /// The record that has to be durable before the answer leaves.
    pub const fn sequence(&self) -> Sequence {
        match self {
            Self::Fresh { sequence, .. } | Self::Unchanged { sequence, .. } | Self::Repeat { sequence } => *sequence,
        }
    }
}

/// Take pieces for an order. Answered once the journal has it on disk.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct PlaceOrder {
    /// What is wanted.
    pub wish: Buy,
    /// Where the answer goes.
    pub reply: ReplyTo<Placed>,
}

/// Close an unpaid order and take its pieces back.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CloseOrder {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub order: OrderId,
    /// Why.
    pub reason: CloseReason,
    /// Where the answer goes.
    pub reply: ReplyTo<Closed>,
}

/// Set pieces aside for a flash item.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CarveQuota {
    /// The item.
    pub plan: QuotaPlan,
    /// Answered once done, also where it was done before.
    pub reply: ReplyTo<()>,
}

/// Give back what an ended flash item left over.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ReleaseQuota {
    /// The item.
    pub item: FlashItemId,
    /// Answered once done, also where it was done before.
    pub reply: ReplyTo<()>,
}

/// Add available pieces or take some away.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct AdjustStock {
    /// What is wanted.
    pub wish: Adjustment,
    /// Answered once it is on disk; a repeat likewise.
    pub reply: ReplyTo<Adjusted>,
}
