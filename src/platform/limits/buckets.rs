//! Buckets of one kind. A bucket is one number, the *theoretical arrival time* of GCRA: when it would be full again. Each token moves it
//! one interval further, and a request passes while it lies at most `burst` intervals ahead. So a bucket can be summed over processes
//! (`sharing`): what others took moves it as well, beyond `burst` too, which is a debt that is waited off.

use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use dashmap::DashMap;
use foldhash::fast::RandomState;
use parking_lot::Mutex;

use crate::platform::config::Bucket as Settings;

/// Nanoseconds since the process began to count.
pub type Nanos = u64;

/// Keys that wait to be shared; more than that in one round are each process's own.
pub const CHANGED_MAX: usize = 65_536;

/// Keys that have a bucket of their own at a time, of one kind; some 90 MB. An attacker who changes addresses or accounts with every
/// request would otherwise fill the memory between two rounds of [`Buckets::forget_idle`].
pub const KEYS_MAX: usize = 1 << 20;

/// Buckets that are shared by the keys beyond [`KEYS_MAX`], by their hash: such a key waits for what strangers took, and never for more
/// than its part of them.
const CROWD: usize = 4_096;

/// Buckets of one kind, each with the same settings.
pub struct Buckets<K> {
    /// Time that refills one token.
    interval: Nanos,
    /// Time that refills all of them.
    capacity: Nanos,
    /// Tokens that may be taken before others are told.
    share_from: u32,
    buckets: DashMap<K, Bucket, RandomState>,
    keys_max: usize,
    /// How many `buckets` there are: to count them would lock them all. A few more than `keys_max` where many come at once.
    keys: AtomicUsize,
    crowd: Box<[Bucket]>,
    sharing: AtomicBool,
    changed: Mutex<Vec<K>>,
}

#[derive(Default)]
struct Bucket {
    full_at: AtomicU64,
    /// Taken since others were told.
    untold: AtomicU32,
}

/// What others have to be told of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Tokens taken since they were told last.
    pub tokens: u32,
    /// When the bucket is full again, as far as this process knows.
    pub full_at: Nanos,
}

impl<K: Hash + Eq + Copy> Buckets<K> {
    /// Buckets that are all full.
    pub fn new(settings: Settings) -> Self {
        Self::up_to(KEYS_MAX, settings)
    }

    /// The same for so many keys; those beyond share some.
    fn up_to(keys_max: usize, settings: Settings) -> Self {
        // Configuration admits 1 to 10,000,000 a second, so an interval is 100 ns at least.
        let interval = 1_000_000_000 / u64::from(settings.per_second.max(1));
        let capacity = interval * u64::from(settings.burst.max(1));
        // A shopper who buys and looks at the order takes fewer: Redis hears of those who press on only.
        let share_from = (settings.burst / 4).max(1);
        Self {
            interval,
            capacity,
            share_from,
            buckets: DashMap::default(),
            keys_max,
            keys: AtomicUsize::new(0),
            crowd: (0..CROWD).map(|_| Bucket::default()).collect(),
            sharing: AtomicBool::new(false),
            changed: Mutex::new(Vec::new()),
        }
    }

    /// Time that refills one token.
    pub const fn interval(&self) -> Nanos {
        self.interval
    }

    /// Time that refills all of them.
    pub const fn capacity(&self) -> Nanos {
        self.capacity
    }

    /// Takes a token, or says how long until there is one.
    pub fn take(&self, key: K, now: Nanos) -> Result<(), Duration> {
        if let Some(bucket) = self.buckets.get(&key) {
            return self.take_of(key, &bucket, now);
        }
        if self.keys.load(Relaxed) >= self.keys_max {
            return self.take_of_crowd(&key, now);
        }
        let bucket = self.buckets.entry(key).or_insert_with(|| {
            self.keys.fetch_add(1, Relaxed);
            Bucket { full_at: AtomicU64::new(now), untold: AtomicU32::new(0) }
        });
        self.take_of(key, &bucket, now)
    }

    #[cold]
    fn take_of_crowd(&self, key: &K, now: Nanos) -> Result<(), Duration> {
        super::metrics::CROWDED_TOTAL.get().increment(1);
        let place = self.buckets.hasher().hash_one(key) as usize % self.crowd.len();
        self.take_token(&self.crowd[place], now)
    }

    fn take_of(&self, key: K, bucket: &Bucket, now: Nanos) -> Result<(), Duration> {
        self.take_token(bucket, now)?;
        if self.sharing.load(Relaxed) && bucket.untold.fetch_add(1, Relaxed) + 1 == self.share_from {
            self.note(key, bucket);
        }
        Ok(())
    }

