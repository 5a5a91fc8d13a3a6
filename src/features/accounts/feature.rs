//! What accounts bring to the shop: their routes, the service behind them, and the tasks that keep revoked tokens known.

use std::sync::Arc;

use super::service::{Accounts, Settings};
use super::{refusals, revoking, routes};
use crate::features::carts::Carts;
use crate::platform::feature::{Feature, FeatureError, Opening};
use crate::platform::http::table::{Pattern, shop};

/// Logging in, sessions, profiles, agreements and cancelling.
pub const FEATURE: Feature = Feature { rules: refusals::RULES, open, ..Feature::of_routes("accounts", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[
    shop("/auth/refresh", "POST"),
    shop("/auth/login", "POST"),
    shop("/auth/sms-code", "POST"),
    shop("/auth/logout", "POST"),
    shop("/user/profile", "GET, PUT"),
    shop("/user/phone", "POST"),
    shop("/user/agreements", "POST"),
    shop("/user", "DELETE"),
    shop("/agreements", "GET"),
];

fn open(opening: &mut Opening<'_>) -> Result<(), FeatureError> {
    let settings = opening.provided::<Settings>().ok_or(FeatureError::Handle("accounts::Settings"))?;
    // Commands and tests that open a shop without serving it check no tokens, and need no accounts.
    let Some(verifier) = settings.verifier.clone() else { return Ok(()) };
    let carts = opening.provided::<Carts>();
    let accounts = Accounts::open(&settings, opening, verifier, carts)?;
    opening.run(revoking::keep_known(&accounts));
    if let Some(listening) = revoking::listen(&accounts) {
        opening.run(listening);
    }
    if let Some(sandbox) = &settings.sandbox {
        opening.provide_shared(Arc::clone(sandbox));
    }
    opening.provide(accounts);
    Ok(())
}
