//! Who has bought how much of a flash item, and which requests were granted.
//! - B1 Finding a request costs the same however many requests its user has made: thousands, where one user is a load generator.
//! - B2 Growing never makes an item's actor stand still: what is granted is never moved again, and its index of 8 bytes a request and the
//!   users' counts double part by part. In one map, a hot item would wait for a tenth of a second each time it doubles.
//!
//! Not here: what the counts mean (`quota`).

use std::hash::BuildHasher;

use serde::{Deserialize, Serialize};

use super::parted::Parted;
use super::quota::Receipt;
use crate::idempotency::{BodyFingerprint, KeyHash};
use crate::ids::UserId;

/// Requests that lie together in memory.
const CHUNK: usize = 4_096;

/// A request that was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The shopper who owns it.
    pub user: UserId,
    /// By what it is known again.
    pub key: KeyHash,
    /// What it asked for.
    pub body: BodyFingerprint,
    /// What it was answered.
    pub receipt: Receipt,
}

/// Where a granted request lies, with enough of its hash to find and to rehash it without going there.
#[derive(Debug, Clone, Copy)]
struct Place {
    hash: u32,
    index: u32,
}

/// Pieces of a user that count towards the limit.
#[derive(Debug, Clone, Copy)]
struct Counting {
    user: UserId,
    pieces: u32,
}

/// The buyers of one flash item.
#[derive(Debug, Clone, Default)]
pub(super) struct Buyers {
    counting: Parted<Counting>,
    places: Parted<Place>,
    chunks: Vec<Vec<Granted>>,
}

impl Buyers {
    /// Pieces of this user that count towards the limit.
    pub fn pieces(&self, user: UserId) -> u32 {
        self.counting.find(of_user(user), |counting| counting.user == user).map_or(0, |counting| counting.pieces)
    }

    /// This user's request with this key, if it was granted.
    pub fn granted(&self, user: UserId, key: KeyHash) -> Option<&Granted> {
        let hash = hash(user, key);
        let found = self.places.find(spread(hash), |place| {
            place.hash == hash && self.at(*place).is_some_and(|granted| granted.key == key && granted.user == user)
        })?;
        self.at(*found)
    }

    /// Notes a granted request and the pieces by which it counts towards the limit.
    pub fn note(&mut self, granted: Granted, counting: u32) {
        let (user, key) = (granted.user, granted.key);
        debug_assert_eq!(self.granted(user, key), None, "Q3: a request is granted a second time");
        *self.counting_of(granted.user) += counting;
        let hash = hash(granted.user, granted.key);
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            // The first one grows with its item, of which most have few buyers.
            self.chunks.push(if self.chunks.is_empty() { Vec::new() } else { Vec::with_capacity(CHUNK) });
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        if let Some(chunk) = self.chunks.last_mut() {
            // 2^32 requests would take 400 GB.
            let index = (before + chunk.len()) as u32;
            debug_assert_eq!(index as usize, before + chunk.len(), "a place has 32 bits");
            chunk.push(granted);
            self.places.insert_unique(spread(hash), Place { hash, index }, |place| spread(place.hash));
        }
        debug_assert!(self.granted(user, key).is_some(), "Q3: a granted request of {user:?} is not found again");
    }

    /// Gives a user part of the limit back.
    pub fn give_back(&mut self, user: UserId, pieces: u32) {
        if let Some(counting) = self.counting.find_mut(of_user(user), |counting| counting.user == user) {
            counting.pieces -= pieces;
        }
    }

    /// Everybody who has bought, with the pieces that count.
    pub fn counting(&self) -> impl Iterator<Item = (UserId, u32)> {
        self.counting.iter().map(|counting| (counting.user, counting.pieces))
    }

    /// Says how many pieces of a user count.
    pub fn set_counting(&mut self, user: UserId, pieces: u32) {
        *self.counting_of(user) = pieces;
    }