    fn take_token(&self, bucket: &Bucket, now: Nanos) -> Result<(), Duration> {
        let latest = now + self.capacity;
        let mut full_at = bucket.full_at.load(Relaxed);
        loop {
            let next = full_at.max(now) + self.interval;
            if next > latest {
                return Err(Duration::from_nanos(next - latest));
            }
            match bucket.full_at.compare_exchange_weak(full_at, next, Relaxed, Relaxed) {
                Ok(_) => return Ok(()),
                Err(newer) => full_at = newer,
            }
        }
    }

    /// The key waits to be shared; only this once until it was.
    #[cold]
    fn note(&self, key: K, bucket: &Bucket) {
        let mut changed = self.changed.lock();
        if changed.len() < CHANGED_MAX {
            changed.push(key);
        } else {
            bucket.untold.store(0, Relaxed);
            super::metrics::UNSHARED_TOTAL.get().increment(1);
        }
    }

    /// From now on others are to be told, or not any more: what was not told by then is not made up for.
    pub fn share(&self, on: bool) {
        if self.sharing.swap(on, Relaxed) == on {
            return;
        }
        self.changed.lock().clear();
        for bucket in &self.buckets {
            bucket.untold.store(0, Relaxed);
        }
    }

    /// The keys of which others have to be told, which are forgotten by this.
    pub fn changed(&self) -> Vec<K> {
        std::mem::take(&mut *self.changed.lock())
    }

    /// What others have to be told of a key, which counts as told by this.
    pub fn taken(&self, key: &K) -> Option<Taken> {
        let bucket = self.buckets.get(key)?;
        // In this order a token that is taken meanwhile is told next time; the other way round it would count twice.
        let tokens = bucket.untold.swap(0, Relaxed);
        Some(Taken { tokens, full_at: bucket.full_at.load(Relaxed) }).filter(|taken| taken.tokens > 0)
    }

    /// Adds what others took: all together the bucket is full again at `full_at`, of which we knew `known`.
    pub fn learn(&self, key: &K, known: Nanos, full_at: Nanos, now: Nanos) {
        let foreign = full_at.saturating_sub(known.max(now));
        if foreign > 0
            && let Some(bucket) = self.buckets.get(key)
        {
            // Never fails: the closure always says what follows.
            let _ = bucket.full_at.fetch_update(Relaxed, Relaxed, |own| Some(own.max(now) + foreign));
        }
    }

    /// Forgets buckets that are full again; without this each key ever seen would stay, up to [`KEYS_MAX`].
    pub fn forget_idle(&self, now: Nanos) {
        self.buckets.retain(|_, bucket| {
            let stays = bucket.full_at.load(Relaxed) > now;
            if !stays {
                self.keys.fetch_sub(1, Relaxed);
            }
            stays
        });
        self.buckets.shrink_to_fit();
    }

