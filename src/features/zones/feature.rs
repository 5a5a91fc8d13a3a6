//! What zones bring to the shop: the task that ranks, and their routes.

use super::handle::Zones;
use super::{cache, keeper, routes};
use crate::features::catalog::Catalog;
use crate::platform::cache::mirror;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};

/// Lists of products for each zone, from the catalogue's snapshot.
pub const FEATURE: Feature = Feature { open, ..Feature::of_routes("zones", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[
    shop("/zones/homepage", "GET"),
    shop("/zones/discount", "GET"),
    shop("/zones/hot", "GET"),
    shop("/zones/discount/products", "GET"),
    shop("/zones/hot/products", "GET"),
];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let catalog = opening.provided::<Catalog>().ok_or(FeatureError::Handle("Catalog"))?;
    let zones = Zones::default();
    opening.run(keeper::keep(Catalog::clone(&catalog), zones.clone()));
    if let Some(link) = opening.redis {
        let mirrored = zones.clone();
        opening.run(mirror::keep(link.clone(), zones.renewed(), move || cache::values(&mirrored)));
    }
    opening.provide(zones);
    Ok(())
}
