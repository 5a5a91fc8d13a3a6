//! What is measured of snapshots.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Records above the newest snapshot, gauge: what a start without the database has to fold.
pub const TAIL_RECORDS: &str = "mallcore_pinned_tail_records";
/// Length of the newest snapshot, gauge.
pub const BYTES: &str = "mallcore_pinned_snapshot_bytes";
/// Time that a snapshot takes, histogram.
pub const DURATION_SECONDS: &str = "mallcore_pinned_snapshot_duration_seconds";
/// Snapshots that could not be written, counter.
pub const FAILURES_TOTAL: &str = "mallcore_pinned_failures_total";

/// Tells the recorder what the names mean.
pub fn describe() {
    describe_gauge!(TAIL_RECORDS, Unit::Count, "Records above the newest snapshot of the running sales");
    describe_gauge!(BYTES, Unit::Bytes, "Length of the newest snapshot of the running sales");
    describe_histogram!(DURATION_SECONDS, Unit::Seconds, "Time that a snapshot of the running sales takes");
    describe_counter!(FAILURES_TOTAL, "Snapshots of the running sales that could not be written");
}
