//! What a feature of the shop brings along, as one value, and what it is given when it is opened. `src/features/mod.rs` lists the features;
//! the platform is handed that list.

mod handles;
mod opening;

use mallcore_actors::kernel::Fact;
use mallcore_actors::refusal::Rule;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::platform::broker::document::Data;
use crate::platform::http::table::Pattern;

pub use handles::Handles;
pub use opening::{FeatureError, OnThread, Opened, Opening, Projected, RunnerSettings, stop_all};

/// A feature: routes with what they are called in metrics, documents of its events, and the aggregates that it hosts.
#[derive(Clone, Copy)]
pub struct Feature {
    /// Its name, as its module is called.
    pub name: &'static str,
    /// Adds its routes below the API prefix.
    pub routes: fn(&mut ServiceConfig),
    /// The same routes as patterns, for metrics and `Allow`.
    pub patterns: &'static [Pattern],
    /// The refusals that its aggregates declare: their codes are part of the API.
    pub rules: &'static [&'static Rule],
    /// The `data` of the event that tells of a fact; none if the fact is another feature's.
    pub document: fn(&Fact) -> Option<Data>,
    /// Names of the projections to the database that `open` starts.
    pub projections: &'static [&'static str],
    /// Names of the policies that `open` starts.
    pub policies: &'static [&'static str],
    /// Others build on what it provides: it is opened before those that are not.
    pub is_opened_first: bool,
    /// What is deleted when a shopper cancels their account: statements whose one value is the user's id, run in its transaction.
    pub forgets: &'static [&'static str],
    /// Starts what it hosts, before anybody is served.
    pub open: fn(&mut Opening<'_>) -> Result<(), FeatureError>,
}

impl Feature {
    /// A feature that has routes and nothing else; others override what they have.
    pub const fn of_routes(name: &'static str, routes: fn(&mut ServiceConfig), patterns: &'static [Pattern]) -> Self {
        Self {
            name,
            routes,
            patterns,
            rules: &[],
            document: |_| None,
            projections: &[],
            policies: &[],
            is_opened_first: false,
            forgets: &[],
            open: |_| Ok(()),
        }
    }
}

impl std::fmt::Debug for Feature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feature").field("name", &self.name).finish_non_exhaustive()
    }
}
