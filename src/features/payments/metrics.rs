//! What is measured of payments and refunds.

use mallcore_actors::metrics::{CounterFamily, GaugeFamily};

/// Attempts that may still be paid.
pub static OPEN: GaugeFamily = GaugeFamily::new("mallcore_payment_attempts_records", "Attempts to pay that WeChat Pay has not ended yet.");
/// Age of the oldest attempt that should have ended.
pub static OVERDUE_SECONDS: GaugeFamily = GaugeFamily::new(
    "mallcore_payment_attempts_overdue_seconds",
    "How long the oldest open attempt is past its order's deadline: its order holds pieces for so long.",
);
/// Money that came, by what became of it.
pub static TAKEN_TOTAL: CounterFamily = CounterFamily::new(
    "mallcore_payments_taken_total",
    "Money that came through WeChat Pay, by how it was heard of (notification, query) and what became of it (paid, stray, repeat).",
);
/// Notifications that changed nothing because they are wrong.
pub static REJECTED_TOTAL: CounterFamily = CounterFamily::new(
    "mallcore_payment_notifications_rejected_total",
    "Notifications of WeChat Pay that changed nothing because something of them is wrong, by reason.",
);
/// Every reason why a notification is rejected.
const REASONS: [&str; 15] = [
    UNPROVEN,
    "unreadable",
    "event",
    "merchant",
    "unpaid",
    "currency",
    "lacking",
    "number",
    "order",
    "refund",
    NO_MERCHANT,
    "amount_mismatch",
    "unknown_payment",
    "idempotency_mismatch",
    "unknown_order",
];
/// The reason of whatever nobody has proved to be WeChat Pay's.
pub const UNPROVEN: &str = "unproven";
/// The reason where no merchant is configured, so that nothing can be proved.
pub const NO_MERCHANT: &str = "no_merchant";

/// Begins to count: an alert hears of the first rejection only if there was a zero before it.
pub fn begin() {
    REASONS.into_iter().for_each(|reason| REJECTED_TOTAL.with(&[("reason", reason)]).increment(0));
}

/// Notifications that could not be taken up now; WeChat Pay sends them again.
pub static POSTPONED_TOTAL: CounterFamily = CounterFamily::new(
    "mallcore_payment_notifications_postponed_total",
    "Notifications of WeChat Pay that could not be recorded at the time and were left for their repeat.",
);
/// Refunds, by where they stand.
pub static REFUNDS: GaugeFamily =
    GaugeFamily::new("mallcore_refunds_records", "Refunds that are not done, by state (wanted, processing, abnormal, closed).");
/// Age of the oldest refund that is not done.
pub static REFUND_OLDEST_SECONDS: GaugeFamily =
    GaugeFamily::new("mallcore_refunds_oldest_age_seconds", "Age of the oldest refund that WeChat Pay has not settled.");
/// Requests for refunds that did not work.
pub static REFUND_RETRIES_TOTAL: CounterFamily =
    CounterFamily::new("mallcore_refunds_retries_total", "Requests for refunds, or questions about them, that are tried again later.");
