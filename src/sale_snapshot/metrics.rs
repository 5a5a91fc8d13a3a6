//! What is measured of snapshots.

use mallcore_actors::metrics::{CounterFamily, GaugeFamily, HistogramFamily};

/// Records above the newest snapshot, gauge: what a start without the database has to fold.
pub static TAIL_RECORDS: GaugeFamily =
    GaugeFamily::new("mallcore_sale_snapshot_tail_records", "Records above the newest snapshot of the running sales.");
/// Length of the newest snapshot, gauge.
pub static BYTES: GaugeFamily = GaugeFamily::new("mallcore_sale_snapshot_bytes", "Length of the newest snapshot of the running sales.");
/// Time that a snapshot takes, histogram.
pub static DURATION_SECONDS: HistogramFamily =
    HistogramFamily::new("mallcore_sale_snapshot_duration_seconds", "Time that a snapshot of the running sales takes.");
/// Snapshots that could not be written, counter.
pub static FAILURES_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_sale_snapshot_failures_total", "Snapshots of the running sales that could not be written.");
