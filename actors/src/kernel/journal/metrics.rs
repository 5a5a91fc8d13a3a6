//! Names of the journal's metrics. Recorded once a group, never for each record.

use crate::metrics::{CounterFamily, GaugeFamily, HistogramFamily};

/// Time of one write, before its sync.
pub static WRITE_DURATION: HistogramFamily =
    HistogramFamily::new("mallcore_journal_write_duration_seconds", "Time of one write of the journal, before its sync.");
/// Time of one sync.
pub static SYNC_DURATION: HistogramFamily =
    HistogramFamily::new("mallcore_journal_sync_duration_seconds", "Time of one sync of the journal.");
/// Records in one group.
pub static BATCH_RECORDS: HistogramFamily = HistogramFamily::new("mallcore_journal_batch_records", "Records written and synced together.");
/// Bytes of one group.
pub static BATCH_BYTES: HistogramFamily = HistogramFamily::new("mallcore_journal_batch_bytes", "Bytes written and synced together.");
/// Disk taken by retained records.
pub static BYTES: GaugeFamily = GaugeFamily::new("mallcore_journal_bytes", "Bytes of disk that retained records of the journal take.");
/// Disk that they may take.
pub static BUDGET_BYTES: GaugeFamily =
    GaugeFamily::new("mallcore_journal_budget_bytes", "Bytes of disk that the journal may take before orders are refused.");
/// Records made durable.
pub static RECORDS: CounterFamily = CounterFamily::new("mallcore_journal_records_total", "Records made durable.");
