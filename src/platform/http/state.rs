//! What every worker shares.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::HeaderMap;

use crate::platform::auth::Verifier;
use crate::platform::config::Config;
use crate::platform::feature::{Feature, Handles};
use crate::platform::readiness::{Check, Health, Readiness, Stopping};
use crate::platform::redis::{Condition, Link};

use super::admission::Admission;
use super::chart::Chart;
use super::client_address::{self, ClientAddresses};
use super::cors::Cors;
use super::in_flight::InFlight;
use super::metrics::HttpMeters;
use super::problem::Problem;
use super::rate_limit::Limits;
use super::table::Table;

/// What HTTP asks of the process behind it.
pub trait Backend: Send + Sync + 'static {
    /// Whether this node can sell, and how its parts do.
    fn readiness(&self) -> Readiness;

    /// Called on each thread that begins to serve: actors may live there.
    fn adopt_this_thread(&self);

    /// The features, whose routes are served.
    fn features(&self) -> &'static [Feature];

    /// The handles that features provide for their handlers.
    fn handles(&self) -> Arc<Handles>;

    /// Announced when the process is told to stop.
    fn stopping(&self) -> Stopping;
}

/// Shared by all requests; immutable but for counters and buckets.
pub struct State {
    /// The process behind HTTP.
    pub backend: Box<dyn Backend>,
    /// The features, whose routes are served.
    pub features: &'static [Feature],
    /// Their handles, by type.
    pub handles: Arc<Handles>,
    /// Every route by its pattern.
    pub table: Table,
    /// Whether the process is about to stop.
    pub stopping: Stopping,
    /// Verifies the tokens of shoppers.
    pub verifier: Arc<Verifier>,
    /// Buckets of shoppers and addresses.
    pub limits: Limits,
    /// Requests that are not answered yet.
    pub in_flight: InFlight,
    /// Meters of routes.
    pub meters: HttpMeters,
    /// What the embedded page draws.
    pub chart: Chart,
    /// Before the shop's paths.
    pub prefix: String,
    /// Finds clients' addresses.
    pub addresses: Arc<ClientAddresses>,
    /// How many connections there are and may be.
    pub connections: Arc<Admission>,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Whether the embedded page is there.
    pub demo: bool,
    /// Which web pages of other origins may call; none may where this is none.
    pub cors: Option<Cors>,
    /// Redis, if there is one: limits are shared over it. Nothing waits for it.
    pub redis: Option<Link>,
}

impl State {
    /// For a backend whose shoppers' tokens `verifier` checks.
    pub fn new(config: &Config, backend: impl Backend, verifier: Arc<Verifier>) -> Self {
        let features = backend.features();
        let table = Table::new(features);
        let addresses = Arc::new(ClientAddresses::new(config.http.trusted_proxies.clone()));
        let connections =
            Admission::new(config.http.connections_max as usize, config.http.connections_per_address_max as usize, Arc::clone(&addresses));
        Self {
            features,
            handles: backend.handles(),
            stopping: backend.stopping(),
            backend: Box::new(backend),
            verifier,
            limits: Limits::new(config.rate_limits),
            in_flight: InFlight::default(),
            meters: HttpMeters::new(&table),
            table,
            chart: Chart::default(),
            prefix: config.http.api_prefix.clone(),
            addresses,
            connections: Arc::new(connections),
            body_timeout: Duration::from_secs(config.http.read_timeout_seconds),
            demo: config.http.demo,
            cors: Cors::of(&config.http.cors_origins),
            redis: None,
        }
    }

    /// The same with a Redis; whoever made the link starts it.
    pub fn with_redis(mut self, link: Option<Link>) -> Self {
        self.redis = link;
        self
    }

    /// Takes a token of the address that asks.
    ///
    /// # Errors
    /// What it is told if it has none left.
    pub fn take_from_address(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Result<(), Problem> {
        self.limits.take_from_address(client_address::bucket(self.addresses.of(peer, headers)))
    }

    /// Whether this node can sell, and how its parts do.
    pub fn readiness(&self) -> Readiness {
        let redis = self.redis.as_ref().map(|link| {
            let condition = link.condition().borrow().clone();
            let health = if condition == Condition::Serving { Health::Pass } else { Health::Degraded };
            Check { part: "redis", health, detail: condition.to_string() }
        });
        self.backend.readiness().with(redis)
    }
}
