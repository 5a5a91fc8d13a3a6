//! The daily reconciliation: at its hour of the shop's day the day before is compared, and every day before that was missed. What does not
//! work is tried again after pauses that grow.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::reconciliation::Class;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;
use tokio::time::MissedTickBehavior;

use super::bills::{BillError, Bills};
use super::{carrying, day, differences, metrics};
use crate::features::payments::Payments;
use crate::platform::database::{Connections, Database, Error, Settings};
use crate::platform::error_chain;
use crate::platform::wechat::pay::WechatPay;

/// How often a shop looks for what is due or wanted.
pub(super) const TICK: Duration = Duration::from_secs(5);
/// First and longest pause after a reconciliation that did not work.
const PAUSE_FIRST_MILLIS: u64 = 60_000;
const PAUSE_LONGEST_MILLIS: u64 = 1_800_000;
/// Days that are caught up with, at most. WeChat Pay keeps bills for three months.
const DAYS_MAX: u64 = 60;
const DAY_MILLIS: u64 = 86_400_000;
const HOUR_MILLIS: u64 = 3_600_000;

/// What the task works with.
pub struct Daily {
    /// The shop's time; none while its clock is not to be trusted.
    pub now: Box<dyn Fn() -> Option<Timestamp> + Send + Sync>,
    /// How often it is looked for what is due or wanted.
    pub every: Duration,
    /// Carries out what somebody has decided about a difference.
    pub payments: Arc<Payments>,
    /// The merchant's client.
    pub wechat: Arc<WechatPay>,
    /// The database, over a connection of its own: a bill may be long.
    pub database: Settings,
    /// Where bills are kept.
    pub folder: PathBuf,
    /// The hour of the shop's day from which the day before is compared; none if people start it.
    pub hour: Option<u8>,
}

/// When what did not work is tried again.
#[derive(Debug, Default)]
struct Pause {
    not_before: Timestamp,
    next_millis: u64,
}

impl Pause {
    fn after_failure(&mut self, now: Timestamp) {
        let pause = self.next_millis.clamp(PAUSE_FIRST_MILLIS, PAUSE_LONGEST_MILLIS);
        (self.not_before, self.next_millis) = (now.plus_millis(pause), pause * 2);
    }
}

/// Reconciles day after day, for ever.
pub async fn keep_reconciling(daily: Daily) {
    let mut tick = tokio::time::interval(daily.every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut pause, mut connected) = (Pause::default(), None);
    loop {
        tick.tick().await;
        let Some(now) = (daily.now)().filter(|now| *now >= pause.not_before) else { continue };
        if connected.is_none() {
            connected = daily.database.connect_existing(Connections::COMMAND).await.ok();
        }
        let Some(database) = &connected else { continue };
        match look(&daily, database, now).await {
            Ok(()) => pause = Pause::default(),
            Err(error) => {
                pause.after_failure(now);
                metrics::FAILURES_TOTAL.get().increment(1);
                if error.is_transient() {
                    tracing::warn!("the payments are reconciled later: {}", error_chain::of(&error));
                } else {
                    tracing::error!("the payments cannot be reconciled: {}", error_chain::of(&error));
                }
                if matches!(error, BillError::Database(_)) {
                    connected = None;
                }
            }
        }
    }
}

async fn look(daily: &Daily, database: &Database, now: Timestamp) -> Result<(), BillError> {
    carrying::carry_out(database, &daily.payments, now).await?;
    measure(database).await?;
    let Some(hour) = daily.hour else { return Ok(()) };
    loop {
        let due = due(day::last(database).await?, hour, now);
        let late = due.map_or(0, |(_, since)| now.millis_since(since));
        metrics::OVERDUE_SECONDS.get().set(late as f64 / 1000.0);
        let Some((day, _)) = due else { return Ok(()) };
        let bills = Bills { folder: &daily.folder, database, wechat: Some(&daily.wechat) };
        let outcome = day::reconcile(&bills, day, now).await?;
        measure(database).await?;
        let (payments, refunds, unsettled) = (outcome.payments, outcome.refunds, outcome.unsettled());
        if unsettled > 0 {
            tracing::error!("{unsettled} differences between the bills of {day} and the books: see `mallcore reconcile differences`");
        } else {
            tracing::info!("the bills of {day} agree with the books: {payments} payments, {refunds} refunds");
        }
    }
}

