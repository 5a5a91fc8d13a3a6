//! What everybody may see of a flash item without asking its actor: how many pieces remain, and, once none do, who has to be
//! turned away. Thousands of refusals a second then cost no message.
//! - G1 A gate only turns away a user who has bought nothing: who bought may be repeating a request, and that answer is the actor's.
//! - G2 It never says "sold out" for longer than the actor's next change.
//! - G3 Of a product that was taken off the shelf nothing new is sold; the actor looks here before it decides on something new.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crate::ids::{SkuId, UserId};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Bits a piece of quota, for about 0.2 % of strangers taken for buyers (Bloom 1970, with two hashes); they only cost a message.
const BITS_PER_PIECE: usize = 32;
/// 4 MiB a gate: with a quota above two million pieces more strangers reach the actor.
const BITS_MAX: usize = 1 << 25;

const _: () = assert!(BITS_MAX.is_power_of_two() && BITS_MAX >= 64, "a mask finds the place of a bit, whole words hold the bits");

/// The public face of one flash item.
#[derive(Debug)]
pub struct Gate {
    sku: SkuId,
    /// Whether the counts below are an actor's, not yet nobody's.
    open: AtomicBool,
    remaining: AtomicU32,
    ends_at: AtomicU64,
    /// Written by whoever reads the catalogue, read here and by the actor.
    withdrawn: AtomicBool,
    buyers: Box<[AtomicU64]>,
}

impl Gate {
    /// A gate that turns nobody away until its actor publishes.
    pub fn new(sku: SkuId, quota: u32) -> Self {
        let bits = (quota as usize).saturating_mul(BITS_PER_PIECE).next_power_of_two().clamp(64, BITS_MAX);
        let buyers = (0..bits / 64).map(|_| AtomicU64::new(0)).collect();
        Self {
            sku,
            open: AtomicBool::new(false),
            remaining: AtomicU32::new(quota),
            ends_at: AtomicU64::new(0),
            withdrawn: AtomicBool::new(false),
            buyers,
        }
    }

    /// Whose pieces it sells.
    pub fn sku(&self) -> SkuId {
        self.sku
    }

    /// Pieces that can still be bought, as last published by an actor in memory.
    pub fn live_remaining(&self) -> Option<u32> {
        self.open.load(Ordering::Acquire).then(|| self.remaining.load(Ordering::Acquire))
    }

    /// Takes the item off the shelf, or puts it back.
    pub fn withdraw(&self, withdrawn: bool) {
        self.withdrawn.store(withdrawn, Ordering::Relaxed);
    }

    /// Whether its product is off the shelf.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(Ordering::Relaxed)
    }

    /// The refusal that this user would get, where it can be told from here.
    pub fn refusal(&self, user: UserId, now: Timestamp) -> Option<Refusal> {
        if self.is_withdrawn() && !self.may_have_bought(user) {
            return Some(Refusal::OffSale);
        }
        let sold_out = self.open.load(Ordering::Acquire)
            && self.remaining.load(Ordering::Acquire) == 0
            && now.millis() < self.ends_at.load(Ordering::Relaxed)
            && !self.may_have_bought(user);
        sold_out.then_some(Refusal::SoldOut)
    }

    /// Notes a buyer; before `publish`, so that whoever sees the new count sees the buyer too.
    pub(super) fn note_buyer(&self, user: UserId) {
        for (word, bit) in self.places(user) {
            self.buyers[word].fetch_or(bit, Ordering::Relaxed);
        }
        debug_assert!(self.may_have_bought(user), "G1: {user:?} is a stranger to the gate after buying");
    }

    /// Shows a new count.
    pub(super) fn publish(&self, remaining: u32, ends_at: Timestamp) {
        self.ends_at.store(ends_at.millis(), Ordering::Relaxed);
        self.remaining.store(remaining, Ordering::Release);
        self.open.store(true, Ordering::Release);
    }

    /// The actor is gone: its successor has to be asked.
    pub(super) fn close(&self) {
        self.open.store(false, Ordering::Release);
    }

    fn may_have_bought(&self, user: UserId) -> bool {
        self.places(user).iter().all(|&(word, bit)| self.buyers[word].load(Ordering::Relaxed) & bit != 0)
    }

    /// Two bits for a user, from the halves of a 64-bit mix (the finaliser of MurmurHash3).
    fn places(&self, user: UserId) -> [(usize, u64); 2] {
        debug_assert!(self.buyers.len().is_power_of_two(), "{} words of bits: the mask below would leave some out", self.buyers.len());
        let mut mixed = user.get();
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        mixed ^= mixed >> 33;
        [mixed as u32, (mixed >> 32) as u32].map(|half| {
            let place = half as usize & (self.buyers.len() * 64 - 1);
            (place / 64, 1 << (place % 64))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn what_is_off_the_shelf_is_sold_to_no_stranger() {
        let gate = Gate::new(SkuId::new(1).unwrap(), 10);
        gate.note_buyer(user(1));
        gate.withdraw(true);
        assert_eq!(gate.refusal(user(2), Timestamp::default()), Some(Refusal::OffSale));
        assert_eq!(gate.refusal(user(1), Timestamp::default()), None, "a buyer may be repeating");
        gate.withdraw(false);
        assert_eq!(gate.refusal(user(2), Timestamp::default()), None);
    }

    #[test]
    fn what_is_left_is_told_while_an_actor_publishes_it() {
        let gate = Gate::new(SkuId::new(1).unwrap(), 10);
        assert_eq!(gate.live_remaining(), None, "nothing published yet");
        gate.publish(3, Timestamp::from_millis(10));
        assert_eq!(gate.live_remaining(), Some(3));
        gate.publish(0, Timestamp::from_millis(10));
        assert_eq!(gate.live_remaining(), Some(0));
        gate.close();
        assert_eq!(gate.live_remaining(), None, "its successor may know better");
    }

    #[test]
    fn only_strangers_to_a_sold_out_item_are_turned_away() {
        let gate = Gate::new(SkuId::new(1).unwrap(), 1);
        let (now, end) = (Timestamp::from_millis(5), Timestamp::from_millis(10));
        assert_eq!(gate.refusal(user(2), now), None, "nothing published yet");
        gate.note_buyer(user(1));
        gate.publish(0, end);
        assert_eq!(gate.refusal(user(1), now), None, "a buyer may be repeating");
        let turned_away = (2..1_000).filter(|&id| gate.refusal(user(id), now) == Some(Refusal::SoldOut)).count();
        assert!(turned_away > 900, "{turned_away}");
        assert_eq!(gate.refusal(user(2), end), None, "an ended sale is told by its actor");
        gate.publish(1, end);
        assert_eq!(gate.refusal(user(2), now), None);
    }
}
