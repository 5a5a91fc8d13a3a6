//! Waiting for a burst's end. What a burst is, and how much may wait, is `mallcore_actors::lag::Burst`'s to say; here it gets its clock.

use std::time::{Duration, Instant};

use mallcore_actors::journal::Sequence;
use mallcore_actors::lag::{Burst, BurstLimits};

/// What comes in less time tells nothing about a rate.
const LOOK_MIN: Duration = Duration::from_millis(20);

/// Of one who works for the shop behind its back.
#[derive(Debug)]
pub struct Patience {
    /// None: nothing is waited for.
    burst: Option<Burst>,
    /// When the journal's end was last looked at, and where it was.
    looked: (Instant, Sequence),
}

impl Patience {
    /// With bursts of so many records a second, as long as no more than `records_max` wait; the journal ends at `end`.
    pub fn new(records_per_second: Option<u64>, records_max: u64, end: Sequence) -> Self {
        let burst = records_per_second.map(|records_per_second| Burst::new(BurstLimits { records_per_second, records_max }));
        Self { burst, looked: (Instant::now(), end) }
    }

    /// Whether the `waiting` records up to the journal's `end` should go on waiting. Asked now and then.
    pub fn goes_on(&mut self, waiting: u64, end: Sequence) -> bool {
        let Some(burst) = &mut self.burst else { return false };
        let elapsed = self.looked.0.elapsed();
        let (mut came, mut millis) = (0, 0);
        if elapsed >= LOOK_MIN {
            let (_, before) = std::mem::replace(&mut self.looked, (Instant::now(), end));
            came = end.0.saturating_sub(before.0);
            millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        }
        burst.goes_on(waiting, came, millis)
    }
}
