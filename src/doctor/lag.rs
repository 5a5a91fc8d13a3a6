//! How long an outage of what follows the journal may last: the budgets in records, bytes and time, at an assumed rate of orders.

use super::Finding;
use super::database::Attached;
use super::disk::bytes;
use super::journal::Found;
use crate::platform::config::Config;
use crate::platform::projection::status::ORDER_BYTES;

const PART: &str = "lag budget";
/// An order makes two records at least: placed, then paid or closed.
const RECORDS_PER_ORDER: u64 = 2;
/// Where there is no journal to measure: a placed order with its frame.
const RECORD_BYTES: u64 = 160;

/// One budget: how many records it holds.
struct Budget {
    what: &'static str,
    records: u64,
    seen: String,
}

pub(super) fn check(config: &Config, found: &Found, orders_per_second: u32) -> Vec<Finding> {
    let record_bytes = if found.records >= 1_000 { (found.bytes / found.records).max(1) } else { RECORD_BYTES };
    let journal = Budget {
        what: "journal",
        records: config.journal.budget_bytes / record_bytes,
        seen: format!("{} (JOURNAL_BUDGET_BYTES) at {record_bytes} bytes a record", bytes(config.journal.budget_bytes)),
    };
    let lag = &config.lag;
    let of = |what, variable: &str, bytes_max: u64| Budget {
        what,
        records: bytes_max / record_bytes,
        seen: format!("{} ({variable}) at {record_bytes} bytes a record", bytes(bytes_max)),
    };
    let counted = |what, variable: &str, records: u64| Budget { what, records, seen: format!("{variable}, refused above it") };
    let mut budgets = vec![
        journal,
        counted("db records", "LAG_DATABASE_RECORDS_MAX", lag.database_records_max),
        of("db disk", "LAG_DATABASE_BYTES_MAX", lag.database_bytes_max),
        Budget {
            what: "db memory",
            records: lag.memory_bytes_max / ORDER_BYTES * RECORDS_PER_ORDER,
            seen: format!("{} (LAG_MEMORY_BYTES_MAX) at {ORDER_BYTES} bytes an order", bytes(lag.memory_bytes_max)),
        },
    ];
    if config.broker.is_some() {
        budgets.push(counted("mq records", "LAG_BROKER_RECORDS_MAX", lag.broker_records_max));
        budgets.push(of("mq disk", "LAG_BROKER_BYTES_MAX", lag.broker_bytes_max));
    }
    budgets.iter().map(|budget| told(budget, orders_per_second)).collect()
}

fn told(budget: &Budget, orders_per_second: u32) -> Finding {
    let records_per_second = u64::from(orders_per_second.max(1)) * RECORDS_PER_ORDER;
    let seconds = budget.records / records_per_second;
    let seen = format!("{} records, {}: {} of {orders_per_second} orders a second", budget.records, budget.seen, lasting(seconds));
    if seconds >= SECONDS_FAIR {
        return Finding::pass(PART, budget.what, seen);
    }
    Finding::warn(PART, budget.what, seen, "raise the budget, or expect purchases to be refused when a server is away for longer than that")
}

/// How far the database is behind the journal, of what it may be: the same thresholds at which a running server alerts and turns purchases away.
pub(super) fn behind(config: &Config, found: &Found, attached: Option<&Attached>) -> Option<Finding> {
    let records = found.last.checked_sub(attached?.sequence)?;
    let lag = &config.lag;
    let percent = u128::from(records) * 100 / u128::from(lag.database_records_max.max(1));
    let seen = format!("the database is {records} records behind, {percent} % of LAG_DATABASE_RECORDS_MAX");
    let remedy = "see why the database does not follow: its checks above, the server's log, `mallcore_projection_halted`";
    Some(if percent >= u128::from(lag.shed_percent) {
        Finding::fail(PART, "behind", format!("{seen}: purchases are turned away"), remedy)
    } else if percent >= u128::from(lag.alert_percent) {
        Finding::warn(PART, "behind", seen, remedy)
    } else {
        Finding::pass(PART, "behind", seen)
    })
}

/// A restart of a database takes less.
const SECONDS_FAIR: u64 = 600;

fn lasting(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;

    #[test]
    fn a_lag_is_told_at_the_thresholds_of_a_running_server() {
        let mut config = Config::embedded(std::path::Path::new("/nowhere")).unwrap();
        config.lag.database_records_max = 1_000;
        (config.lag.alert_percent, config.lag.shed_percent) = (25, 75);
        let found = Found { last: 10_000, ..Found::default() };
        let at = |sequence| Attached { journal_uuid: String::new(), epoch: 1, sequence };
        let outcome = |sequence| behind(&config, &found, Some(&at(sequence))).map(|finding| finding.outcome);
        assert_eq!([outcome(10_000), outcome(9_751)], [Some(Outcome::Pass); 2]);
        assert_eq!([outcome(9_750), outcome(9_251)], [Some(Outcome::Warn); 2]);
        assert_eq!([outcome(9_250), outcome(0)], [Some(Outcome::Fail); 2]);
        assert_eq!(outcome(10_001), None, "a database that is ahead is told elsewhere");
        assert_eq!(behind(&config, &found, None), None);
    }
}
