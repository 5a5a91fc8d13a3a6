//! Products and categories as the database has them.

use mallcore_actors::ids::SkuId;
use mallcore_actors::money::Money;

/// On the shelf: the number in `products.status` and `skus.status`.
pub const ON_SALE: i64 = 1;
/// Off the shelf.
pub const OFF_SALE: i64 = 0;

/// One product with its SKUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Where it is filed.
    pub category: Option<u64>,
    /// The price that is shown for it.
    pub price: Money,
    /// Addresses of its pictures, a JSON list.
    pub images: Option<String>,
    /// Those on the shelf, by id.
    pub skus: Vec<SkuRow>,
}

/// One SKU of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuRow {
    /// Its id.
    pub id: SkuId,
    /// What sets it apart; empty for a product without specs.
    pub spec: String,
    /// Price of a piece.
    pub price: Money,
    /// Pieces that can be bought outside flash sales, as projected.
    pub available: u32,
}

/// One category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryRow {
    /// Its id.
    pub id: u64,
    /// The one above it; none at the first level.
    pub parent: Option<u64>,
    /// 1 to 3.
    pub level: u8,
    /// Its name.
    pub name: String,
}
