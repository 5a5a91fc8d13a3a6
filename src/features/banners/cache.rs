//! Banners in Redis, for whoever reads there: `banners:active`, `banner_products:{banner_id}`, `banner_clicks:{banner_id}:{date}`.

use std::sync::Arc;

use tokio::sync::Notify;

use super::edits::CHOSEN_MAX;
use super::handle::Banners;
use super::products;
use crate::features::catalog::Catalog;
use crate::platform::cache::mirror::Mirrored;
use crate::platform::page::PageNumber;

/// What is to lie in Redis now; nothing of what is not loaded yet.
pub(super) fn values(banners: &Banners, catalog: &Catalog) -> Vec<Mirrored> {
    let mut values = Vec::new();
    if let Ok(shown) = banners.current() {
        values.push(Mirrored::bytes("banners:active", shown.list.body.clone()));
        if let Ok(snapshot) = catalog.current() {
            // As many as can be chosen by hand; whoever wants more pages through the shop's answers.
            let page = PageNumber { page: 1, size: CHOSEN_MAX as u32 };
            for banner in &shown.banners {
                let (entries, _) = products::page(banner, &snapshot, page);
                let ids: Vec<u64> = entries.iter().map(|entry| entry.product.id.get()).collect();
                values.push(Mirrored::json(format!("banner_products:{}", banner.id), &ids));
            }
        }
    }
    let clicks = banners.written().into_iter();
    values.extend(clicks.map(|of| Mirrored::json(format!("banner_clicks:{}:{}", of.banner, of.day), &of.clicks)));
    values
}

/// Has the values looked at whenever the catalogue has a new version, until the task is dropped.
pub(super) async fn follow(catalog: Catalog, renewed: Arc<Notify>) {
    use tokio::sync::broadcast::error::RecvError;
    let mut changes = catalog.changes();
    while !matches!(changes.recv().await, Err(RecvError::Closed)) {
        renewed.notify_one();
    }
}
