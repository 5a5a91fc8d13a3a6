//! `cart:{user_id}` in Redis, for whoever reads there: carts as their rows say, written behind. docs/REDIS.md describes the value.
//! - M1 This task alone writes the keys, in the order of the carts' versions: an earlier cart never replaces a later one.
//! - M2 What Redis has lost is there again: after an outage at once, after a flush within [`LOOK_EVERY`]. That holds for every cart that was
//!   changed within [`LIVES`]; older ones have ended by themselves.
//! - M3 Nothing waits for it, and the shop reads no cart from Redis. While Redis is away the database is not asked either.

use std::sync::Arc;
use std::time::Duration;

use ::redis::Cmd;
use futures_util::future::try_join_all;
use mallcore_actors::engine::Engine;
use mallcore_actors::ids::UserId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::time::Timestamp;
use rand::Rng;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;

use super::documents::LineData;
use super::repository::{self, StoredCart};
use crate::platform::cache::metrics::{DROPPED_TOTAL, KIND, WRITTEN_TOTAL};
use crate::platform::database;
use crate::platform::reads::{LOAD_WITHIN, Reads};
use crate::platform::redis::{Condition, Error, Link};

/// How long a cart lies there after it was last written, and up to a fifth longer, so that not all end at once.
const LIVES: Duration = Duration::from_secs(86_400);
/// Between two looks at what has changed: a cart that changes ten times meanwhile is written once.
const PAUSE: Duration = Duration::from_millis(500);
/// How often one looks whether what was written last is still there.
const LOOK_EVERY: Duration = Duration::from_secs(300);
/// When the database could not be read, or Redis did not take a value and goes on serving.
const AGAIN: Duration = Duration::from_secs(10);
/// Between batches of carts that are all written again, so that neither server is held up.
const BREATH: Duration = Duration::from_millis(5);
/// Carts of one batch.
const BATCH: u32 = 100;

/// The label of its metrics.
const CART: [(&str, &str); 1] = [(KIND, "cart")];

/// Why carts are not in Redis as they are in the database; they are written later.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    /// They could not be read.
    #[error("the database cannot be read")]
    Database(#[from] database::Error),
    /// Redis did not take them, which the link has said.
    #[error(transparent)]
    Redis(#[from] Error),
}

/// A cart as it lies in Redis.
#[derive(Serialize)]
struct Cached {
    version: u64,
    items: Vec<LineData>,
}

/// How far the carts were looked at.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// The last change that was seen.
    version: Sequence,
    /// Whose cart was written last.
    written: Option<UserId>,
}

/// Writes carts from their rows.
pub(super) struct Mirror {
    pub link: Link,
    pub reads: Arc<Reads>,
    pub engine: Arc<Engine>,
    /// How far the rows of carts have come.
    pub projected: watch::Receiver<Sequence>,
}

impl Mirror {
    /// Keeps the carts in Redis, until the task is dropped.
    pub async fn keep(mut self) {
        let mut condition = self.link.condition();
        loop {
            // It ends with the link, of which this holds one.
            if condition.wait_for(|condition| *condition == Condition::Serving).await.is_err() {
                return;
            }
            let pause = match self.serve(&mut condition).await {
                Ok(()) => continue,
                Err(NotWritten::Database(error)) => {
                    tracing::warn!(%error, "carts cannot be read for Redis; they are tried again");
                    AGAIN
                }
                Err(NotWritten::Redis(_)) => AGAIN,
            };
            let _ = tokio::time::timeout(pause, condition.changed()).await;
        }
    }

    /// Writes the carts of the last day and then each that changes, until Redis has lost what was written, or may have.
    async fn serve(&mut self, condition: &mut watch::Receiver<Condition>) -> Result<(), NotWritten> {
        let mut seen = self.write_all().await?;
        let mut look_at = Instant::now() + LOOK_EVERY;
        loop {
            tokio::select! {
                moved = self.projected.changed() => if moved.is_err() {
                    // No row changes any more: the shop stops, and this task with it.
                    std::future::pending::<()>().await;
                },
                () = tokio::time::sleep_until(look_at) => {
                    if let Some(user) = seen.written && self.is_lost(user).await? {
                        return Ok(());
                    }
                    look_at = Instant::now() + LOOK_EVERY;
                }
                _ = condition.changed() => return Ok(()),
            }
            while let Some(last) = self.write_next(seen.version).await? {
                seen = last;
            }
            // Not whether it serves, but whether that has changed: it may be away and back meanwhile.
            if tokio::time::timeout(PAUSE, condition.changed()).await.is_ok() {
                return Ok(());
            }
        }
    }

    /// Writes the carts of the last day, the latest first.
    async fn write_all(&self) -> Result<Seen, NotWritten> {
        let since = Timestamp::from_millis(self.engine.clock().now().millis().saturating_sub(millis(LIVES)));
        let (mut seen, mut below) = (Seen::default(), Sequence(i64::MAX as u64));
        loop {
            let mut carts = self.reads.ask(LOAD_WITHIN, async |database| repository::before(database, below, BATCH).await).await?;
            let (Some(first), Some(last)) = (carts.first(), carts.last()) else { return Ok(seen) };
            below = last.version;
            seen.version = seen.version.max(first.version);
            let all = carts.len();
            carts.retain(|cart| cart.updated_at >= since);
            seen.written = seen.written.or_else(|| carts.first().map(|cart| cart.user));
            let reached_old = carts.len() < all;
            self.write(carts).await?;
            if reached_old {
                return Ok(seen);
            }
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Writes some carts that have changed since; returns the last of them, none if there are no more.
    async fn write_next(&self, after: Sequence) -> Result<Option<Seen>, NotWritten> {
        let carts = self.reads.ask(LOAD_WITHIN, async |database| repository::after(database, after, BATCH).await).await?;
        let last = carts.last().map(|cart| Seen { version: cart.version, written: Some(cart.user) });
        self.write(carts).await?;
        Ok(last)
    }

    async fn write(&self, carts: Vec<StoredCart>) -> Result<(), Error> {
        let count = carts.len() as u64;
        let written = try_join_all(carts.into_iter().map(|cart| self.set(cart))).await;
        let metric = if written.is_ok() { &WRITTEN_TOTAL } else { &DROPPED_TOTAL };
        metric.with(&CART).increment(count);
        written.map(drop)
    }

    async fn set(&self, StoredCart { user, version, lines, .. }: StoredCart) -> Result<(), Error> {
        let cached = Cached { version: version.0, items: lines.iter().map(LineData::from).collect() };
        // Plain structures of text and numbers have no way to fail.
        let value = serde_json::to_vec(&cached).unwrap_or_default();
        let lives = millis(LIVES) + rand::rng().random_range(0..=millis(LIVES) / 5);
        let mut set = Cmd::new();
        set.arg("SET").arg(key(user)).arg(value).arg("PX").arg(lives);
        self.link.query::<String>(&set).await.map(drop)
    }

    /// Whether a value is gone before its time: then others are, too.
    async fn is_lost(&self, user: UserId) -> Result<bool, Error> {
        let mut lives = Cmd::new();
        lives.arg("PTTL").arg(key(user));
        Ok(self.link.query::<i64>(&lives).await? < 0)
    }
}

fn key(user: UserId) -> String {
    format!("cart:{user}")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}
