//! Token buckets by shopper and by client address. In this process only: each node gives its own share.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use mallcore_actors::ids::UserId;

use super::problem::Problem;
use crate::config::{Bucket, RateLimits};

/// The buckets; none where limits are off.
pub struct Limits(Option<Buckets>);

struct Buckets {
    users: DefaultKeyedRateLimiter<UserId>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl Limits {
    /// As configured.
    pub fn new(settings: RateLimits) -> Self {
        Self(settings.enabled.then(|| Buckets {
            users: RateLimiter::keyed(quota(settings.user)),
            addresses: RateLimiter::keyed(quota(settings.ip)),
            clock: DefaultClock::default(),
        }))
    }

    /// Takes a token of this shopper.
    pub fn take_from_user(&self, user: UserId) -> Result<(), Problem> {
        self.0.as_ref().map_or(Ok(()), |buckets| take(&buckets.users, &user, &buckets.clock))
    }

    /// Takes a token of this address.
    pub fn take_from_address(&self, address: IpAddr) -> Result<(), Problem> {
        self.0.as_ref().map_or(Ok(()), |buckets| take(&buckets.addresses, &address, &buckets.clock))
    }

    /// Forgets buckets that are full again; without this each key ever seen would stay.
    pub fn forget_idle(&self) {
        if let Some(buckets) = &self.0 {
            buckets.users.retain_recent();
            buckets.users.shrink_to_fit();
            buckets.addresses.retain_recent();
            buckets.addresses.shrink_to_fit();
        }
    }
}

fn quota(bucket: Bucket) -> Quota {
    // Configuration admits 1 at least.
    let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(at_least_one(bucket.per_second)).allow_burst(at_least_one(bucket.burst))
}

fn take<K: Hash + Eq + Clone>(buckets: &DefaultKeyedRateLimiter<K>, key: &K, clock: &DefaultClock) -> Result<(), Problem> {
    buckets.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(clock.now());
        Problem::too_many_requests(u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::Hint;

    fn limits(enabled: bool) -> Limits {
        let bucket = Bucket { per_second: 1, burst: 2 };
        Limits::new(RateLimits { enabled, user: bucket, ip: bucket })
    }

    #[test]
    fn an_empty_bucket_says_when_to_come_back_and_others_are_not_touched() {
        let (limits, one, two) = (limits(true), UserId::new(1).unwrap(), UserId::new(2).unwrap());
        let outcomes: Vec<_> = (0..3).map(|_| limits.take_from_user(one).map_err(|problem| problem.hint)).collect();
        assert_eq!(outcomes, [Ok(()), Ok(()), Err(Some(Hint::RetryAfter(1)))]);
        assert!(limits.take_from_user(two).is_ok());
    }

    #[test]
    fn limits_that_are_off_refuse_nobody() {
        let (limits, address) = (limits(false), IpAddr::from([203, 0, 113, 1]));
        assert!((0..100).all(|_| limits.take_from_address(address).is_ok()));
    }
}
