//! The commands that a SKU takes, and what they are answered.

use super::holds::Owner;
use super::quota::{Buy, Receipt};
use super::sku::{Adjustment, QuotaPlan};
use crate::ids::{FlashItemId, OrderId, UserId};
use crate::journal::Sequence;
use crate::orders::{CloseReason, Order};
use crate::quantity::Quantity;

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
        /// The record that changed the stock.
        sequence: Sequence,
    },
    /// There were so many already; nothing was recorded.
    Unchanged {
        /// Pieces that can be bought outside flash sales.
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

/// Take pieces of a flash item for an order.
#[derive(Debug, Clone, Copy)]
pub struct PlaceOrder(pub Buy);

/// Close an unpaid order of this SKU and take its pieces back.
#[derive(Debug, Clone, Copy)]
pub struct CloseOrder {
    /// The order's owner.
    pub user: UserId,
    /// The order that this is about.
    pub order: OrderId,
    /// Why it is closed.
    pub reason: CloseReason,
}

/// Set pieces aside for a flash item; answered also where that was done before.
#[derive(Debug, Clone, Copy)]
pub struct CarveQuota(pub QuotaPlan);

/// Give back what an ended flash item left over; answered also where that was done before.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseQuota(pub FlashItemId);

/// Add available pieces or take some away.
#[derive(Debug, Clone)]
pub struct AdjustStock(pub Adjustment);

/// Hold available pieces for a coordinator, tentatively. An owner that has to wait hears of it through the engine's coordinators.
#[derive(Debug, Clone, Copy)]
pub struct HoldPieces {
    /// The coordinator that holds them.
    pub owner: Owner,
    /// Pieces to be held.
    pub quantity: Quantity,
}
