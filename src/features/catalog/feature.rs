//! What the catalogue brings to the shop: its snapshot and counts, kept up to date, and its routes.

use std::sync::Arc;

use super::follower::{self, Follow};
use super::handle::Catalog;
use super::visits::Visits;
use super::{loading, routes};
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::outbox::Topic;
use crate::platform::writes::Writes;

/// Opened before the other features, because they read the catalogue.
pub const FEATURE: Feature = Feature { is_opened_first: true, open, ..Feature::of_routes("catalog", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[
    shop("/products/{}", "GET"),
    shop("/products", "GET"),
    shop("/products/category/{}", "GET"),
    shop("/categories", "GET"),
    shop("/categories/tree", "GET"),
    shop("/categories/{}/children", "GET"),
    shop("/brands", "GET"),
];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let catalog = Catalog::default();
    let follow = Follow::new(catalog.clone(), opening.runners.database.clone(), opening.journal());
    opening.run_follower(follower::settings(), follow)?;
    for topic in [Topic::Product, Topic::Category, Topic::Brand, Topic::Tag] {
        let (catalog, reads) = (catalog.clone(), Arc::clone(opening.reads));
        opening.on_changed(topic, move |ids| loading::renew(catalog.clone(), Arc::clone(&reads), topic, ids));
    }
    opening.run(loading::keep_counting(catalog.clone()));
    let behind = Writes::behind(opening.runners.database.clone(), opening.nudge());
    let visits = Visits::new(Arc::clone(opening.engine), behind);
    opening.run(visits.clone().keep_writing());
    opening.provide(visits);
    opening.provide(catalog);
    Ok(())
}
