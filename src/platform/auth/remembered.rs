//! Tokens that were found good. In a sale the same shopper presses again and again, with the same token: its signature need be checked once.
//! - M1 a token is found again letter for letter, and not at or after its `exp`.
//! - M2 memory is bounded: each token has one place among so many, and the newest there stays.
//! - M3 nobody waits for anybody: a place is read and written without a lock.
//!
//! That a comparison ends at the first difference helps nobody to guess: each guess would have to fall in the place of the token that is
//! looked for, and only the seed says which guesses do.
//!
//! A token that was revoked is not found either: the place keeps what was seen of the revocations when the token was verified (`Seen`), and
//! whoever finds it compares that with what is seen now. If anything changed, the token is verified once more.

use std::hash::BuildHasher;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use mallcore_actors::ids::UserId;

use super::revocations::Seen;

/// Places of remembered tokens, found by their hash.
pub(super) struct Remembered {
    /// Nobody outside can know which tokens share a place.
    hasher: RandomState,
    places: Box<[ArcSwapOption<Good>]>,
}

struct Good {
    token: Box<str>,
    user: UserId,
    /// Seconds since 1970.
    expires_at: u64,
    /// What was known of revocations when it was verified.
    seen: Seen,
}

impl Remembered {
    /// No places: every token is new.
    pub fn none() -> Self {
        Self::up_to(0)
    }

    /// So many places.
    pub fn up_to(tokens: usize) -> Self {
        Self { hasher: RandomState::default(), places: (0..tokens).map(|_| ArcSwapOption::empty()).collect() }
    }

    /// Whose token this is, if it was found good and still is at `now` (seconds since 1970), and what was seen of revocations then.
    pub fn find(&self, token: &str, now: u64) -> Option<(UserId, Seen)> {
        let good = self.place(token)?.load();
        good.as_ref().filter(|good| now < good.expires_at && *good.token == *token).map(|good| (good.user, good.seen))
    }

    /// Notes a good token, with what was seen of revocations before it was compared with them.
    pub fn note(&self, token: &str, user: UserId, expires_at: u64, seen: Seen) {
        if let Some(place) = self.place(token) {
            place.store(Some(Arc::new(Good { token: token.into(), user, expires_at, seen })));
        }
    }

    fn place(&self, token: &str) -> Option<&ArcSwapOption<Good>> {
        let places = self.places.len() as u64;
        let place = self.hasher.hash_one(token).checked_rem(places)?;
        self.places.get(place as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    fn seen() -> Seen {
        super::super::revocations::Revocations::default().seen(user(1))
    }

    #[test]
    fn a_token_is_good_until_its_end() {
        let remembered = Remembered::up_to(8);
        remembered.note("a", user(1), 100, seen());
        let found = |token, now| remembered.find(token, now).map(|found| found.0);
        assert_eq!((found("a", 99), found("a", 100), found("b", 99)), (Some(user(1)), None, None));
    }

    #[test]
    fn without_places_nothing_is_remembered() {
        let remembered = Remembered::none();
        remembered.note("a", user(1), 100, seen());
        assert_eq!(remembered.find("a", 0), None);
    }

    proptest! {
        /// However many share a place: a token is its own user's or unknown, and the last one noted is known.
        #[test]
        fn nobody_is_taken_for_another(places in 1_usize..8, tokens in prop::collection::vec("[a-c]{1,3}", 1..50)) {
            let remembered = Remembered::up_to(places);
            let owner = |token: &str| user(token.bytes().fold(1, |id, letter| id * 256 + u64::from(letter)));
            let seen = seen();
            for token in &tokens {
                remembered.note(token, owner(token), 100, seen);
                prop_assert_eq!(remembered.find(token, 0), Some((owner(token), seen)));
            }
            for token in &tokens {
                prop_assert!(remembered.find(token, 0).is_none_or(|found| found.0 == owner(token)));
            }
        }
    }
}
