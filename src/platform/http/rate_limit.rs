//! Token buckets by shopper and by client address, and what is answered to whoever has to wait. Every request is decided here and now;
//! with Redis the buckets are shared with the other processes, behind the requests (`limits`).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mallcore_actors::ids::UserId;

use super::problem::Problem;
use crate::platform::config::RateLimits;
use crate::platform::limits::{Buckets, Nanos, ROUND, Shared, Sharing};
use crate::platform::redis::Link;

/// The buckets; none where limits are off.
pub struct Limits(Option<Kinds>);

struct Kinds {
    /// When the buckets' time began.
    began: Instant,
    users: Arc<Buckets<UserId>>,
    addresses: Arc<Buckets<IpAddr>>,
}

impl Limits {
    /// Limits with full buckets, of these sizes.
    pub fn new(settings: RateLimits) -> Self {
        Self(settings.enabled.then(|| Kinds {
            began: Instant::now(),
            users: Arc::new(Buckets::new(settings.user)),
            addresses: Arc::new(Buckets::new(settings.ip)),
        }))
    }

    /// Takes a token of this shopper.
    pub fn take_from_user(&self, user: UserId) -> Result<(), Problem> {
        self.0.as_ref().map_or(Ok(()), |kinds| kinds.users.take(user, kinds.now()).map_err(wait))
    }

    /// Takes a token of this address.
    pub fn take_from_address(&self, address: IpAddr) -> Result<(), Problem> {
        self.0.as_ref().map_or(Ok(()), |kinds| kinds.addresses.take(address, kinds.now()).map_err(wait))
    }

    /// Forgets buckets that are full again.
    pub fn forget_idle(&self) {
        if let Some(kinds) = &self.0 {
            let now = kinds.now();
            kinds.users.forget_idle(now);
            kinds.addresses.forget_idle(now);
        }
    }

    /// Shares the buckets with the processes at this Redis, for as long as the task lives; none where limits are off.
    pub fn share(&self, link: Link) -> Option<impl Future<Output = ()> + Send + 'static> {
        let kinds = self.0.as_ref()?;
        let users = Shared { prefix: "limit:user:".to_owned(), buckets: Arc::clone(&kinds.users) };
        let addresses = Shared { prefix: "limit:address:".to_owned(), buckets: Arc::clone(&kinds.addresses) };
        let sharing = Sharing::new(link, kinds.began);
        Some(async move {
            let mut round = tokio::time::interval(ROUND);
            round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                round.tick().await;
                sharing.round(&users).await;
                sharing.round(&addresses).await;
            }
        })
    }
}

impl Kinds {
    fn now(&self) -> Nanos {
        // 584 years fit.
        self.began.elapsed().as_nanos() as Nanos
    }
}

fn wait(wait: Duration) -> Problem {
    Problem::too_many_requests(u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Bucket;
    use crate::platform::http::problem::Hint;

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
