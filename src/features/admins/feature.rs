//! What administrators bring to the shop: the routes of their sign-in, and the service behind them.

use std::sync::Arc;

use super::service::{Admins, Settings};
use super::{refusals, routes};
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};
use crate::platform::outbox::Topic;

/// Signing in to the back office.
pub const FEATURE: Feature = Feature { rules: refusals::RULES, open, ..Feature::of_routes("admins", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[
    shop("/admin/auth/profile", "GET, PUT"),
    shop("/admin/auth/captcha", "GET"),
    shop("/admin/auth/login", "POST"),
    shop("/admin/auth/logout", "POST"),
    shop("/admin/auth/password", "PUT"),
];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let settings = opening.provided::<Settings>().ok_or(FeatureError::Handle("admins::Settings"))?;
    let admins = Arc::new(Admins::open(&settings, opening));
    if let Some(forgetting) = admins.forget_idle() {
        opening.run(forgetting);
    }
    let followed = Arc::clone(&admins);
    opening.on_changed(Topic::Admin, move |ids: Arc<[u64]>| {
        let admins = Arc::clone(&followed);
        async move { admins.changed(&ids).await }
    });
    opening.provide_shared(admins);
    Ok(())
}
