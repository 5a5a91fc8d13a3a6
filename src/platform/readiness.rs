//! Whether this node can sell. Ready means: the journal is open, its tail is folded, there is budget left.
//! A missing database, Redis or broker is degraded, not unready: a balancer must not remove the node that can still sell.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use utoipa::ToSchema;

/// How one part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should.
    Pass,
    /// Not as it should, but one can sell.
    Degraded,
    /// One cannot sell.
    Fail,
}

/// One part that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Check {
    /// Which, such as `journal`, `tail`, `database`, `projection`.
    #[schema(value_type = String)]
    pub part: &'static str,
    /// How it does.
    pub health: Health,
    /// What was seen, for people.
    pub detail: String,
}

/// Readiness of the server, part by part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Readiness {
    /// The worst of the parts.
    pub status: Health,
    /// The parts, each with its state.
    pub checks: Vec<Check>,
}

impl Readiness {
    /// Sums the parts up.
    pub fn new(checks: Vec<Check>) -> Self {
        let any = |health| checks.iter().any(|check| check.health == health);
        let status = if any(Health::Fail) {
            Health::Fail
        } else if any(Health::Degraded) {
            Health::Degraded
        } else {
            Health::Pass
        };
        Self { status, checks }
    }

    /// The same with more parts.
    pub fn with(mut self, more: impl IntoIterator<Item = Check>) -> Self {
        self.checks.extend(more);
        Self::new(self.checks)
    }

    /// Whether orders can be taken.
    pub fn can_sell(&self) -> bool {
        self.status != Health::Fail
    }
}

/// Whether the process was told to stop; cheap to clone, all clones say the same.
#[derive(Debug, Clone, Default)]
pub struct Stopping(Arc<AtomicBool>);

impl Stopping {
    /// From now on balancers go elsewhere, and connections are not kept.
    pub fn announce(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was announced.
    pub fn is_announced(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
