//! Whether this node can sell. Ready means: the journal is open, its tail is folded, there is budget left.
//! A missing database, Redis or broker is degraded, not unready: a balancer must not remove the node that can still sell.

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
