//! Names of the journal's metrics. Recorded once a group, never for each record.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Time of one write, before its sync.
pub const WRITE_DURATION: &str = "mallcore_journal_write_duration_seconds";
/// Time of one sync.
pub const SYNC_DURATION: &str = "mallcore_journal_sync_duration_seconds";
/// Records in one group.
pub const BATCH_RECORDS: &str = "mallcore_journal_batch_records";
/// Bytes of one group.
pub const BATCH_BYTES: &str = "mallcore_journal_batch_bytes";
/// Disk taken by retained records.
pub const BYTES: &str = "mallcore_journal_bytes";
/// Disk that they may take.
pub const BUDGET_BYTES: &str = "mallcore_journal_budget_bytes";
/// Records made durable.
pub const RECORDS: &str = "mallcore_journal_records_total";

/// Tells the recorder what the names mean; called once when the recorder is installed.
pub fn describe() {
    describe_histogram!(WRITE_DURATION, Unit::Seconds, "Time of one write of the journal, before its sync");
    describe_histogram!(SYNC_DURATION, Unit::Seconds, "Time of one sync of the journal");
    describe_histogram!(BATCH_RECORDS, Unit::Count, "Records written and synced together");
    describe_histogram!(BATCH_BYTES, Unit::Bytes, "Bytes written and synced together");
    describe_gauge!(BYTES, Unit::Bytes, "Bytes of disk that retained records of the journal take");
    describe_gauge!(BUDGET_BYTES, Unit::Bytes, "Bytes of disk that the journal may take before orders are refused");
    describe_counter!(RECORDS, Unit::Count, "Records made durable");
}
