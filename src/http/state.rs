//! What every worker shares.

use crate::auth::Verifier;
use crate::config::{Config, Network};
use crate::shop::Shop;

use super::in_flight::InFlight;
use super::metrics::HttpMeters;
use super::rate_limit::Limits;
use super::tally::Tally;

/// Shared by all requests; immutable but for counters and buckets.
pub struct State {
    /// The shop behind the counter.
    pub shop: Shop,
    /// Checks tokens.
    pub verifier: Verifier,
    /// Buckets of shoppers and addresses.
    pub limits: Limits,
    /// Requests that are not answered yet.
    pub in_flight: InFlight,
    /// Meters of routes.
    pub meters: HttpMeters,
    /// What the embedded page draws.
    pub tally: Tally,
    /// Before the shop's paths.
    pub prefix: String,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Whether the embedded page is there.
    pub demo: bool,
}

impl State {
    /// For a shop whose tokens `verifier` checks.
    pub fn new(config: &Config, shop: Shop, verifier: Verifier) -> Self {
        Self {
            shop,
            verifier,
            limits: Limits::new(config.rate_limits),
            in_flight: InFlight::default(),
            meters: HttpMeters::default(),
            tally: Tally::default(),
            prefix: config.http.api_prefix.clone(),
            trusted_proxies: config.http.trusted_proxies.clone(),
            demo: config.http.demo,
        }
    }
}
