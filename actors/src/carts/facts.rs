//! What happens to a cart. Lines are absolute: a fact says what a line is from now on, never by how much it changed.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{SkuId, UserId};
use crate::kernel::facts::facts;
use crate::quantity::Quantity;
use crate::time::Timestamp;

facts! {
    /// What happens to a cart.
    pub enum CartFact of CARTS {
        /// These lines are now so; the others stay.
        1 "cart.lines_set" since 3 => LinesSet(LinesSet),
        /// These lines are gone; the others stay.
        2 "cart.lines_removed" since 3 => LinesRemoved(LinesRemoved),
        /// No line is left.
        3 "cart.cleared" since 3 => Cleared(CartCleared),
    }
}

/// One line of a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// The SKU; a cart has at most one line for each.
    pub sku: SkuId,
    /// Pieces that the shopper wants of it.
    pub quantity: Quantity,
    /// Whether an order from the cart takes it.
    pub selected: bool,
    /// When the line was first added: newer lines are shown first.
    pub added_at: Timestamp,
}

/// The request that a fact answers, so that a repeat of it changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Hash of the request's idempotency key.
    pub key: KeyHash,
    /// Fingerprint of the request's body: the same key with another one is refused.
    pub body: BodyFingerprint,
    /// Its number within the cart, from 1; the newest requests are remembered.
    pub number: u32,
}

/// Lines are now so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinesSet {
    /// The cart's owner.
    pub user: UserId,
    /// The lines as they are from now on, each SKU once.
    pub lines: SmallVec<[CartLine; 1]>,
    /// The request, if it had a key.
    pub request: Option<Request>,
}

/// Lines are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinesRemoved {
    /// The cart's owner.
    pub user: UserId,
    /// Their SKUs, each once; none if an order has bought what was taken out before.
    pub skus: SmallVec<[SkuId; 1]>,
}

/// All lines are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartCleared {
    /// The cart's owner.
    pub user: UserId,
}

impl CartFact {
    /// The cart's owner.
    pub const fn user(&self) -> UserId {
        match self {
            Self::LinesSet(fact) => fact.user,
            Self::LinesRemoved(fact) => fact.user,
            Self::Cleared(fact) => fact.user,
        }
    }
}
