//! A clock that tests set.

use std::sync::atomic::{AtomicU64, Ordering};

use mallcore_actors::time::{Clock, Timestamp};

/// Stands until it is set; never set back.
#[derive(Debug)]
pub struct SetClock(AtomicU64);

impl SetClock {
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.millis()))
    }

    pub fn set(&self, now: Timestamp) {
        let before = self.0.swap(now.millis(), Ordering::Relaxed);
        assert!(before <= now.millis(), "the server's clock went back");
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}
