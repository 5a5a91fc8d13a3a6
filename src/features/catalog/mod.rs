//! Products as shoppers see them.

pub mod edits;
mod handle;
pub mod model;
mod query;
pub mod repository;
pub mod routes;
mod views;

use std::sync::Arc;

use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};

pub use handle::Catalog;
pub use query::{KEYWORD_CHARACTERS_MAX, ProductQuery};
pub use views::{ProductView, SkuView};

use crate::platform::database::{Database, Error};
use crate::platform::page::Page;

/// The feature.
pub const FEATURE: Feature = Feature { open, ..Feature::of_routes("catalog", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[shop("/products/{}", "GET"), shop("/products", "GET")];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    opening.provide(Catalog::new(Arc::clone(opening.reads)));
    Ok(())
}

/// A page of the products on sale, newest first.
pub async fn products(database: &Database, query: ProductQuery) -> Result<Page<ProductView>, Error> {
    let mut rows = repository::page(database, &query).await?;
    let has_more = rows.len() > query.size as usize;
    rows.truncate(query.size as usize);
    let next = rows.last().filter(|_| has_more).map(|last| last.id);
    Ok(Page { items: rows.into_iter().map(ProductView::from).collect(), total: None, next })
}

/// One product, if it is on sale.
pub async fn product(database: &Database, id: u64) -> Result<Option<ProductView>, Error> {
    Ok(repository::by_id(database, id).await?.map(ProductView::from))
}
