//! What after-sale brings to the shop: its routes, and the task that sees to time limits.

use std::sync::Arc;

use mallcore_actors::after_sales::RULES;

use super::detail::Refundable;
use super::handle::AfterSales;
use super::limits::keep_limits;
use super::routes;
use crate::features::orders::Orders;
use crate::platform::config;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};

/// What the process registers of after-sale.
pub const FEATURE: Feature = Feature {
    rules: RULES,
    // Words and pictures of a shopper say who they are; what became of their money stays.
    forgets: &["UPDATE after_sales SET description = NULL, pictures = NULL WHERE user_id = ?"],
    open,
    ..Feature::of_routes("after-sales", routes::configure, PATTERNS)
};

const PATTERNS: &[Pattern] = &[
    shop("/after-sales/preview", "POST"),
    shop("/after-sales/reasons", "GET"),
    shop("/after-sales/{}/cancel", "POST"),
    shop("/after-sales/{}/ship", "POST"),
    shop("/after-sales/{}", "GET"),
    shop("/after-sales", "GET, POST"),
];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let orders = opening.provided::<Orders>().ok_or(FeatureError::Handle("Orders"))?;
    let terms = opening.provided::<config::AfterSales>().ok_or(FeatureError::Handle("config::AfterSales"))?.terms();
    let (reads, writes, engine) = (Arc::clone(opening.reads), Arc::clone(opening.writes), Arc::clone(opening.engine));
    opening.run(keep_limits(Arc::clone(&engine), Arc::clone(&reads), Arc::clone(&writes), terms));
    orders.supplement(Arc::new(Refundable { reads: Arc::clone(&reads), engine: Arc::clone(&engine), terms }));
    opening.provide(AfterSales { reads, writes, engine, terms, orders });
    Ok(())
}
