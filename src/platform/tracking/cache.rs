//! What was heard of parcels, kept in memory: bounded, asked for anew when it is old, and left alone while the service fails.
//! - C1 At most [`KEPT_MAX`] parcels are kept; the one that was heard of first makes room.
//! - C2 After a failure nobody asks for a pause, which doubles up to the longest and ends with the first answer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use super::{State, Tracked, Tracker, TrackingError, Wanted, metrics};
use crate::platform::backoff::Backoff;

/// Parcels that are kept, of some kilobytes each.
pub const KEPT_MAX: usize = 10_000;
/// Nothing more happens to a parcel that has arrived.
const DELIVERED_FRESH: Duration = Duration::from_secs(7 * 86_400);
/// Pauses after a failure.
const PAUSE_FIRST: Duration = Duration::from_secs(2);
const PAUSE_LAST: Duration = Duration::from_secs(300);

/// What is known of a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its way so far.
    pub tracked: Arc<Tracked>,
    /// When the service said so.
    pub heard_at: Timestamp,
}

#[derive(Default)]
struct Kept {
    known: Option<(Known, Instant)>,
    is_asked: bool,
}

#[derive(Default)]
struct Trouble {
    until: Option<Instant>,
    backoff: Option<Backoff>,
}

/// Where parcels are, as far as anybody has asked.
pub struct Tracking {
    tracker: Option<Arc<dyn Tracker>>,
    fresh: Duration,
    kept: Mutex<HashMap<(String, String), Kept>>,
    trouble: Mutex<Trouble>,
}

/// Ends the question, also where whoever asked has gone.
struct Asking<'a> {
    tracking: &'a Tracking,
    key: &'a (String, String),
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut kept = self.tracking.kept.lock();
        if let Some(entry) = kept.get_mut(self.key) {
            entry.is_asked = false;
            if entry.known.is_none() {
                kept.remove(self.key);
            }
        }
    }
}

impl Tracking {
    /// Asks this tracker, about one parcel once within `fresh`.
    pub fn new(tracker: Option<Arc<dyn Tracker>>, fresh: Duration) -> Self {
        Self { tracker, fresh, kept: Mutex::default(), trouble: Mutex::default() }
    }

    /// What is known of a parcel, asked for if it is old; none if nothing was ever heard.
    pub async fn of(&self, parcel: &Wanted, now: Timestamp) -> Option<Known> {
        let tracker = self.tracker.as_ref()?;
        let key = (parcel.carrier.clone(), parcel.number.clone());
        // Before the other lock: they are never held together.
        let is_paused = self.is_paused();
        let before = {
            let mut kept = self.kept.lock();
            let entry = kept.entry(key.clone()).or_default();
            let before = entry.known.as_ref().map(|(known, _)| known.clone());
            let is_fresh = entry.known.as_ref().is_some_and(|(known, at)| at.elapsed() < self.fresh_for(known));
            if is_fresh || entry.is_asked || is_paused {
                if entry.known.is_none() && !entry.is_asked {
                    kept.remove(&key);
                }
                return before;
            }
            entry.is_asked = true;
            make_room(&mut kept);
            before
        };
        let asking = Asking { tracking: self, key: &key };
        let answer = tracker.track(parcel, now).await;
        let known = self.note(&key, answer, now);
        drop(asking);
        known.or(before)
    }

    fn fresh_for(&self, known: &Known) -> Duration {
        if known.tracked.state == State::Delivered { self.fresh.max(DELIVERED_FRESH) } else { self.fresh }
    }

    fn is_paused(&self) -> bool {
        self.trouble.lock().until.is_some_and(|until| Instant::now() < until)
    }

    fn note(&self, key: &(String, String), answer: Result<Tracked, TrackingError>, now: Timestamp) -> Option<Known> {
        let outcome = match &answer {
            Ok(tracked) if tracked.steps.is_empty() => "unknown",
            Ok(_) => "found",
            Err(TrackingError::Unavailable(_)) => "unavailable",
            Err(TrackingError::Refused(_)) => "refused",
        };
        metrics::QUERIES_TOTAL.with(&[(metrics::OUTCOME, outcome)]).increment(1);
        match answer {
            Ok(tracked) => {
                if std::mem::take(&mut *self.trouble.lock()).backoff.is_some() {
                    tracing::info!("the tracking service answers again");
                }
                let known = Known { tracked: Arc::new(tracked), heard_at: now };
                if let Some(entry) = self.kept.lock().get_mut(key) {
                    entry.known = Some((known.clone(), Instant::now()));
                }
                Some(known)
            }
            Err(error) => {
                let mut trouble = self.trouble.lock();
                // Told when the trouble begins, and counted each time.
                if trouble.backoff.is_none() {
                    tracing::warn!("parcels are shown without where they are: {error}");
                }
                let pause = trouble.backoff.get_or_insert(Backoff::between(PAUSE_FIRST, PAUSE_LAST)).next_pause();
                trouble.until = Some(Instant::now() + pause);
                None
            }
        }
    }
}

