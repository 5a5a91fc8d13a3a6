//! Flash sales as the database has them.

use mallcore_actors::ids::{ActivityId, FlashItemId, ProductId, SkuId};
use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A flash sale. As JSON it is the plan that snapshots carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRow {
    /// The sale's id, unique in the shop.
    pub id: ActivityId,
    /// The name that shoppers are shown.
    pub name: String,
    /// First moment of the sale.
    pub starts_at: Timestamp,
    /// First moment after it.
    pub ends_at: Timestamp,
    /// What it sells.
    pub items: Vec<ItemRow>,
}

/// One item of a flash sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRow {
    /// The item's id, unique in the shop.
    pub id: FlashItemId,
    /// What is sold.
    pub sku: SkuId,
    /// The product that the SKU is of; none in the snapshot of a release that did not keep it.
    #[serde(default)]
    pub product: Option<ProductId>,
    /// The product's name when the sale was planned; its orders keep it.
    pub title: String,
    /// The SKU's spec then; empty for a product without specs.
    #[serde(default)]
    pub spec: String,
    /// The address of the product's first picture then, if it had one.
    #[serde(default)]
    pub picture: Option<String>,
    /// Price of a piece in the sale.
    pub price: Money,
    /// What is paid for a piece outside it: in the discount zone, less than its regular price.
    pub list_price: Money,
    /// Pieces set aside.
    pub quota: u32,
    /// Pieces that one user may have.
    pub limit_per_user: u32,
    /// Pieces left, as projected; no part of the plan.
    #[serde(skip)]
    pub remaining: u32,
    /// When the pieces were set aside, if they were.
    pub carved_at: Option<Timestamp>,
    /// When the rest was given back, if it was.
    pub released_at: Option<Timestamp>,
    /// Product and SKU are on the shelf.
    pub on_sale: bool,
}

/// A flash sale of one SKU that somebody plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalePlan {
    /// Its name, at most 100 characters.
    pub name: String,
    /// What is sold.
    pub sku: SkuId,
    /// Pieces to set aside.
    pub quota: u32,
    /// Pieces that one user may have.
    pub limit_per_user: u32,
    /// Price of a piece.
    pub price: Money,
    /// First moment of the sale.
    pub starts_at: Timestamp,
    /// First moment after it.
    pub ends_at: Timestamp,
}
