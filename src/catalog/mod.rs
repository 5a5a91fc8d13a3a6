//! Products as shoppers see them.

mod query;
pub mod routes;
mod views;

pub use query::{KEYWORD_CHARACTERS_MAX, ProductQuery};
pub use views::{ProductView, SkuView};

/// tmp
pub async fn products(_: &crate::database::Database, _: ProductQuery) -> Result<crate::page::Page<ProductView>, crate::shop::StoreError> {
    Ok(crate::page::Page { items: vec![], total: None, next: None })
}
/// tmp
pub async fn product(_: &crate::database::Database, _: u64) -> Result<Option<ProductView>, crate::shop::StoreError> {
    Ok(None)
}