/// Lets the parcels go that were heard of first, until there is room (C1). One that is asked about now stays.
fn make_room(kept: &mut HashMap<(String, String), Kept>) {
    while kept.len() > KEPT_MAX {
        let heard = |entry: &Kept| entry.known.as_ref().filter(|_| !entry.is_asked).map(|(_, at)| *at);
        let oldest = kept.iter().filter_map(|(key, entry)| Some((heard(entry)?, key))).min().map(|(_, key)| key.clone());
        let Some(oldest) = oldest else { return };
        kept.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::BoxFuture;

    use super::*;
    use crate::platform::tracking::Step;

    /// Answers what it is told to, and counts.
    struct Fake {
        asked: AtomicUsize,
        is_away: parking_lot::Mutex<bool>,
    }

    impl Tracker for Fake {
        fn track<'a>(&'a self, parcel: &'a Wanted, now: Timestamp) -> BoxFuture<'a, Result<Tracked, TrackingError>> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let away = *self.is_away.lock();
            Box::pin(async move {
                tokio::task::yield_now().await;
                if away {
                    return Err(TrackingError::Unavailable("away".to_owned()));
                }
                Ok(Tracked { state: State::InTransit, steps: vec![Step { at: now, text: parcel.number.clone() }] })
            })
        }
    }

    fn fake() -> Arc<Fake> {
        Arc::new(Fake { asked: AtomicUsize::new(0), is_away: parking_lot::Mutex::new(false) })
    }

    fn parcel(number: usize) -> Wanted {
        let shipped_at = Timestamp::from_millis(1);
        Wanted { carrier: "sto".to_owned(), number: number.to_string(), phone_tail: None, shipped_at }
    }

    #[tokio::test]
    async fn however_many_look_it_is_asked_once() {
        let fake = fake();
        let tracking = Tracking::new(Some(fake.clone()), Duration::from_secs(60));
        let one = parcel(1);
        let both = futures_util::future::join(tracking.of(&one, Timestamp::from_millis(5)), tracking.of(&one, Timestamp::from_millis(5)));
        let (first, second) = both.await;
        assert!(first.is_some() && second.is_none(), "who looks meanwhile sees what is known: nothing");
        assert_eq!(tracking.of(&one, Timestamp::from_millis(9)).await, first);
        assert_eq!(fake.asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_service_that_fails_is_left_alone_and_what_was_heard_stays() {
        let fake = fake();
        let tracking = Tracking::new(Some(fake.clone()), Duration::ZERO);
        let known = tracking.of(&parcel(1), Timestamp::from_millis(5)).await;
        *fake.is_away.lock() = true;
        for _ in 0..3 {
            assert_eq!(tracking.of(&parcel(1), Timestamp::from_millis(6)).await, known, "the old answer");
            assert_eq!(tracking.of(&parcel(2), Timestamp::from_millis(6)).await, None);
        }
        assert_eq!(fake.asked.load(Ordering::Relaxed), 2, "once before, and once to find out");
    }

    #[tokio::test]
    async fn whoever_asks_and_goes_holds_up_nobody() {
        let fake = fake();
        let tracking = Tracking::new(Some(fake.clone()), Duration::from_secs(60));
        let one = parcel(1);
        let mut gone = Box::pin(tracking.of(&one, Timestamp::from_millis(5)));
        assert!(futures_util::poll!(&mut gone).is_pending());
        drop(gone);
        assert!(tracking.of(&one, Timestamp::from_millis(5)).await.is_some());
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded() {
        let tracking = Tracking::new(Some(fake()), Duration::from_secs(60));
        for number in 0..KEPT_MAX + 20 {
            tracking.of(&parcel(number), Timestamp::from_millis(5)).await;
        }
        let kept = tracking.kept.lock();
        assert!(kept.len() <= KEPT_MAX, "{}", kept.len());
        assert!(!kept.contains_key(&("sto".to_owned(), "0".to_owned())));
    }
}
