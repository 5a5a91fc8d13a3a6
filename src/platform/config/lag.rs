//! How far what follows the journal may stay behind.

use super::reader::Reader;

/// `LAG_*`: budgets of the database's and the broker's projection, and the parts of them at which something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Records that the database may be behind.
    pub database_records_max: u64,
    /// Bytes of the journal that may be kept for the database's sake.
    pub database_bytes_max: u64,
    /// Bytes of memory that orders may take while they wait for the database.
    pub memory_bytes_max: u64,
    /// Records that the broker may be behind.
    pub broker_records_max: u64,
    /// Bytes of the journal that may be kept for the broker's sake.
    pub broker_bytes_max: u64,
    /// At this part of a budget somebody is told.
    pub alert_percent: u32,
    /// At this part fresh purchases begin to be turned away.
    pub shed_percent: u32,
    /// More records than this behind, a projection works at normal priority; half of them may wait for a burst's end.
    pub urgent_records: u64,
    /// So many records a second are a burst: databases and broker get them after it.
    pub burst_records_per_second: u64,
}

impl Lag {
    pub(super) fn read(reader: &mut Reader, journal_budget_bytes: u64) -> Self {
        let any = 1_000..=1 << 50;
        let lag = Self {
            database_records_max: reader.number("LAG_DATABASE_RECORDS_MAX", 5_000_000, any.clone()),
            database_bytes_max: reader.number("LAG_DATABASE_BYTES_MAX", journal_budget_bytes / 4 * 3, any.clone()),
            memory_bytes_max: reader.number("LAG_MEMORY_BYTES_MAX", 2 << 30, any.clone()),
            broker_records_max: reader.number("LAG_BROKER_RECORDS_MAX", 20_000_000, any.clone()),
            broker_bytes_max: reader.number("LAG_BROKER_BYTES_MAX", journal_budget_bytes / 2, any.clone()),
            alert_percent: reader.number("LAG_ALERT_PERCENT", 25, 1..=98),
            shed_percent: reader.number("LAG_SHED_PERCENT", 75, 2..=99),
            urgent_records: reader.number("LAG_URGENT_RECORDS", 1_000_000, any.clone()),
            burst_records_per_second: reader.number("LAG_BURST_RECORDS_PER_SECOND", 20_000, any),
        };
        for (variable, bytes) in [("LAG_DATABASE_BYTES_MAX", lag.database_bytes_max), ("LAG_BROKER_BYTES_MAX", lag.broker_bytes_max)] {
            if bytes >= journal_budget_bytes {
                reader.fault(variable, "has to be below JOURNAL_BUDGET_BYTES: sales slow down before the journal is full");
            }
        }
        if lag.alert_percent >= lag.shed_percent {
            reader.fault("LAG_ALERT_PERCENT", "has to be below LAG_SHED_PERCENT: somebody is told before purchases are turned away");
        }
        lag
    }
}
