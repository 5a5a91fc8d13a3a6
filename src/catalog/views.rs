//! What a product looks like from outside.

use serde::Serialize;
use utoipa::ToSchema;

/// One product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductView {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The category that it is in.
    pub category_id: u64,
    /// Address of its picture, if it has one.
    pub image: Option<String>,
    /// The lowest price of its SKUs, in fen.
    pub price_fen: u64,
    /// What it can be bought as; one SKU at least.
    pub skus: Vec<SkuView>,
}

/// One stock-keeping unit of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SkuView {
    /// Its id.
    pub id: u64,
    /// What sets it apart, such as `蓝色 / L`; empty for a product without specs.
    pub spec: String,
    /// Price of a piece, in fen.
    pub price_fen: u64,
    /// Pieces that can be bought outside flash sales.
    pub available: u32,
}
