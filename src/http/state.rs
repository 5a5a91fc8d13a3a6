//! What every worker shares.

use std::sync::Arc;

use crate::auth::Verifier;
use crate::config::{Config, Network};
use crate::readiness::{Check, Health, Readiness};
use crate::redis::{Condition, Link};
use crate::sessions::{self, MemorySessions, RedisSessions, SessionStore};
use crate::shop::Shop;

use super::cors::Cors;
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
    /// Which web pages of other origins may call; none may where this is none.
    pub cors: Option<Cors>,
    /// Who is logged in.
    pub sessions: Arc<dyn SessionStore>,
    /// Redis, if there is one: limits are shared over it. Nothing waits for it.
    pub redis: Option<Link>,
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
            cors: Cors::of(&config.http.cors_origins),
            sessions: Arc::new(MemorySessions::new(sessions::LIVES)),
            redis: None,
        }
    }

    /// The same with a Redis, which keeps the sessions too; whoever made the link starts it.
    pub fn with_redis(mut self, link: Option<Link>) -> Self {
        if let Some(link) = &link {
            self.sessions = Arc::new(RedisSessions::new(link.clone(), sessions::LIVES));
        }
        self.redis = link;
        self
    }

    /// Whether this node can sell, and how its parts do.
    pub fn readiness(&self) -> Readiness {
        let redis = self.redis.as_ref().map(|link| {
            let condition = link.condition().borrow().clone();
            let health = if condition == Condition::Serving { Health::Pass } else { Health::Degraded };
            Check { part: "redis", health, detail: condition.to_string() }
        });
        self.shop.readiness().with(redis)
    }
}
