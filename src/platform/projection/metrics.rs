//! Names of the projection's metrics.

use mallcore_actors::metrics::{CounterFamily, GaugeFamily, HistogramFamily};

/// Durable records that the database does not have yet.
pub static LAG_RECORDS: GaugeFamily =
    GaugeFamily::new("mallcore_projection_lag_records", "Durable journal records that the projection has not written yet.");
/// Records a batch.
pub static BATCH_RECORDS: HistogramFamily =
    HistogramFamily::new("mallcore_projection_batch_records", "Records in one batch of the projection.");
/// Time from reading a batch to its commit.
pub static BATCH_DURATION_SECONDS: HistogramFamily =
    HistogramFamily::new("mallcore_projection_batch_duration_seconds", "Time from reading a batch to its commit.");
/// Records projected since the process started.
pub static RECORDS_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_projection_records_total", "Records that the projection has written.");
/// Batches tried again because the database was not available.
pub static RETRIES_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_projection_retries_total", "Batches tried again because the target was not available.");
/// 1 while a record that cannot be projected stops the projection.
pub static HALTED: GaugeFamily =
    GaugeFamily::new("mallcore_projection_halted", "1 while a record that cannot be projected stops the projection.");
/// SKUs of records that had no row any more; what they count is left out.
pub static REMOVED_SKUS_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_projection_removed_skus_total", "SKUs of records that had no row any more: their stock is not counted.");
/// Label: the projection's name.
pub const PROJECTION: &str = "projection";
