//! What addresses bring to the shop: their routes, and the handle for checkout.

use std::sync::Arc;

use super::handle::Addresses;
use super::routes;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};

/// Delivery addresses of shoppers; cancelling an account deletes them.
pub const FEATURE: Feature =
    Feature { forgets: &["DELETE FROM addresses WHERE user_id = ?"], open, ..Feature::of_routes("addresses", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] =
    &[shop("/user/addresses/{}/default", "PUT"), shop("/user/addresses/{}", "DELETE, PUT"), shop("/user/addresses", "GET, POST")];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let (reads, writes, engine) = (Arc::clone(opening.reads), Arc::clone(opening.writes), Arc::clone(opening.engine));
    opening.provide(Addresses::new(opening.vault.clone(), reads, writes, engine));
    Ok(())
}
