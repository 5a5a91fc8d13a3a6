//! Names of the outbox's metrics.

use metrics::{Unit, describe_counter, describe_gauge};

/// Rows that a destination does not have yet.
pub const PENDING: &str = "mallcore_outbox_pending_records";
/// Age of the oldest of them.
pub const OLDEST_AGE: &str = "mallcore_outbox_oldest_age_seconds";
/// Rows that a destination has had.
pub const RELAYED_TOTAL: &str = "mallcore_outbox_relayed_total";
/// Rows left for later because of the weather.
pub const RETRIES_TOTAL: &str = "mallcore_outbox_retries_total";
/// Rows that wait for a person.
pub const PARKED: &str = "mallcore_outbox_parked_records";
/// Processed rows that were removed.
pub const REMOVED_TOTAL: &str = "mallcore_outbox_removed_total";
/// Which destination.
pub const DESTINATION: &str = "destination";

/// Tells the recorder what they mean; once, after it is installed.
pub fn describe() {
    describe_gauge!(PENDING, Unit::Count, "Rows of the outbox that the destination does not have yet.");
    describe_gauge!(OLDEST_AGE, Unit::Seconds, "Age of the oldest row that the destination does not have yet.");
    describe_counter!(RELAYED_TOTAL, Unit::Count, "Rows of the outbox that the destination has had.");
    describe_counter!(RETRIES_TOTAL, Unit::Count, "Rows left for later because the destination did not answer.");
    describe_gauge!(PARKED, Unit::Count, "Rows that can never be carried out: see `mallcore outbox list`.");
    describe_counter!(REMOVED_TOTAL, Unit::Count, "Processed rows that were removed after their retention.");
}
