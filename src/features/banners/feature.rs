//! What banners bring to the shop: their snapshot, the actor that counts clicks, and their routes.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::handle::Banners;
use super::keeper::{self, Turn};
use super::{cache, counting, routes};
use crate::features::catalog::Catalog;
use crate::platform::cache::mirror;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::outbox::Topic;
use crate::platform::writes::Writes;

/// Banners, their products, and the counting of clicks.
pub const FEATURE: Feature = Feature { open, ..Feature::of_routes("banners", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[shop("/banners", "GET"), shop("/banners/{}/products", "GET"), shop("/banners/{}/click", "POST")];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let catalog = opening.provided::<Catalog>().ok_or(FeatureError::Handle("Catalog"))?;
    let (sender, mailbox) = mpsc::channel(counting::MAILBOX);
    let banners = Banners::new(Arc::clone(opening.engine), sender);
    let turn = Turn::default();
    let renewing = (banners.clone(), Arc::clone(opening.reads), Arc::clone(&turn));
    opening.on_changed(Topic::Banner, move |_: Arc<[u64]>| {
        let (banners, reads, turn) = renewing.clone();
        keeper::renew(banners, reads, turn)
    });
    opening.run(keeper::keep(banners.clone(), Arc::clone(opening.reads), turn));
    let behind = Writes::behind(opening.runners.database.clone(), opening.nudge());
    opening.run(counting::count(banners.clone(), mailbox, Arc::new(behind)));
    if let Some(link) = opening.redis {
        let (link, renewed) = (link.clone(), banners.renewed());
        opening.run(counting::recall(banners.clone(), Arc::clone(opening.reads)));
        opening.run(cache::follow(Catalog::clone(&catalog), Arc::clone(&renewed)));
        let mirrored = (banners.clone(), Catalog::clone(&catalog));
        opening.run(mirror::keep(link, renewed, move || cache::values(&mirrored.0, &mirrored.1)));
    }
    opening.provide(banners);
    Ok(())
}
