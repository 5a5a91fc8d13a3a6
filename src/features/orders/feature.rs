//! What orders bring to the shop: their routes, their commands, and the task that completes what was sent long ago.

use std::sync::Arc;

use super::completing::keep_completing;
use super::handle::Orders;
use super::shelf::Shelves;
use super::{documents, routes};
use crate::features::catalog::Catalog;
use crate::features::freight::Templates;
use crate::features::seckill::Seckill;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};

/// What the process registers of orders.
pub const FEATURE: Feature = Feature { document: documents::document, open, ..Feature::of_routes("orders", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[
    shop("/orders/{}/confirm", "POST"),
    shop("/orders/preview", "POST"),
    shop("/orders/counts", "GET"),
    shop("/orders/{}", "DELETE, GET"),
    shop("/orders", "GET, POST"),
];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let (engine, commands, reads) = (Arc::clone(opening.engine), opening.orders.clone(), Arc::clone(opening.reads));
    opening.run(keep_completing(Arc::clone(&engine), commands.clone(), Arc::clone(&reads)));
    let seckill = opening.provided::<Seckill>().ok_or(FeatureError::Handle("Seckill"))?;
    let catalog = opening.provided::<Catalog>().ok_or(FeatureError::Handle("Catalog"))?;
    let templates = opening.provided::<Templates>().ok_or(FeatureError::Handle("Templates"))?;
    let shelves = Shelves::new(catalog, templates, Arc::clone(&reads));
    opening.provide(Orders::new(engine, Arc::clone(opening.skus), commands, reads, seckill, shelves));
    Ok(())
}
