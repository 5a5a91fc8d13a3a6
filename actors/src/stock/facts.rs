//! What happens to a SKU's pieces beside orders. Effects are deltas that commute.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::adjustment::{Delta, Operator, Reason};
use crate::ids::{ActivityId, AdjustmentId, FlashItemId, SkuId};
use crate::kernel::Fact;
use crate::kernel::facts::facts;
use crate::money::Money;
use crate::time::Timestamp;

facts! {
    /// What happens to a SKU's pieces beside orders.
    pub enum StockFact of STOCK {
        /// Pieces of a SKU were set aside for a flash sale.
        1 "quota.carved" since 3 => QuotaCarved(QuotaCarved),
        /// What a flash sale left over went back to the SKU.
        2 "quota.released" since 3 => QuotaReleased(QuotaReleased),
        /// An operator added pieces or took some away.
        3 "stock.adjusted" since 3 => Adjusted(StockAdjusted),
    }
}

/// `quota` pieces moved from the SKU's available ones to a flash item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaCarved {
    /// The SKU whose pieces move.
    pub sku: SkuId,
    /// The item that sells them.
    pub item: FlashItemId,
    /// The flash sale that the item belongs to.
    pub activity: ActivityId,
    /// Pieces that were set aside.
    pub quota: u32,
    /// Pieces that one user may have.
    pub limit_per_user: u32,
    /// Price of a piece.
    pub unit_price: Money,
    /// First moment of the sale.
    pub starts_at: Timestamp,
    /// First moment after the sale.
    pub ends_at: Timestamp,
}

/// `pieces` unsold pieces of an ended flash item became available again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaReleased {
    /// The SKU whose pieces move.
    pub sku: SkuId,
    /// The item that had them.
    pub item: FlashItemId,
    /// The flash sale that the item belongs to.
    pub activity: ActivityId,
    /// Pieces that came back unsold.
    pub pieces: u32,
}

/// Pieces came in or went out beside all orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockAdjusted {
    /// The SKU whose pieces move.
    pub sku: SkuId,
    /// The request; ids of a SKU's adjustments only rise.
    pub adjustment: AdjustmentId,
    /// How many, and which way.
    pub delta: Delta,
    /// The reason that the operator gave.
    pub reason: Reason,
    /// Name of the operator who asked for it.
    pub operator: Operator,
}

impl StockFact {
    /// The SKU whose pieces move.
    pub const fn sku(&self) -> SkuId {
        match self {
            Self::QuotaCarved(fact) => fact.sku,
            Self::QuotaReleased(fact) => fact.sku,
            Self::Adjusted(fact) => fact.sku,
        }
    }
}

/// The SKUs whose pieces a fact moves, each once, in ascending order.
pub fn skus(fact: &Fact) -> SmallVec<[SkuId; 1]> {
    match fact {
        Fact::Stock(fact) => SmallVec::from([fact.sku()]),
        Fact::Orders(fact) => fact.skus(),
        _ => SmallVec::new(),
    }
}
