//! What features derive from their snapshots, as values in Redis for other readers.
//! - M1 The feature says what is to lie there, and this task alone writes it: a value that differs from what was written last, at most once in
//!   [`PAUSE`]. Keys that are no longer wanted are removed.
//! - M2 Everything is written again in half of its life, and whenever Redis is back: whatever was flushed or missed is there again by itself.
//! - M3 Nothing waits for it, and nothing is queued for it: while Redis is away nobody even asks the feature.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ::redis::Cmd;
use bytes::Bytes;
use rand::Rng;
use serde::Serialize;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::LIVES;
use super::metrics::{DROPPED_TOTAL, KIND, WRITTEN_TOTAL};
use crate::platform::redis::{Condition, Error, Link};

/// Between two looks at what has changed: what sells thousands of times a second is written twice.
const PAUSE: Duration = Duration::from_millis(500);
/// When Redis did not take a value and goes on serving.
const AGAIN: Duration = Duration::from_secs(10);

/// One key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The whole key.
    pub key: String,
    /// The value, a text.
    pub value: Bytes,
}

impl Mirrored {
    /// A value that is written as JSON.
    pub fn json(key: impl Into<String>, value: &impl Serialize) -> Self {
        // Plain structures of text and numbers have no way to fail.
        Self::bytes(key, serde_json::to_vec(value).unwrap_or_default())
    }

    /// A value that is rendered already.
    pub fn bytes(key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self { key: key.into(), value: value.into() }
    }

    /// What the key is called in metrics: without the part that names one banner or day.
    fn kind(&self) -> &'static str {
        kind(&self.key)
    }
}

/// The kinds of keys that are mirrored.
fn kind(key: &str) -> &'static str {
    const KINDS: [&str; 7] =
        ["banners", "banner_products", "banner_clicks", "discount_zone_products", "hot_zone_products", "homepage_zones", "hot_products"];
    let first = key.split(':').next().unwrap_or(key);
    KINDS.into_iter().find(|kind| *kind == first).unwrap_or("other")
}

/// Keeps the values in Redis as `values` says, looked at whenever `renewed` is notified; until the task is dropped.
pub async fn keep(link: Link, renewed: Arc<Notify>, values: impl Fn() -> Vec<Mirrored> + Send + 'static) {
    let mut condition = link.condition();
    loop {
        // It ends with the link, of which this holds one.
        if condition.wait_for(|condition| *condition == Condition::Serving).await.is_err() {
            return;
        }
        // Whoever was away may have lost everything.
        let mut written = HashMap::new();
        let until = Instant::now() + LIVES / 2;
        loop {
            let pause = if write(&link, &mut written, values()).await.is_ok() { PAUSE } else { AGAIN };
            // Not whether it serves, but whether that has changed: it may be away and back between two looks.
            if tokio::time::timeout(pause, condition.changed()).await.is_ok() {
                break;
            }
            tokio::select! {
                () = renewed.notified() => {}
                () = tokio::time::sleep_until(until) => break,
                _ = condition.changed() => break,
            }
        }
    }
}

/// Writes what differs from what was written. Ends at the first that Redis does not take.
async fn write(link: &Link, written: &mut HashMap<String, Bytes>, values: Vec<Mirrored>) -> Result<(), Error> {
    let gone: Vec<String> = written.keys().filter(|key| !values.iter().any(|value| value.key == **key)).cloned().collect();
    for key in gone {
        let mut remove = Cmd::new();
        remove.arg("DEL").arg(&key);
        let removed: Result<u64, Error> = link.query(&remove).await;
        note(kind(&key), removed)?;
        written.remove(&key);
    }
    for mirrored in values {
        if written.get(&mirrored.key) == Some(&mirrored.value) {
            continue;
        }
        let lives = u64::try_from(LIVES.as_millis()).unwrap_or(u64::MAX / 2);
        // Not all end at once.
        let lives = lives + rand::rng().random_range(0..=lives / 5);
        let mut set = Cmd::new();
        set.arg("SET").arg(&mirrored.key).arg(&mirrored.value[..]).arg("PX").arg(lives);
        let stored: Result<String, Error> = link.query(&set).await;
        note(mirrored.kind(), stored)?;
        written.insert(mirrored.key, mirrored.value);
    }
    Ok(())
}

/// Not logged: that Redis is away or refuses is said by the link.
fn note<T>(kind: &'static str, done: Result<T, Error>) -> Result<(), Error> {
    let metric = if done.is_ok() { &WRITTEN_TOTAL } else { &DROPPED_TOTAL };
    metric.with(&[(KIND, kind)]).increment(1);
    done.map(drop)
}
