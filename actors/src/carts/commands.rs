//! The commands that a cart takes, and what they are answered.

use super::facts::CartLine;
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::SkuId;
use crate::journal::Sequence;
use crate::quantity::Quantity;

/// A cart as it stands: the newest lines first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartView {
    /// The cart's lines, newest first.
    pub lines: Vec<CartLine>,
    /// Its last record.
    pub version: Sequence,
}

/// What merging led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The cart afterwards.
    pub cart: CartView,
    /// SKUs that found no room; for a repeat, SKUs of the request that the cart does not have.
    pub left_out: Vec<SkuId>,
}

/// Show the cart.
#[derive(Debug, Clone, Copy)]
pub struct GetCart;

/// Add pieces of a SKU: to its line, or as a new, selected line.
#[derive(Debug, Clone, Copy)]
pub struct AddLine {
    /// The SKU whose line it is.
    pub sku: SkuId,
    /// Pieces to add.
    pub quantity: Quantity,
    /// Hash of the request's idempotency key.
    pub key: KeyHash,
    /// Fingerprint of the request's body: the same key with another one is refused.
    pub body: BodyFingerprint,
}

/// Say what a line is: doing it again changes nothing.
#[derive(Debug, Clone, Copy)]
pub struct ChangeLine {
    /// The SKU whose line it is.
    pub sku: SkuId,
    /// Pieces wanted from now on; none leaves them.
    pub quantity: Option<Quantity>,
    /// Whether it is selected from now on; none leaves that.
    pub selected: Option<bool>,
}

/// Select every line, or none.
#[derive(Debug, Clone, Copy)]
pub struct SelectAll(pub bool);

/// Take a line out; one that is not there is out already.
#[derive(Debug, Clone, Copy)]
pub struct RemoveLine(pub SkuId);

/// Take every line out.
#[derive(Debug, Clone, Copy)]
pub struct ClearCart;

/// Take in what was laid aside before logging in: pieces are added to what is there, up to the most that a line may have. What finds no room
/// is left out, and said so: a shopper who logs in must not be refused.
#[derive(Debug, Clone)]
pub struct MergeLines {
    /// SKUs with pieces, the most wanted first.
    pub lines: Vec<(SkuId, Quantity)>,
    /// Hash of the request's idempotency key.
    pub key: KeyHash,
    /// Fingerprint of the request's body: the same key with another one is refused.
    pub body: BodyFingerprint,
}

/// Take out what an order has bought. Sent by a policy, once for each order; `cause` of its transaction is the order's record.
#[derive(Debug, Clone)]
pub struct RemoveBought {
    /// The SKUs that were ordered.
    pub skus: Vec<SkuId>,
}
