//! The sessions of one user, as a value: one family of refresh tokens for each device that logged in. Pure; `sessions` keeps the value.
//! - F1 Of a family only the newest generation counts, and for [`RETRY_MILLIS`] after it was made also the one before it: an answer may have
//!   been lost, and whoever asks again gets the same successor.
//! - F2 An older generation, or the one before after that time, was used twice: somebody has copied it, and the family ends.
//! - F3 A family that was not refreshed for its whole life ends; at most [`FAMILIES_MAX`] are kept, the newest.
//!
//! Why F1 does not help a thief: a copied token that is used within the time leads to the same successor that the shopper has. Two of them
//! hold it, the first to use it makes the next generation, and the other one's use is then F2.

use mallcore_actors::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::platform::auth::refresh::FamilyId;

/// Devices that a user can be logged in on; one more ends the session that was used least recently.
pub const FAMILIES_MAX: usize = 8;
/// How long the generation before the newest one may still be presented: a request's time limit on a phone, and one more try.
pub const RETRY_MILLIS: u64 = 30_000;

/// All sessions of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Families(Vec<Family>);

/// One session of a shopper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Family {
    id: FamilyId,
    /// The newest one that was issued.
    generation: u32,
    /// When that was, in milliseconds since 1970.
    refreshed_at: u64,
}

/// What a presented refresh token leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The next generation was made; it has to be stored before it is answered.
    Rotated(u32),
    /// The newest generation once more: nothing changes.
    Again(u32),
    /// The token was used before: the family has ended, which has to be stored.
    Reused,
    /// There is no such session, or no longer.
    Ended,
}

impl Families {
    /// Begins a session with generation 0.
    pub fn begin(&mut self, id: FamilyId, now: Timestamp, lives_millis: u64) {
        self.forget_ended(now, lives_millis);
        self.0.push(Family { id, generation: 0, refreshed_at: now.millis() });
        self.0.sort_by_key(|family| std::cmp::Reverse(family.refreshed_at));
        self.0.truncate(FAMILIES_MAX);
    }

    /// A refresh token of this family and generation is presented.
    pub fn present(&mut self, id: &FamilyId, generation: u32, now: Timestamp, lives_millis: u64) -> Presented {
        self.forget_ended(now, lives_millis);
        let Some(family) = self.0.iter_mut().find(|family| family.id == *id) else { return Presented::Ended };
        let age_millis = now.millis().saturating_sub(family.refreshed_at);
        if generation == family.generation {
            family.generation = family.generation.saturating_add(1);
            family.refreshed_at = now.millis();
            return Presented::Rotated(family.generation);
        }
        if generation.checked_add(1) == Some(family.generation) && age_millis < RETRY_MILLIS {
            return Presented::Again(family.generation);
        }
        self.end(id);
        Presented::Reused
    }

    /// Ends a session. Whether it was there.
    pub fn end(&mut self, id: &FamilyId) -> bool {
        let before = self.0.len();
        self.0.retain(|family| family.id != *id);
        self.0.len() < before
    }

    fn forget_ended(&mut self, now: Timestamp, lives_millis: u64) {
        self.0.retain(|family| now.millis().saturating_sub(family.refreshed_at) < lives_millis);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIVES: u64 = 1_000_000;

    impl Families {
        fn is_empty(&self) -> bool {
            self.0.is_empty()
        }
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn begun() -> (Families, FamilyId) {
        let (mut families, id) = (Families::default(), FamilyId::random());
        families.begin(id.clone(), at(0), LIVES);
        (families, id)
    }

    #[test]
    fn each_refresh_makes_a_generation_and_a_lost_answer_is_given_again() {
        let (mut families, id) = begun();
        assert_eq!(families.present(&id, 0, at(10), LIVES), Presented::Rotated(1));
        assert_eq!(families.present(&id, 0, at(10 + RETRY_MILLIS - 1), LIVES), Presented::Again(1));
        assert_eq!(families.present(&id, 1, at(20 + RETRY_MILLIS), LIVES), Presented::Rotated(2));
        assert_eq!(families.present(&id, 2, at(30 + RETRY_MILLIS), LIVES), Presented::Rotated(3));
    }

    #[test]
    fn a_token_that_was_used_before_ends_the_session() {
        for (generation, after) in [(0, RETRY_MILLIS), (7, 1)] {
            let (mut families, id) = begun();
            families.present(&id, 0, at(10), LIVES);
            assert_eq!(families.present(&id, generation, at(10 + after), LIVES), Presented::Reused, "{generation}");
            assert_eq!(families.present(&id, 1, at(20 + after), LIVES), Presented::Ended);
        }
    }

    #[test]
    fn a_session_that_nobody_refreshes_ends() {
        let (mut families, id) = begun();
        assert_eq!(families.present(&id, 0, at(LIVES), LIVES), Presented::Ended);
        assert!(families.is_empty());
    }

    #[test]
    fn one_device_too_many_ends_the_one_that_was_used_least_recently() {
        let (mut families, first) = begun();
        let others: Vec<_> = (1..=FAMILIES_MAX as u64).map(|time| (FamilyId::random(), at(time))).collect();
        for (id, now) in &others {
            families.begin(id.clone(), *now, LIVES);
        }
        assert!(!families.end(&first));
        assert!(others.iter().all(|(id, _)| families.end(id)));
    }

    proptest! {
        /// A thief and a shopper share a token and use what they have in any order: as soon as both have used a generation outside of the time
        /// for retries, nobody is logged in.
        #[test]
        fn of_two_who_share_a_session_none_keeps_it(turns in prop::collection::vec((any::<bool>(), RETRY_MILLIS..RETRY_MILLIS * 2), 1..40)) {
            let (mut families, id) = begun();
            let (mut held, mut now, mut ended) = ([0_u32, 0], 0, false);
            for (who, pause) in turns {
                now += pause;
                let who = usize::from(who);
                match families.present(&id, held[who], at(now), u64::MAX) {
                    Presented::Rotated(next) | Presented::Again(next) => {
                        prop_assert!(!ended);
                        held[who] = next;
                    }
                    Presented::Reused => ended = true,
                    Presented::Ended => prop_assert!(ended),
                }
                prop_assert_eq!(families.is_empty(), ended);
            }
        }

        /// Whoever always uses the newest token they know, and repeats in time what they heard no answer to, is never locked out.
        #[test]
        fn a_bad_network_locks_nobody_out(lost in prop::collection::vec(0_u64..4, 1..40)) {
            let (mut families, id) = begun();
            let (mut held, mut now) = (0, 0);
            for lost in lost {
                now += RETRY_MILLIS;
                for _ in 0..lost {
                    now += RETRY_MILLIS / 5;
                    families.present(&id, held, at(now), u64::MAX);
                }
                now += 1;
                match families.present(&id, held, at(now), u64::MAX) {
                    Presented::Rotated(next) | Presented::Again(next) => held = next,
                    other => prop_assert!(false, "{other:?}"),
                }
            }
        }
    }
}
