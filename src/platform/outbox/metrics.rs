//! Names of the outbox's metrics.

use mallcore_actors::metrics::{CounterFamily, GaugeFamily};

/// Rows that a destination does not have yet.
pub static PENDING: GaugeFamily =
    GaugeFamily::new("mallcore_outbox_pending_records", "Rows of the outbox that the destination does not have yet.");
/// Age of the oldest of them.
pub static OLDEST_AGE: GaugeFamily =
    GaugeFamily::new("mallcore_outbox_oldest_age_seconds", "Age of the oldest row that the destination does not have yet.");
/// Rows that a destination has had.
pub static RELAYED_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_outbox_relayed_total", "Rows of the outbox that the destination has had.");
/// Rows left for later after a transient failure.
pub static RETRIES_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_outbox_retries_total", "Rows left for later because the destination did not answer.");
/// Rows that wait for a person.
pub static PARKED: GaugeFamily =
    GaugeFamily::new("mallcore_outbox_parked_records", "Rows that can never be carried out: see `mallcore outbox list`.");
/// Processed rows that were removed.
pub static REMOVED_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_outbox_removed_total", "Processed rows that were removed after their retention.");
/// Label for the destination.
pub const DESTINATION: &str = "destination";
