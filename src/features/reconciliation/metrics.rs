//! What is measured of reconciliation.

use mallcore_actors::metrics::{CounterFamily, GaugeFamily};

/// Differences that nobody has settled.
pub static DIFFERENCES: GaugeFamily =
    GaugeFamily::new("mallcore_payment_differences_records", "Differences between bills and books that are not settled, by class.");
/// How long a day waits to be compared.
pub static OVERDUE_SECONDS: GaugeFamily = GaugeFamily::new(
    "mallcore_payment_reconciliation_overdue_seconds",
    "How long ago the oldest day that is not reconciled should have been; 0 if none is due.",
);
/// Tries that did not work.
pub static FAILURES_TOTAL: CounterFamily = CounterFamily::new(
    "mallcore_payment_reconciliation_failures_total",
    "Reconciliations of a day that did not work and are tried again: no bill, or no database.",
);