async fn measure(database: &Database) -> Result<(), Error> {
    let counted = differences::unsettled(database).await?;
    for class in Class::ALL {
        let count = counted.iter().find(|(found, _)| *found == class).map_or(0, |(_, count)| *count);
        metrics::DIFFERENCES.with(&[("class", class.name())]).set(count as f64);
    }
    Ok(())
}

/// The day to compare next, and since when it is due; none if all are done. Without any before it is yesterday.
fn due(last: Option<BusinessDay>, hour: u8, now: Timestamp) -> Option<(BusinessDay, Timestamp)> {
    let yesterday = BusinessDay::of(now).previous();
    let oldest = BusinessDay::of(Timestamp::from_millis(now.millis().saturating_sub(DAYS_MAX * DAY_MILLIS)));
    let day = last.map_or(yesterday, |last| last.next().max(oldest));
    let since = day.ends_at().plus_millis(u64::from(hour) * HOUR_MILLIS);
    (now >= since).then_some((day, since))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, hour: u64) -> Timestamp {
        text.parse::<BusinessDay>().unwrap().begins_at().plus_millis(hour * HOUR_MILLIS)
    }

    fn day(text: &str) -> BusinessDay {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_due_on_the_next_one_from_its_hour_on() {
        let due_at = |last: Option<&str>, now| due(last.map(day), 10, now).map(|(day, since)| (day.to_string(), now.millis_since(since)));
        assert_eq!(due_at(None, at("2026-11-26", 9)), None);
        assert_eq!(due_at(None, at("2026-11-26", 11)), Some(("2026-11-25".to_owned(), HOUR_MILLIS)));
        assert_eq!(due_at(Some("2026-11-25"), at("2026-11-26", 23)), None);
        assert_eq!(due_at(Some("2026-11-25"), at("2026-11-27", 10)), Some(("2026-11-26".to_owned(), 0)));
        // The shop was away for some days: one after the other.
        assert_eq!(due_at(Some("2026-11-20"), at("2026-11-26", 9)), Some(("2026-11-21".to_owned(), 4 * DAY_MILLIS - HOUR_MILLIS)));
        assert_eq!(due_at(Some("2025-01-01"), at("2026-11-26", 9)).unwrap().0, "2026-09-27");
    }

    #[test]
    fn the_hour_is_due_from_its_first_millisecond_on() {
        for hour in [0, 10, 23] {
            let begins = at("2026-11-26", hour.into());
            let before = Timestamp::from_millis(begins.millis() - 1);
            let yesterday = day("2026-11-25");
            // Of a shop that has never compared a day, and of one that is up to date.
            for last in [None, Some(yesterday.previous())] {
                assert_eq!(due(last, hour, begins), Some((yesterday, begins)), "{hour} {last:?}");
                // The day before yesterday is done, or nobody has asked for it.
                assert_eq!(due(last, hour, before).filter(|(day, _)| *day == yesterday), None, "{hour} {last:?}");
            }
        }
    }

    #[test]
    fn days_that_were_missed_come_one_by_one_and_none_twice_whenever_it_is_asked_again() {
        let (mut last, mut done) = (Some(day("2026-11-22")), Vec::new());
        let now = at("2026-11-26", 10);
        while let Some((next, since)) = due(last, 10, now) {
            // A restart in the middle finds the same day: nothing but what was compared counts.
            assert_eq!(due(last, 10, now), Some((next, since)));
            assert_eq!(since, next.ends_at().plus_millis(10 * HOUR_MILLIS), "overdue from its own hour on");
            done.push(next.to_string());
            last = Some(next);
        }
        assert_eq!(done, ["2026-11-23", "2026-11-24", "2026-11-25"]);
        // The clock has been set back: nothing is compared again.
        assert_eq!(due(last, 10, at("2026-11-24", 12)), None);
    }

    #[test]
    fn pauses_grow_up_to_half_an_hour() {
        let (mut pause, mut now, mut pauses) = (Pause::default(), Timestamp::default(), Vec::new());
        for _ in 0..7 {
            pause.after_failure(now);
            pauses.push(pause.not_before.millis_since(now) / 60_000);
            now = pause.not_before;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    }
}
