//! The shop's clock: wall clock at start, then the monotonic clock, slewed towards the wall clock.
//! - T1 It never goes backwards, and never starts below the last record's time; a rebase by an operator is the one exception.
//! - T2 It gains or loses at most a tenth while it slews.
//! - T3 A difference above a minute is not followed: timers freeze until an operator or NTP puts the machine right, or the operator
//!   rebases the clock (`rebase`). While it lasts, the log, the part `clock` of the readiness and two gauges say so.

pub mod rebase;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use mallcore_actors::metrics::GaugeFamily;
use mallcore_actors::time::{Clock, Timestamp};

use crate::platform::readiness::{Check, Health};
use crate::platform::rfc3339::Rfc3339;

/// 1 while timers wait for the machine's clock to be put right.
static FROZEN: GaugeFamily = GaugeFamily::new(
    "mallcore_clock_frozen",
    "1 while the machine's clock is more than a minute from the shop's: it is not followed, and timers do not fire.",
);
/// How far the shop's clock is from the machine's.
static OFFSET: GaugeFamily = GaugeFamily::new(
    "mallcore_clock_offset_seconds",
    "Seconds that the shop's clock is ahead of the machine's; negative where it is behind.",
);

/// A larger difference is taken for a fault of the machine's clock, not for drift.
pub const STEP_MAX_MILLIS: u64 = 60_000;
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
        (difference.unsigned_abs() <= STEP_MAX_MILLIS).then_some(Self {
            origin_micros: monotonic_micros,
            base_micros: now,
            rate_per_mille: rate,
        })
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
    /// Starts at the wall clock, or at `floor` (the last record's time) where that is later. Frozen, with an error in the log, where it is
    /// later by more than a minute: records were written while the machine's clock was ahead of what it says now.
    pub fn starting_after(floor: Timestamp) -> Self {
        let wall = wall_millis();
        let frozen = floor.millis() > wall + STEP_MAX_MILLIS;
        let line = Line { origin_micros: 0, base_micros: wall.max(floor.millis()) * 1000, rate_per_mille: 0 };
        let clock = Self { started: Instant::now(), line: ArcSwap::from_pointee(line), frozen: AtomicBool::new(frozen) };
        if frozen {
            tracing::error!(
                "the last record was written at {}, which is still to come; {}",
                Rfc3339::from(floor),
                advice(clock.offset_millis())
            );
        }
        clock
    }

    /// Milliseconds that it is ahead of the machine's clock; negative where it is behind.
    pub fn offset_millis(&self) -> i64 {
        // Both are far below 2^63 milliseconds.
        self.now().millis() as i64 - wall_millis() as i64
    }

    /// Whether it follows the machine's clock, for the readiness. One can sell while it does not, by hours that may be wrong.
    pub fn check(&self) -> Check {
        let offset_millis = self.offset_millis();
        let (health, detail) = if self.frozen() {
            (Health::Degraded, advice(offset_millis))
        } else {
            (Health::Pass, format!("within {} of the machine's clock", span(offset_millis.unsigned_abs())))
        };
        Check { part: "clock", health, detail }
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
                tracing::error!("the machine's clock was set; {}", advice(self.offset_millis()));
            } else {
                tracing::info!("the machine's clock agrees again; timers go on");
            }
        }
        FROZEN.get().set(f64::from(u8::from(frozen)));
        OFFSET.get().set(self.offset_millis() as f64 / 1000.0);
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

/// What a shop whose clock is so far ahead of the machine's does not do, and how to end that.
fn advice(offset_millis: i64) -> String {
    let (far, remedy) = if offset_millis > 0 {
        ("ahead of", "stop the server, run `mallcore clock rebase`, and start it again")
    } else {
        ("behind", "restart the server: it starts with the machine's clock")
    };
    format!(
        "the shop's clock is {} {far} the machine's and does not follow it: unpaid orders do not time out, ended sales keep their pieces, and \
         sales open and close by the shop's clock. If the machine's clock is right, {remedy}; if it is wrong, set it right",
        span(offset_millis.unsigned_abs())
    )
}

/// A length of time for people: its two largest units.
pub fn span(millis: u64) -> String {
    let (seconds, minutes, hours, days) = (millis / 1_000, millis / 60_000, millis / 3_600_000, millis / 86_400_000);
    match () {
        () if days > 0 => format!("{days} d {} h", hours % 24),
        () if hours > 0 => format!("{hours} h {} min", minutes % 60),
        () if minutes > 0 => format!("{minutes} min {} s", seconds % 60),
        () if seconds > 0 => format!("{seconds} s {} ms", millis % 1_000),
        () => format!("{millis} ms"),
    }
}

/// The machine's clock.
pub fn machine_now() -> Timestamp {
    Timestamp::from_millis(wall_millis())
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
    fn a_start_after_a_record_from_the_future_is_told_with_its_remedy() {
        let clock = SystemClock::starting_after(machine_now().plus_millis(5 * 3_600_000));
        let check = clock.check();
        assert_eq!((check.part, check.health), ("clock", Health::Degraded));
        let is_told = ["4 h 59 min ahead", "5 h 0 min ahead"].iter().any(|far| check.detail.contains(far));
        assert!(is_told && check.detail.contains("mallcore clock rebase"), "{check:?}");
        assert!(clock.frozen());
        clock.discipline();
        assert!(clock.frozen(), "a second later it still is");
        let well = SystemClock::starting_after(machine_now());
        assert_eq!(well.check().health, Health::Pass, "{:?}", well.check());
    }

    #[test]
    fn a_step_while_running_is_told_with_the_remedy_of_its_direction() {
        for (ahead_millis, remedy) in [(3 * 3_600_000_i64, "mallcore clock rebase"), (-3 * 3_600_000, "restart the server")] {
            let clock = SystemClock::starting_after(Timestamp::default());
            assert_eq!(clock.check().health, Health::Pass);
            // The machine's clock is set back, or on: the same as if the shop's had been set the other way.
            let stepped = (clock.line.load().base_micros as i64 + ahead_millis * 1000) as u64;
            clock.line.store(std::sync::Arc::new(Line { base_micros: stepped, ..**clock.line.load() }));
            clock.discipline();
            let check = clock.check();
            assert_eq!(check.health, Health::Degraded);
            assert!(check.detail.contains(remedy), "{check:?}");
            let right = (clock.line.load().base_micros as i64 - ahead_millis * 1000) as u64;
            clock.line.store(std::sync::Arc::new(Line { base_micros: right, ..**clock.line.load() }));
            clock.discipline();
            assert_eq!(clock.check().health, Health::Pass, "it is right again");
        }
    }

    #[test]
    fn a_span_has_its_two_largest_units() {
        let spans = [7, 1_007, 61_000, 3_661_000, 90_000_000].map(span);
        assert_eq!(spans, ["7 ms", "1 s 7 ms", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
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
