//! How far the relay is, for readiness and metrics.

use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use super::{Destination, metrics};
use crate::platform::readiness::{Check, Health};

/// So old may a row become before one is told.
const BEHIND_MILLIS: u64 = 30_000;

/// What waits for one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Rows, counted up to a bound.
    pub rows: u64,
    /// When the oldest was appended.
    pub since: Option<Timestamp>,
}

/// What was last seen.
#[derive(Debug, Default)]
pub struct Status(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    backlogs: [Backlog; Destination::ALL.len()],
    parked: u64,
    troubles: [Option<String>; Destination::ALL.len()],
}

impl Status {
    /// Notes what was counted.
    pub fn counted(&self, backlogs: [Backlog; Destination::ALL.len()], parked: u64, now: Timestamp) {
        for (destination, backlog) in Destination::ALL.iter().zip(&backlogs) {
            let age_millis = backlog.since.map_or(0, |since| now.millis_since(since));
            metrics::PENDING.with(&[(metrics::DESTINATION, destination.name())]).set(backlog.rows as f64);
            metrics::OLDEST_AGE.with(&[(metrics::DESTINATION, destination.name())]).set(age_millis as f64 / 1000.0);
        }
        metrics::PARKED.get().set(parked as f64);
        let mut seen = self.0.lock();
        seen.backlogs = backlogs;
        seen.parked = parked;
    }

    /// Notes how a destination does; true if that is another state than before.
    pub(super) fn trouble(&self, destination: Destination, trouble: Option<String>) -> bool {
        let troubles = &mut self.0.lock().troubles;
        let before = std::mem::replace(&mut troubles[destination as usize], trouble);
        before.is_some() != troubles[destination as usize].is_some()
    }

    /// For `/health/ready`: behind is degraded, since one can sell all the same.
    pub fn check(&self, now: Timestamp) -> Check {
        let seen = self.0.lock();
        let late = |backlog: &Backlog| backlog.since.is_some_and(|since| now.millis_since(since) > BEHIND_MILLIS);
        let behind = seen.backlogs.iter().any(late) || seen.parked > 0;
        let mut detail = String::new();
        for (place, destination) in Destination::ALL.iter().enumerate() {
            let Backlog { rows, since } = seen.backlogs[place];
            detail.push_str(&format!("{} {rows} behind", destination.name()));
            if let Some(since) = since {
                detail.push_str(&format!(" for {} s", now.millis_since(since) / 1000));
            }
            if let Some(trouble) = &seen.troubles[place] {
                detail.push_str(&format!(" ({trouble})"));
            }
            detail.push_str(", ");
        }
        detail.push_str(&format!("{} parked", seen.parked));
        Check { part: "outbox", health: if behind { Health::Degraded } else { Health::Pass }, detail }
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn what_was_counted_last_is_told_and_scraped() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let (status, at) = (Status::default(), Timestamp::from_millis);
        let backlog = |rows, since: Option<u64>| Backlog { rows, since: since.map(at) };
        let told = ::metrics::with_local_recorder(&recorder, || {
            status.counted([backlog(9, Some(1)), backlog(9, Some(1)), backlog(9, None)], 9, at(50_000));
            status.counted([backlog(5, Some(70_000)), backlog(0, None), backlog(7, Some(99_500))], 4, at(100_000));
            status.check(at(100_000)).detail
        });
        assert_eq!(told, "shop 5 behind for 30 s, events 0 behind, cache 7 behind for 0 s, 4 parked");
        let scraped = recorder.handle().render();
        let of = |name: &str, destination: &str| format!("{name}{{destination=\"{destination}\"}}");
        let (pending, age) = (metrics::PENDING.name(), metrics::OLDEST_AGE.name());
        for (series, value) in [
            (of(pending, "shop"), "5"),
            (of(pending, "events"), "0"),
            (of(pending, "cache"), "7"),
            (of(age, "shop"), "30"),
            (of(age, "events"), "0"),
            (of(age, "cache"), "0.5"),
            (metrics::PARKED.name().to_owned(), "4"),
        ] {
            assert!(scraped.contains(&format!("{series} {value}\n")), "{series}: {scraped}");
        }
    }

    #[test]
    fn an_old_or_parked_row_degrades_and_a_young_one_does_not() {
        let at = Timestamp::from_millis;
        let seen = |since: Option<u64>, parked| {
            let status = Status::default();
            let backlog = Backlog { rows: u64::from(since.is_some()), since: since.map(at) };
            status.counted([Backlog::default(), backlog, Backlog::default()], parked, at(100_000));
            status.check(at(100_000)).health
        };
        assert_eq!(seen(None, 0), Health::Pass);
        assert_eq!(seen(Some(70_000), 0), Health::Pass);
        assert_eq!(seen(Some(69_999), 0), Health::Degraded);
        assert_eq!(seen(None, 1), Health::Degraded);
    }
}
