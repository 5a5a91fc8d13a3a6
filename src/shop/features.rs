//! The features of the shop: one line each.

use super::feature::Feature;

/// Every feature, the hottest routes first: a request's pattern is looked for in this order.
pub const FEATURES: &[Feature] = &[crate::seckill::FEATURE, crate::orders::FEATURE, crate::catalog::FEATURE];

/// Names of all projections to the database that features start.
pub fn projections() -> Vec<&'static str> {
    FEATURES.iter().flat_map(|feature| feature.projections).copied().collect()
}
