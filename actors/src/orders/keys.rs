//! Requests that placed a basket, so that a repeat gets the first answer.
//! - K1 A key is remembered for [`REMEMBERED_MILLIS`], and for as long as its order is in memory; it is forgotten earlier only if its user has
//!   more than [`KEYS_MAX_PER_USER`], and never while its order is open.
//! - K2 A key places one order.
//!
//! Beyond that the database knows the key (its index over user and key is unique): start-up takes in the last day's with
//! [`super::OrderShard::remember`].

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::{OrderId, UserId};
use crate::refusal::Refusal;
use crate::stock::Receipt;
use crate::time::Timestamp;

/// Milliseconds that a key is remembered: one day.
pub const REMEMBERED_MILLIS: u64 = 24 * 60 * 60 * 1000;
/// More than a user can have open, so that what is forgotten early is never an open order's.
pub const KEYS_MAX_PER_USER: usize = 256;

/// A request that was granted, and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Remembered {
    key: KeyHash,
    body: BodyFingerprint,
    receipt: Receipt,
}

/// The keys of some users.
#[derive(Debug, Default)]
pub(super) struct PlacedKeys {
    by_user: HashMap<UserId, VecDeque<Remembered>, foldhash::fast::FixedState>,
    /// When each key may be forgotten, the next first.
    due: VecDeque<(Timestamp, UserId, KeyHash)>,
}

impl PlacedKeys {
    /// The first answer to this request, none if it is not known.
    pub fn find(&self, user: UserId, key: KeyHash, body: BodyFingerprint) -> Option<Result<Receipt, Refusal>> {
        let known = self.by_user.get(&user)?.iter().find(|known| known.key == key)?;
        Some(if known.body == body { Ok(known.receipt) } else { Err(Refusal::IdempotencyMismatch) })
    }

    /// Remembers a request. `is_open` says whether an order of the user is still open.
    pub fn remember(&mut self, user: UserId, key: KeyHash, body: BodyFingerprint, receipt: Receipt, is_open: impl Fn(OrderId) -> bool) {
        let keys = self.by_user.entry(user).or_default();
        if keys.iter().any(|known| known.key == key) {
            return;
        }
        keys.push_back(Remembered { key, body, receipt });
        if keys.len() > KEYS_MAX_PER_USER
            && let Some(place) = keys.iter().position(|known| !is_open(known.receipt.order))
        {
            keys.remove(place);
        }
        self.due.push_back((receipt.placed_at.plus_millis(REMEMBERED_MILLIS), user, key));
    }

    /// Forgets what is old and whose order is not in memory, at most `most` looked at.
    pub fn forget(&mut self, now: Timestamp, most: usize, is_resident: impl Fn(UserId, OrderId) -> bool) {
        for _ in 0..most {
            if self.due.front().is_none_or(|due| due.0 > now) {
                return;
            }
            let Some((_, user, key)) = self.due.pop_front() else { return };
            let Some(keys) = self.by_user.get_mut(&user) else { continue };
            if let Some(place) = keys.iter().position(|known| known.key == key) {
                if keys.get(place).is_some_and(|known| is_resident(user, known.receipt.order)) {
                    // Looked at again after as long: at the end, so that the queue stays in the order of time.
                    self.due.push_back((now.plus_millis(REMEMBERED_MILLIS), user, key));
                    continue;
                }
                keys.remove(place);
            }
            if keys.is_empty() {
                self.by_user.remove(&user);
            }
        }
    }

    /// Keys that are remembered.
    pub fn count(&self) -> usize {
        self.by_user.values().map(VecDeque::len).sum()
    }
}
