//! Names of the projection's metrics.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Durable records that the database does not have yet.
pub const LAG_RECORDS: &str = "mallcore_projection_lag_records";
/// Records a batch.
pub const BATCH_RECORDS: &str = "mallcore_projection_batch_records";
/// Time from reading a batch to its commit.
pub const BATCH_DURATION_SECONDS: &str = "mallcore_projection_batch_duration_seconds";
/// Records projected.
pub const RECORDS_TOTAL: &str = "mallcore_projection_records_total";
/// Batches tried again because the database was not available.
pub const RETRIES_TOTAL: &str = "mallcore_projection_retries_total";
/// 1 while a record that cannot be projected stops the projection.
pub const HALTED: &str = "mallcore_projection_halted";
/// SKUs of records that had no row any more; what they count is left out.
pub const REMOVED_SKUS_TOTAL: &str = "mallcore_projection_removed_skus_total";
/// Which projection.
pub const PROJECTION: &str = "projection";

/// Tells the recorder what they mean; once, after it is installed.
pub fn describe() {
    describe_gauge!(LAG_RECORDS, Unit::Count, "Durable journal records that the projection has not written yet.");
    describe_histogram!(BATCH_RECORDS, Unit::Count, "Records in one batch of the projection.");
    describe_histogram!(BATCH_DURATION_SECONDS, Unit::Seconds, "Time from reading a batch to its commit.");
    describe_counter!(RECORDS_TOTAL, Unit::Count, "Records that the projection has written.");
    describe_counter!(RETRIES_TOTAL, Unit::Count, "Batches tried again because the target was not available.");
    describe_counter!(REMOVED_SKUS_TOTAL, Unit::Count, "SKUs of records that had no row any more: their stock is not counted.");
    describe_gauge!(HALTED, Unit::Count, "1 while a record that cannot be projected stops the projection.");
}
