//! The features of the shop, one folder each. A feature's aggregate is in `mallcore-actors`; here are its routes, views, rows and events.

pub mod accounts;
pub mod addresses;
pub mod admins;
pub mod after_sales;
pub mod banners;
pub mod carts;
pub mod catalog;
pub mod favorites;
pub mod freight;
pub mod ledger;
pub mod orders;
pub mod payments;
pub mod recommendations;
pub mod reconciliation;
pub mod reviews;
pub mod search;
pub mod seckill;
pub mod shipping;
pub mod stock;
pub mod zones;

use mallcore_actors::kernel::Fact;
use utoipa::openapi::OpenApi;

use crate::platform::broker::{self, document::Data};
use crate::platform::feature::Feature;
use crate::platform::http;
use crate::platform::http::table::Table;

/// Every feature, the hottest routes first: a request's pattern is looked for in this order.
pub const FEATURES: &[Feature] = &[
    seckill::FEATURE,
    orders::FEATURE,
    payments::FEATURE,
    ledger::FEATURE,
    reconciliation::FEATURE,
    carts::FEATURE,
    search::FEATURE,
    catalog::FEATURE,
    zones::FEATURE,
    banners::FEATURE,
    favorites::FEATURE,
    addresses::FEATURE,
    accounts::FEATURE,
    recommendations::FEATURE,
    reviews::FEATURE,
    after_sales::FEATURE,
    shipping::FEATURE,
    freight::FEATURE,
    admins::FEATURE,
];

/// Every route of the service by its pattern.
pub fn routes() -> Table {
    Table::new(FEATURES)
}

/// The OpenAPI document with all routes under this prefix.
pub fn openapi(prefix: &str) -> OpenApi {
    http::document(FEATURES, prefix)
}

/// Names of all projections to the database that features start.
pub fn projections() -> Vec<&'static str> {
    FEATURES.iter().flat_map(|feature| feature.projections).copied().collect()
}

/// Names of all policies that features start.
pub fn policies() -> Vec<&'static str> {
    FEATURES.iter().flat_map(|feature| feature.policies).copied().collect()
}

/// The `data` of the event that tells of a fact. A feature that hosts facts says what its events are; a test goes through all names.
pub fn document(fact: &Fact) -> Data {
    FEATURES.iter().find_map(|feature| (feature.document)(fact)).unwrap_or_else(|| broker::document::data(&serde_json::json!({})))
}