    /// Every granted request, in the order in which they were granted.
    pub fn all_granted(&self) -> impl Iterator<Item = &Granted> {
        self.chunks.iter().flatten()
    }

    /// Room for so many buyers with a request each.
    pub fn reserve(&mut self, buyers: usize) {
        self.counting.reserve(buyers, |counting| of_user(counting.user));
        self.places.reserve(buyers, |place| spread(place.hash));
    }

    /// Everybody who has bought.
    pub fn users(&self) -> impl Iterator<Item = UserId> {
        self.counting.iter().map(|counting| counting.user)
    }

    /// The most pieces that any user has.
    pub fn most_pieces(&self) -> u32 {
        self.counting.iter().map(|counting| counting.pieces).max().unwrap_or(0)
    }

    fn counting_of(&mut self, user: UserId) -> &mut u32 {
        let none = Counting { user, pieces: 0 };
        &mut self.counting.or_insert(of_user(user), |counting| counting.user == user, none, |counting| of_user(counting.user)).pieces
    }

    fn at(&self, place: Place) -> Option<&Granted> {
        self.chunks.get(place.index as usize / CHUNK)?.get(place.index as usize % CHUNK)
    }
}

fn of_user(user: UserId) -> u64 {
    foldhash::fast::FixedState::default().hash_one(user)
}

/// Half of 64 bits of a key, which is a cryptographic hash itself, told apart by user.
fn hash(user: UserId, key: KeyHash) -> u32 {
    let [a, b, c, d, ..] = *key.as_bytes();
    u32::from_le_bytes([a, b, c, d]) ^ (user.get().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// To the 64 bits of which the table uses the lowest and the highest (Fibonacci hashing, Knuth TAOCP 6.4).
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrderId;
    use crate::journal::Sequence;
    use crate::money::Money;
    use crate::order_no::OrderNo;
    use crate::time::Timestamp;

    fn granted(user: u64, number: u64) -> Granted {
        let (order, at) = (OrderId::new(number).unwrap(), Timestamp::from_millis(number));
        Granted {
            user: UserId::new(user).unwrap(),
            key: key(number),
            body: BodyFingerprint::from_u64(number),
            receipt: Receipt {
                order,
                no: OrderNo::new(order, at, number),
                payable: Money::from_fen(number).unwrap(),
                placed_at: at,
                expires_at: at,
                sequence: Sequence(number),
            },
        }
    }

    fn key(number: u64) -> KeyHash {
        KeyHash::of("seckill/items/1/orders", &number.to_string())
    }

    #[test]
    fn every_request_is_found_among_many_and_none_that_was_not_granted() {
        const USERS: u64 = 10;
        let mut buyers = Buyers::default();
        let last = 3 * CHUNK as u64 + 5;
        (1..=last).for_each(|number| buyers.note(granted(number % USERS + 1, number), 1));
        for number in 1..=last {
            let user = UserId::new(number % USERS + 1).unwrap();
            assert_eq!(buyers.granted(user, key(number)), Some(&granted(user.get(), number)));
            let other = UserId::new((number + 1) % USERS + 1).unwrap();
            assert_eq!(buyers.granted(other, key(number)), None, "keys are each user's own");
        }
        assert_eq!(buyers.granted(UserId::new(1).unwrap(), key(last + 1)), None);
        assert_eq!(buyers.users().map(|user| u64::from(buyers.pieces(user))).sum::<u64>(), last);
    }

    #[test]
    fn pieces_that_do_not_count_and_those_given_back_are_free_again() {
        let (mut buyers, user) = (Buyers::default(), UserId::new(7).unwrap());
        buyers.note(granted(7, 1), 0);
        assert_eq!((buyers.pieces(user), buyers.users().collect::<Vec<_>>()), (0, vec![user]));
        buyers.note(granted(7, 2), 3);
        buyers.give_back(user, 2);
        assert_eq!((buyers.pieces(user), buyers.most_pieces()), (1, 1));
    }
}
