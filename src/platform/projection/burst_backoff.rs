//! Waiting for a burst's end. What a burst is, and how much may wait, is `mallcore_actors::lag::Burst`'s to say; here it gets its clock.

use std::time::{Duration, Instant};

use mallcore_actors::journal::Sequence;
use mallcore_actors::lag::{Burst, BurstLimits};

/// What comes in less time tells nothing about a rate.
const LOOK_MIN: Duration = Duration::from_millis(20);

/// Of one who works for the shop behind its back.
#[derive(Debug)]
pub struct BurstBackoff {
    /// None: nothing is waited for.
    burst: Option<Burst>,
    /// When the journal's end was last looked at, and where it was.
    looked: (Instant, Sequence),
    /// When it last ended its work, and how long that took.
    worked: (Instant, Duration),
}

impl BurstBackoff {
    /// With bursts of this kind; the journal ends at `end`.
    pub fn new(limits: Option<BurstLimits>, end: Sequence) -> Self {
        let now = Instant::now();
        Self { burst: limits.map(Burst::new), looked: (now, end), worked: (now, Duration::ZERO) }
    }

    /// So long it has worked until now.
    pub fn worked(&mut self, took: Duration) {
        self.worked = (Instant::now(), took);
    }

    /// Whether the `waiting` records up to the journal's `end` should go on waiting. Asked now and then.
    pub fn goes_on(&mut self, waiting: u64, end: Sequence) -> bool {
        let Some(burst) = &mut self.burst else { return false };
        let elapsed = self.looked.0.elapsed();
        let (mut came, mut millis) = (0, 0);
        if elapsed >= LOOK_MIN {
            let (_, before) = std::mem::replace(&mut self.looked, (Instant::now(), end));
            came = end.0.saturating_sub(before.0);
            millis = whole_millis(elapsed);
        }
        let (ended, took) = self.worked;
        burst.goes_on(waiting, came, millis) || ended.elapsed() < Duration::from_millis(burst.rest_millis(waiting, whole_millis(took)))
    }
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
