//! What freight brings to the shop: its templates in memory, kept up to date. It has no routes.

use std::sync::Arc;

use super::templates::Templates;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::outbox::Topic;

/// Opened before the other features, because quotes need the templates.
pub const FEATURE: Feature = Feature { is_opened_first: true, open, ..Feature::of_routes("freight", |_| (), &[]) };

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let templates = Templates::default();
    let changed = (templates.clone(), Arc::clone(opening.reads));
    opening.on_changed(Topic::FreightTemplate, move |_: Arc<[u64]>| changed.0.clone().renew(Arc::clone(&changed.1)));
    opening.run(templates.clone().keep(Arc::clone(opening.reads)));
    opening.provide(templates);
    Ok(())
}
