//! Tells the other processes, by way of Redis, what was taken here, and learns what was taken there. Behind the requests: nobody waits
//! for it. Each round is one script call for every 256 keys that took a quarter of their burst since they were told.
//!
//! Tolerance (docs/adr/0012): in the long run the rate is exact; for a moment each process may pass `burst + burst / 4` tokens that the
//! others have not heard of, and they are waited off afterwards.

use std::fmt::Display;
use std::hash::Hash;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use ::redis::Script;

use super::buckets::{Buckets, Nanos};
use super::metrics;
use crate::platform::redis::{Error, Link};

/// How often others are told: a burst of somebody who presses a button is seen at the second press, and Redis sees ten calls a second.
pub const ROUND: Duration = Duration::from_millis(100);
/// Keys of one call: about half a millisecond of the server's one thread.
const KEYS_MAX: usize = 256;
/// Bursts that a bucket can be away from full. Bounds how long a clock that was set back can keep somebody out.
const DEBT_BURSTS_MAX: u64 = 16;

static SHARE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("share.lua")));

/// Buckets that are shared under a name.
pub struct Shared<K> {
    /// Before the keys in Redis, such as `limit:user:`.
    pub prefix: String,
    /// The buckets of this process.
    pub buckets: Arc<Buckets<K>>,
}

/// One process's part in sharing.
pub struct Sharing {
    link: Link,
    began: Instant,
}

impl Sharing {
    /// Over this link; `began` is when the buckets' time began.
    pub const fn new(link: Link, began: Instant) -> Self {
        Self { link, began }
    }

    /// Tells and learns once. Without Redis the buckets are this process's own from then on, until it is back.
    pub async fn round<K: Hash + Eq + Copy + Display>(&self, shared: &Shared<K>) {
        let is_up = self.link.is_up();
        shared.buckets.share(is_up);
        if !is_up {
            return;
        }
        let changed = shared.buckets.changed();
        let mut chunks = changed.chunks(KEYS_MAX);
        for keys in chunks.by_ref() {
            // Away: the link has said so, and the next round sees it. Refused: a script that Redis does not run is told by its metric.
            if self.report(shared, keys).await.is_err() {
                break;
            }
        }
        // What could not be told is not made up for, but the keys have to be noted again when more is taken.
        for key in chunks.flatten() {
            let _ = shared.buckets.taken(key);
        }
    }

    async fn report<K: Hash + Eq + Copy + Display>(&self, shared: &Shared<K>, keys: &[K]) -> Result<(), Error> {
        let buckets = &shared.buckets;
        let taken: Vec<_> = keys.iter().filter_map(|key| buckets.taken(key).map(|taken| (key, taken))).collect();
        if taken.is_empty() {
            return Ok(());
        }
        let mut call = SHARE.prepare_invoke();
        for (key, taken) in &taken {
            call.key(format!("{}{key}", shared.prefix)).arg(u64::from(taken.tokens) * buckets.interval() / 1_000);
        }
        call.arg(buckets.capacity() / 1_000 * DEBT_BURSTS_MAX);
        // The moment of sending: an answer that takes its time must not make anybody wait longer.
        let now = self.now();
        let missing: Vec<u64> = self.link.invoke(&call).await?;
        for ((key, taken), missing) in taken.iter().zip(missing) {
            buckets.learn(key, taken.full_at, now + missing * 1_000, now);
        }
        metrics::SHARED_TOTAL.get().increment(taken.len() as u64);
        Ok(())
    }

    fn now(&self) -> Nanos {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(Nanos::MAX)
    }
}
