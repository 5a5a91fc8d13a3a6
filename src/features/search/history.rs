//! What each shopper searched for, noted in memory and written behind.
//! - Y1 A search costs no write and waits for nothing. It is in the database a second later; a stop or crash loses at most that.
//! - Y2 What could not be written is written later; searches beyond [`WAITING_MAX`] are not kept, and counted.
//! - Y3 What was forgotten is not written afterwards.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use super::metrics;
use super::repository::{self, HISTORY_MAX, Key, Searched};
use crate::platform::backoff::Backoff;
use crate::platform::database::Error;
use crate::platform::writes::Writes;

/// Searches that wait for the database, at most.
const WAITING_MAX: usize = 50_000;
/// How often what waits is written.
pub const WRITE_EVERY: Duration = Duration::from_secs(1);

type Waiting = HashMap<Key, (Timestamp, bool), RandomState>;

/// The searches of this process.
pub struct History {
    writes: Writes,
    waiting: Mutex<Waiting>,
    /// What is being written: in neither place a search would be invisible for a moment.
    written: Mutex<Arc<Waiting>>,
    writing: tokio::sync::Mutex<()>,
}

impl History {
    /// Written by these writes.
    pub fn new(writes: Writes) -> Self {
        Self { writes, waiting: Mutex::default(), written: Mutex::default(), writing: tokio::sync::Mutex::default() }
    }

    /// Notes a search, and whether it found something.
    pub fn note(&self, user: UserId, word: &str, found: bool, now: Timestamp) {
        let mut waiting = self.waiting.lock();
        let key = (user, word.to_owned());
        if waiting.len() < WAITING_MAX || waiting.contains_key(&key) {
            waiting.insert(key, (now, found));
        } else {
            metrics::DROPPED_TOTAL.get().increment(1);
        }
    }

    /// What a shopper searched for, newest first, with what is not written yet.
    ///
    /// # Errors
    /// The database's own.
    pub async fn of_user(&self, user: UserId, stored: impl AsyncFnOnce() -> Result<Vec<Searched>, Error>) -> Result<Vec<Searched>, Error> {
        // Memory first: what is no longer there is in the database by the time that it is asked.
        let mut recent = of(user, &self.waiting.lock());
        recent.extend(of(user, &self.written.lock()));
        let mut latest: BTreeMap<String, Timestamp> = BTreeMap::new();
        recent.extend(stored().await?);
        for searched in recent {
            let at = latest.entry(searched.word).or_insert(searched.searched_at);
            *at = searched.searched_at.max(*at);
        }
        let mut searches: Vec<_> = latest.into_iter().map(|(word, searched_at)| Searched { word, searched_at }).collect();
        searches.sort_by(|one, other| (other.searched_at, &other.word).cmp(&(one.searched_at, &one.word)));
        searches.truncate(HISTORY_MAX as usize);
        Ok(searches)
    }

    /// Forgets what a shopper searched for.
    ///
    /// # Errors
    /// The database's own.
    pub async fn forget(&self, user: UserId) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        self.waiting.lock().retain(|(of, _), _| *of != user);
        self.writes.write(async |database| repository::forget(database, user).await).await
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// The database's own; nothing is lost by it.
    async fn flush(&self) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        let taken = {
            let mut waiting = self.waiting.lock();
            let taken = Arc::new(std::mem::take(&mut *waiting));
            *self.written.lock() = Arc::clone(&taken);
            taken
        };
        if taken.is_empty() {
            return Ok(());
        }
        let mut searches: Vec<_> = taken.iter().map(|(key, (at, found))| (key, *at, *found)).collect();
        searches.sort_unstable();
        let written = self.writes.write(async |database| repository::write(database, &searches).await).await;
        if written.is_err() {
            let mut waiting = self.waiting.lock();
            for (key, search) in &*taken {
                waiting.entry(key.clone()).or_insert(*search);
            }
        }
        *self.written.lock() = Arc::default();
        written
    }

    /// Writes what waits, now and again; `each` is done each time.
    pub async fn keep_writing(&self, each: impl Fn()) {
        let (mut backoff, mut is_failing) = (Backoff::between(WRITE_EVERY, Duration::from_secs(10)), false);
        loop {
            tokio::time::sleep(if is_failing { backoff.next_pause() } else { WRITE_EVERY }).await;
            each();
            match self.flush().await {
                Ok(()) => (backoff, is_failing) = (Backoff::between(WRITE_EVERY, Duration::from_secs(10)), false),
                Err(cause) if !std::mem::replace(&mut is_failing, true) => {
                    tracing::warn!("search histories wait for the database: {cause}")
                }
                Err(_) => {}
            }
        }
    }
}

fn of(user: UserId, waiting: &Waiting) -> Vec<Searched> {
    let its = waiting.iter().filter(|((of, _), _)| *of == user);
    its.map(|((_, word), (at, _))| Searched { word: word.clone(), searched_at: *at }).collect()
}
