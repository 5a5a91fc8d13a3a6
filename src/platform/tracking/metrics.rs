//! Names of what is measured of tracking.

use mallcore_actors::metrics::CounterFamily;

/// Questions to the tracking service.
pub static QUERIES_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_tracking_queries_total", "Questions to the tracking service, by how they ended.");
/// Label: `found`, `unknown`, `unavailable` or `refused`.
pub const OUTCOME: &str = "outcome";
