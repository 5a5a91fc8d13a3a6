//! What a product looks like from outside.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{ProductRow, SkuRow};

/// One product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductView {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The category that it is in, if it is filed.
    pub category_id: Option<u64>,
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

impl From<ProductRow> for ProductView {
    fn from(row: ProductRow) -> Self {
        let lowest = row.skus.iter().map(|sku| sku.price).min().unwrap_or(row.price);
        // A list that cannot be read shows no picture; the product is sold all the same.
        let images = row.images.and_then(|images| serde_json::from_str::<Vec<String>>(&images).ok()).unwrap_or_default();
        Self {
            id: row.id,
            name: row.name,
            description: row.description.unwrap_or_default(),
            category_id: row.category,
            image: images.into_iter().next(),
            price_fen: lowest.fen(),
            skus: row.skus.into_iter().map(SkuView::from).collect(),
        }
    }
}

impl From<SkuRow> for SkuView {
    fn from(row: SkuRow) -> Self {
        Self { id: row.id.get(), spec: row.spec, price_fen: row.price.fen(), available: row.available }
    }
}
