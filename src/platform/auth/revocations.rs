//! Which access tokens no longer count although they have not expired: for each user the lowest version that a token may have.
//! - V1 A token whose version is below its user's is refused from the moment at which this process learns of it.
//! - V2 Asking about a token that was verified before costs one atomic load: no lock, no look-up, no allocation.
//! - V3 Memory is bounded by the users whose version changed within [`KEPT`]; an older change concerns no token that still lives.
//!
//! Not here: who revokes (`features::accounts`), the row of the version, telling other processes (`features::accounts::revoking`).

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;

/// How long a change of a version is remembered: longer than any token lives that production issues (`ACCESS_TOKEN_SECONDS` is at most a
/// day). `mallcore token`, which production refuses, can print tokens that live longer.
pub const KEPT: Duration = Duration::from_secs(25 * 3_600);

/// Users that share a counter: a revocation makes the tokens of its neighbours be verified once more.
const COUNTERS: usize = 1 << 16;

/// The versions that are known, and counters by which it is noticed that one has changed.
pub struct Revocations {
    lowest: DashMap<UserId, Lowest>,
    counters: Box<[AtomicU32]>,
}

#[derive(Clone, Copy)]
struct Lowest {
    version: u32,
    at: Timestamp,
}

/// The value of a user's counter at some moment; while it has not changed, neither has the user's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen(u32);

impl Default for Revocations {
    fn default() -> Self {
        Self { lowest: DashMap::new(), counters: (0..COUNTERS).map(|_| AtomicU32::new(0)).collect() }
    }
}

impl Revocations {
    /// Tokens of this user below `version` no longer count. A version that is lower than the known one changes nothing, so that news may
    /// come twice and in any order.
    pub fn revoke_below(&self, user: UserId, version: u32, at: Timestamp) {
        let mut changed = false;
        self.lowest
            .entry(user)
            .and_modify(|lowest| {
                changed = version > lowest.version;
                if changed {
                    *lowest = Lowest { version, at };
                }
            })
            .or_insert_with(|| {
                changed = version > 0;
                Lowest { version, at }
            });
        if changed {
            // After the version: whoever reads the counter and then the version has either the new version or a counter that is about to change.
            self.counter(user).fetch_add(1, Ordering::Release);
        }
    }

    /// Whether a token of this version counts.
    pub fn accepts(&self, user: UserId, version: u32) -> bool {
        self.lowest.get(&user).is_none_or(|lowest| version >= lowest.version)
    }

    /// To be read before [`Self::accepts`] is asked, and compared later.
    pub fn seen(&self, user: UserId) -> Seen {
        Seen(self.counter(user).load(Ordering::Acquire))
    }

    /// Forgets changes that are older than [`KEPT`].
    pub fn forget_old(&self, now: Timestamp) {
        self.lowest.retain(|_, lowest| now.millis_since(lowest.at) < KEPT.as_millis() as u64);
    }

    /// Users whose version is remembered.
    pub fn len(&self) -> usize {
        self.lowest.len()
    }

    /// Whether nobody's version is remembered.
    pub fn is_empty(&self) -> bool {
        self.lowest.is_empty()
    }

    fn counter(&self, user: UserId) -> &AtomicU32 {
        // The remainder is below the number of counters.
        &self.counters[(user.get() % COUNTERS as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn a_version_only_rises() {
        let (revocations, at) = (Revocations::default(), Timestamp::from_millis(1_000));
        assert!(revocations.accepts(user(1), 0));
        let before = revocations.seen(user(1));
        revocations.revoke_below(user(1), 2, at);
        assert_ne!(revocations.seen(user(1)), before);
        assert_eq!([0, 1, 2, 3].map(|version| revocations.accepts(user(1), version)), [false, false, true, true]);
        let after = revocations.seen(user(1));
        revocations.revoke_below(user(1), 1, at);
        assert_eq!(revocations.seen(user(1)), after, "old news changes nothing");
        assert!(!revocations.accepts(user(1), 1) && revocations.accepts(user(2), 0));
    }

    #[test]
    fn what_is_older_than_every_token_is_forgotten() {
        let revocations = Revocations::default();
        let kept = KEPT.as_millis() as u64;
        revocations.revoke_below(user(1), 1, Timestamp::from_millis(1_000));
        revocations.revoke_below(user(2), 1, Timestamp::from_millis(1_001));
        revocations.forget_old(Timestamp::from_millis(1_000 + kept));
        assert_eq!(revocations.len(), 1);
        assert!(revocations.accepts(user(1), 0) && !revocations.accepts(user(2), 0));
    }
}
