//! What recommendations bring to the shop: the follower that counts what is bought together, what is known of shoppers, and their routes.

use std::sync::Arc;

use super::follower::Follow;
use super::handle::Recommendations;
use super::routes;
use super::tastes::Tastes;
use crate::features::catalog::Catalog;
use crate::features::catalog::visits::Visits;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::projection::ProjectorSettings;

/// What the process registers of recommendations.
pub const FEATURE: Feature = Feature { open, ..Feature::of_routes("recommendations", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[shop("/products/{}/related", "GET"), shop("/recommendations", "GET")];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let catalog = Catalog::clone(&*opening.provided::<Catalog>().ok_or(FeatureError::Handle("Catalog"))?);
    let visits = opening.provided::<Visits>().ok_or(FeatureError::Handle("Visits"))?;
    let (tastes, asking) = Tastes::new();
    opening.run(tastes.clone().keep_reading(asking, Arc::clone(opening.reads), visits));
    let recommendations = Recommendations::new(tastes);
    let (database, journal) = (opening.runners.database.clone(), opening.journal());
    let follow = Follow::new(recommendations.clone(), catalog, database, journal);
    opening.run_follower(ProjectorSettings::default(), follow)?;
    opening.provide(recommendations);
    Ok(())
}
