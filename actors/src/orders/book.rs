//! The order book: shards of users behind short locks. A lock is held while an actor decides, queues and applies,
//! so that a user's records are in the order of that user's changes; nobody waits for anything while holding one.

use parking_lot::{Mutex, MutexGuard};

use super::shard::OrderShard;
use crate::ids::{ActivityId, UserId};
use crate::journal::Sequence;
use crate::time::Timestamp;

/// Power of two; more than the threads that place orders, so that they seldom meet.
const SHARDS: usize = 64;

const _: () = assert!(SHARDS.is_power_of_two(), "a mask finds the shard of a user");

/// Answers looked at in one shard at a time, so that its lock is short.
const KEYS_PER_SHARD: usize = 256;

/// All orders in memory.
#[derive(Debug)]
pub struct OrderBook {
    shards: Box<[Mutex<OrderShard>]>,
}

impl Default for OrderBook {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl OrderBook {
    /// The shard that has this user's orders.
    pub fn shard(&self, user: UserId) -> MutexGuard<'_, OrderShard> {
        // The mask keeps the index below the number of shards.
        self.shards[user.get() as usize & (SHARDS - 1)].lock()
    }

    /// Every shard in turn, one lock at a time.
    pub fn shards(&self) -> impl Iterator<Item = MutexGuard<'_, OrderShard>> {
        self.shards.iter().map(Mutex::lock)
    }

    /// Gives every open order that was placed at or before this record the whole time to pay, counted from `at`. How many there are.
    pub fn restart_pay_windows(&self, through: Sequence, at: Timestamp) -> usize {
        self.shards().map(|mut shard| shard.restart_pay_windows(through, at)).sum()
    }

    /// Lets go of what the database has.
    pub fn evict(&self, projected: Sequence) {
        self.shards().for_each(|mut shard| shard.evict(projected));
    }

    /// Orders that are read from the database are taken in only if they have every record up to this one: the journal's end at start.
    pub fn require(&self, through: Sequence) {
        self.shards().for_each(|mut shard| shard.require(through));
    }

    /// Forgets answers to baskets that are old enough; a bounded number in one call.
    pub fn forget_keys(&self, now: Timestamp) {
        self.shards().for_each(|mut shard| shard.forget_keys(now, KEYS_PER_SHARD));
    }

    /// Forgets whose limits were given back in an activity that has ended.
    pub fn forget_activity(&self, activity: ActivityId) {
        self.shards().for_each(|mut shard| shard.forget_activity(activity));
    }

    /// Orders in memory.
    pub fn resident(&self) -> usize {
        self.shards().map(|shard| shard.resident()).sum()
    }
}