    /// Buckets in memory.
    pub fn resident(&self) -> usize {
        self.buckets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Nanos = 1_000_000_000;

    fn buckets(per_second: u32, burst: u32) -> Buckets<u64> {
        Buckets::new(Settings { per_second, burst })
    }

    fn admitted(buckets: &Buckets<u64>, key: u64, at: Nanos, asked: u32) -> u32 {
        (0..asked).map(|_| u32::from(buckets.take(key, at).is_ok())).sum()
    }

    #[test]
    fn a_burst_passes_then_one_an_interval() {
        let buckets = buckets(10, 20);
        assert_eq!(admitted(&buckets, 1, SECOND, 100), 20);
        assert_eq!(buckets.take(1, SECOND), Err(Duration::from_millis(100)));
        assert_eq!(admitted(&buckets, 1, 2 * SECOND, 100), 10);
        assert_eq!(admitted(&buckets, 2, 2 * SECOND, 100), 20);
        assert_eq!(admitted(&buckets, 1, 100 * SECOND, 100), 20);
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten_and_others_are_not() {
        let buckets = buckets(10, 20);
        admitted(&buckets, 1, SECOND, 1);
        admitted(&buckets, 2, SECOND, 20);
        buckets.forget_idle(2 * SECOND);
        assert_eq!(buckets.resident(), 1);
        assert_eq!(admitted(&buckets, 2, 2 * SECOND, 100), 10);
    }

    #[test]
    fn keys_beyond_the_most_share_buckets_and_are_limited_all_the_same() {
        let buckets = Buckets::up_to(10, Settings { per_second: 10, burst: 20 });
        let all = CROWD as u64 * 2;
        let passed: u32 = (0..all).map(|key| admitted(&buckets, key, SECOND, 20)).sum();
        assert_eq!(buckets.resident(), 10);
        // Each bucket of the crowd passes its burst at most, whoever asks.
        assert!((200..=200 + CROWD as u32 * 20).contains(&passed), "{passed}");
        assert_eq!(admitted(&buckets, all - 1, SECOND, 1), 0);
        // Those who were there first notice nothing, and there is room again once they are idle.
        assert_eq!(admitted(&buckets, 1, 2 * SECOND, 100), 10);
        buckets.forget_idle(20 * SECOND);
        assert_eq!((buckets.resident(), buckets.keys.load(Relaxed)), (0, 0));
        assert_eq!(admitted(&buckets, all, 20 * SECOND, 100), 20);
        assert_eq!(buckets.resident(), 1);
    }

    #[test]
    fn those_who_take_little_are_not_told() {
        let buckets = buckets(10, 20);
        admitted(&buckets, 1, SECOND, 9);
        buckets.share(true);
        admitted(&buckets, 1, SECOND, 4);
        assert!(buckets.changed().is_empty());
        admitted(&buckets, 1, SECOND, 2);
        assert_eq!(buckets.changed(), [1]);
        assert_eq!(buckets.taken(&1), Some(Taken { tokens: 6, full_at: SECOND + 15 * buckets.interval() }));
        assert_eq!((buckets.taken(&1), buckets.changed()), (None, vec![]));
    }

    #[test]
    fn what_others_took_is_waited_off_even_beyond_the_burst() {
        let buckets = buckets(10, 20);
        admitted(&buckets, 1, SECOND, 5);
        // 5 of ours and 25 of others'.
        buckets.learn(&1, SECOND + 5 * buckets.interval(), SECOND + 30 * buckets.interval(), SECOND);
        assert_eq!(buckets.take(1, SECOND), Err(Duration::from_millis(1_100)));
        // Less than we know is old news.
        buckets.learn(&1, SECOND + 30 * buckets.interval(), SECOND + 5 * buckets.interval(), SECOND);
        assert_eq!(buckets.take(1, SECOND), Err(Duration::from_millis(1_100)));
    }

    #[test]
    fn keys_that_wait_are_bounded() {
        let buckets = buckets(10, 1);
        buckets.share(true);
        for key in 0..CHANGED_MAX as u64 + 10 {
            buckets.take(key, SECOND).unwrap();
        }
        assert_eq!(buckets.changed().len(), CHANGED_MAX);
        buckets.share(false);
        assert_eq!(admitted(&buckets, 1, 9 * SECOND, 5), 1);
        assert!(buckets.changed().is_empty());
    }

    /// What Redis keeps, without Redis: `sharing`'s script says the same, which its own test shows.
    struct Ledger(Nanos);

    fn report(process: &Buckets<u64>, ledger: &mut Ledger, now: Nanos) {
        for key in process.changed() {
            let Some(taken) = process.taken(&key) else { continue };
            ledger.0 = ledger.0.max(now) + u64::from(taken.tokens) * process.interval();
            process.learn(&key, taken.full_at, ledger.0, now);
        }
    }

    proptest! {
        /// The tolerance that the ADR promises, for any number of processes and any order of asking.
        #[test]
        fn processes_together_stay_near_the_limit(
            processes in 1..6usize, burst in 1..60u32, asks in proptest::collection::vec((0..6usize, 1..80u32, 0..150u64), 1..300),
        ) {
            let per_second = 50;
            let all: Vec<_> = (0..processes).map(|_| buckets(per_second, burst)).collect();
            all.iter().for_each(|process| process.share(true));
            let (mut ledger, mut now, mut passed) = (Ledger(0), SECOND, 0u64);
            for (process, asked, pause_millis) in asks {
                now += pause_millis * 1_000_000;
                passed += u64::from(admitted(&all[process % processes], 7, now, asked));
                // Each round of telling comes after at most a round of asking.
                all.iter().for_each(|process| report(process, &mut ledger, now));
            }
            let limit = u64::from(burst) + (now - SECOND) * u64::from(per_second) / SECOND;
            let tolerance = processes as u64 * u64::from(burst + burst / 4 + 1);
            prop_assert!(passed <= limit + tolerance, "{passed} of {limit}");
        }

        /// Sharing takes nothing from whoever is alone but what rounds and thresholds hide.
        #[test]
        fn alone_one_gets_what_is_configured(burst in 4..60u32, pauses in proptest::collection::vec(0..200u64, 1..200)) {
            let (one, alone) = (buckets(50, burst), buckets(50, burst));
            one.share(true);
            let (mut ledger, mut now, mut shared, mut own) = (Ledger(0), SECOND, 0u64, 0u64);
            for pause_millis in pauses {
                now += pause_millis * 1_000_000;
                shared += u64::from(admitted(&one, 7, now, 3));
                own += u64::from(admitted(&alone, 7, now, 3));
                report(&one, &mut ledger, now);
            }
            prop_assert!(shared + u64::from(burst / 4 + 3) >= own * 9 / 10, "{shared} of {own}");
        }
    }
}
