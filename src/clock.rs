//! The shop's clock: wall clock at start, then the monotonic clock, slewed towards the wall clock.
//! - T1 It never goes backwards, and never starts below the last record's time.
//! - T2 It gains or loses at most a tenth while it slews.
//! - T3 A difference above a minute is not followed: timers freeze until an operator or NTP puts the machine right.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use mallcore_actors::metrics::GaugeFamily;
use mallcore_actors::time::{Clock, Timestamp};

/// 1 while timers wait for the machine's clock to be put right.
static FROZEN: GaugeFamily =
    GaugeFamily::new("mallcore_clock_frozen", "1 while the machine's clock is more than a minute off and timers are therefore frozen.");

/// A larger difference is taken for a fault of the machine's clock, not for drift.
const STEP_MAX_MILLIS: i64 = 60_000;
/// A difference is made good over so long where the rate allows it.
const SLEW_OVER_MILLIS: i64 = 10_000;
/// Largest change of rate, in thousandths.
const RATE_MAX_PER_MILLE: i64 = 100;

/// A straight line through time: at `base` after `origin`, running `1 + rate / 1000` times as fast as the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    origin_micros: u64,
    base_micros: u64,
    rate_per_mille: i64,
}

impl Line {
    fn at(&self, monotonic_micros: u64) -> u64 {
        let elapsed = monotonic_micros.saturating_sub(self.origin_micros);
        let slewed = i128::from(elapsed) * i128::from(1000 + self.rate_per_mille) / 1000;
        self.base_micros.saturating_add(u64::try_from(slewed).unwrap_or(0))
    }

    /// The line that continues this one and closes the difference to the wall clock; none if that is too large to be drift.
    fn disciplined(&self, monotonic_micros: u64, wall_millis: u64) -> Option<Self> {
        let now = self.at(monotonic_micros);
        let difference = wall_millis as i64 - (now / 1000) as i64;
        let rate = (difference * 1000 / SLEW_OVER_MILLIS).clamp(-RATE_MAX_PER_MILLE, RATE_MAX_PER_MILLE);
        (difference.abs() <= STEP_MAX_MILLIS).then_some(Self { origin_micros: monotonic_micros, base_micros: now, rate_per_mille: rate })
    }
}

/// The clock of a running server.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    line: ArcSwap<Line>,
    frozen: AtomicBool,
}

impl SystemClock {
    /// Starts at the wall clock, or at `floor` (the last record's time) where that is later.
    pub fn starting_after(floor: Timestamp) -> Self {
        let wall = wall_millis();
        let frozen = floor.millis() > wall + STEP_MAX_MILLIS as u64;
        let line = Line { origin_micros: 0, base_micros: wall.max(floor.millis()) * 1000, rate_per_mille: 0 };
        Self { started: Instant::now(), line: ArcSwap::from_pointee(line), frozen: AtomicBool::new(frozen) }
    }

    /// Compares with the wall clock; call about once a second.
    pub fn discipline(&self) {
        let monotonic = self.monotonic_micros();
        let line = **self.line.load();
        let next = line.disciplined(monotonic, wall_millis());
        let frozen = next.is_none();
        // While it does not follow the wall clock it runs as fast as the monotonic one.
        let alone = Line { origin_micros: monotonic, base_micros: line.at(monotonic), rate_per_mille: 0 };
        self.line.store(std::sync::Arc::new(next.unwrap_or(alone)));
        if self.frozen.swap(frozen, Ordering::Relaxed) != frozen {
            if frozen {
                tracing::error!("the machine's clock was set by more than a minute; timers are frozen until it is right again");
            } else {
                tracing::info!("the machine's clock agrees again; timers go on");
            }
        }
        FROZEN.get().set(f64::from(u8::from(frozen)));
    }

    /// Keeps the clock disciplined until the task is dropped.
    pub async fn keep_disciplined(self: std::sync::Arc<Self>) {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        loop {
            tick.tick().await;
            self.discipline();
        }
    }

    fn monotonic_micros(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.line.load().at(self.monotonic_micros()) / 1000)
    }

    fn frozen(&self) -> bool {
        self.frozen.load(Ordering::Relaxed)
    }
}

fn wall_millis() -> u64 {
    // Before 1970 there is no shop; the floor then decides.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINE: Line = Line { origin_micros: 0, base_micros: 1_000_000_000_000, rate_per_mille: 0 };

    #[test]
    fn a_large_step_is_not_followed() {
        assert_eq!(LINE.disciplined(0, 1_000_000_000 + 60_001), None);
        assert_eq!(LINE.disciplined(0, 1_000_000_000 - 60_001), None);
        assert!(LINE.disciplined(0, 1_000_000_000 + 60_000).is_some());
    }

    #[test]
    fn drift_is_closed() {
        let (mut line, mut micros) = (LINE, 0);
        for second in 1..=60 {
            micros = second * 1_000_000;
            line = line.disciplined(micros, 1_000_000_000 + 2_000 + second * 1000).unwrap();
        }
        let difference = (1_000_000_000 + 2_000 + 60_000) as i64 - (line.at(micros) / 1000) as i64;
        assert!(difference.abs() < 100, "{difference} ms left of 2000");
    }

    proptest! {
        #[test]
        fn time_never_goes_backwards(steps in proptest::collection::vec((0..5_000_000u64, -70_000..70_000i64), 1..50)) {
            let (mut line, mut micros, mut last) = (LINE, 0, 0);
            for (step, wall_offset) in steps {
                micros += step;
                let wall = (line.at(micros) / 1000) as i64 + wall_offset;
                line = line.disciplined(micros, wall as u64).unwrap_or(line);
                prop_assert!(line.at(micros) >= last);
                last = line.at(micros);
            }
        }
    }
}
