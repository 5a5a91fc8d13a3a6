//! Requests that have placed an order before, as far as memory has forgotten them (`mallcore_actors::orders::keys`) and the database knows them.
//! That a key was never used is known without asking: a shopper's keys are read once, and each one that is used afterwards is noted before it
//! can place anything.
//! - E1 A key that the database has is never taken for a new one. What was placed while keys were being read, or while there was no room for
//!   the shopper here, is in memory for a day, and what was read is used for half of one.
//! - E2 Memory is bounded: [`SHOPPERS`], each with at most [`KEYS_MAX`] keys of eight bytes.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::UserId;
use mallcore_actors::stock::Receipt;
use tokio::time::Instant;

use super::repository;
use crate::platform::database::{Database, Error};
use crate::platform::reads::{ANSWER_WITHIN, Reads};
use crate::platform::recent::Recent;

/// Shoppers whose keys are known.
const SHOPPERS: usize = 65_536;
/// Keys of one shopper; of who has more the database is asked each time.
pub const KEYS_MAX: usize = 512;
/// Half of the day for which memory remembers a key.
const USED_FOR: Duration = Duration::from_secs(12 * 60 * 60);

/// An order that a request has placed, and that request's body.
pub type Earlier = (Receipt, BodyFingerprint);

/// What is known of a shopper's keys.
#[derive(Default)]
struct Known {
    /// The beginning of each key that may have placed an order.
    keys: Vec<u64>,
    /// When all of those were read that the database had.
    read_at: Option<Instant>,
    /// They are too many to be kept.
    are_many: bool,
}

impl Known {
    /// Whether the key is new, and notes it: from now on it may have placed an order.
    fn take(&mut self, key: u64, now: Instant) -> bool {
        let is_known = self.keys.contains(&key);
        let is_whole = self.read_at.is_some_and(|at| now.duration_since(at) < USED_FOR);
        if !is_known {
            self.note(key);
        }
        is_whole && !is_known && !self.are_many
    }

    fn note(&mut self, key: u64) {
        if self.keys.len() < KEYS_MAX {
            self.keys.push(key);
        } else {
            *self = Self { are_many: true, ..Self::default() };
        }
    }

    /// Takes in what the database has.
    fn learn(&mut self, stored: &[KeyHash], now: Instant) {
        for key in stored.iter().map(beginning) {
            if !self.keys.contains(&key) {
                self.note(key);
            }
        }
        self.read_at = Some(now);
    }
}

/// Another key with the same beginning is asked about in vain, and rarely.
fn beginning(key: &KeyHash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *key.as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The keys of shoppers who order.
pub struct EarlierRequests {
    shoppers: Recent<UserId, Known>,
    reads: Arc<Reads>,
}

impl EarlierRequests {
    pub(super) fn new(reads: Arc<Reads>) -> Self {
        Self { shoppers: Recent::up_to(SHOPPERS), reads }
    }

    /// The order that this request has placed, if memory has forgotten it and the database knows it.
    ///
    /// # Errors
    /// That of the database, which is asked at a shopper's first order and for a key that was tried before.
    pub async fn placed_by(&self, user: UserId, key: KeyHash) -> Result<Option<Earlier>, Error> {
        let begun = Instant::now();
        let (is_new, are_many) = self.shoppers.find_or_make(user, Known::default, |known| {
            let is_new = known.take(beginning(&key), begun);
            (is_new, known.are_many)
        });
        if is_new {
            return Ok(None);
        }
        let ask = async |database: &Database| {
            let mut tx = database.snapshot().await?;
            let earlier = repository::placed_by_in(&mut tx, user, key).await?;
            let keys = if are_many { Vec::new() } else { repository::keys_of(&mut tx, user, KEYS_MAX).await? };
            tx.commit().await?;
            Ok((earlier, keys))
        };
        let (earlier, keys) = self.reads.ask(ANSWER_WITHIN, ask).await?;
        // Before it was asked: what was placed since is in memory for longer than this is used.
        self.shoppers.find(&user, |known| known.learn(&keys, begun));
        Ok(earlier)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: u64) -> KeyHash {
        KeyHash::of("orders", &number.to_string())
    }

    proptest! {
        /// E1, as long as the shopper has room: a key that was used, or that the database has, is never new.
        #[test]
        fn a_used_key_is_never_new(steps in prop::collection::vec((0..700u64, 0..8u8, 0..5u64), 1..900)) {
            let (mut known, mut used, mut now) = (Known::default(), std::collections::HashSet::new(), Instant::now());
            for (number, kind, hours) in steps {
                if kind == 0 {
                    now += Duration::from_secs(hours * 3_600);
                    // The database has what was used, and one more that another process has placed.
                    used.insert(number);
                    let stored: Vec<KeyHash> = used.iter().take(KEYS_MAX + 1).map(|used| key(*used)).collect();
                    known.learn(&stored, now);
                } else {
                    let is_new = known.take(beginning(&key(number)), now);
                    prop_assert!(!is_new || used.insert(number));
                    used.insert(number);
                }
                prop_assert!(known.keys.len() <= KEYS_MAX);
            }
        }
    }

    #[test]
    fn what_was_read_is_used_for_half_a_day() {
        let (mut known, begun) = (Known::default(), Instant::now());
        assert!(!known.take(1, begun), "nobody has read the keys");
        known.learn(&[key(9)], begun);
        assert!(!known.take(1, begun), "tried before");
        assert!(!known.take(beginning(&key(9)), begun));
        assert!(known.take(2, begun + USED_FOR - Duration::from_millis(1)));
        assert!(!known.take(3, begun + USED_FOR));
    }

    #[test]
    fn of_a_shopper_with_many_keys_none_is_new() {
        let (mut known, now) = (Known::default(), Instant::now());
        known.learn(&[], now);
        assert!((0..KEYS_MAX as u64).all(|key| known.take(key, now)));
        assert!(!known.take(KEYS_MAX as u64, now) || known.are_many);
        assert!(!known.take(1_000_000, now));
    }
}
