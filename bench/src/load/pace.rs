//! When each purchase is sent: as soon as the last one is answered (closed loop), or at its place in a fixed schedule (open loop).
//! - L1 in the open loop a purchase's time counts from its place in the schedule, however late it was sent: a server that stalls
//!   is charged for everybody who would have come meanwhile (no coordinated omission).
//!
//! The schedule moves in whole milliseconds, because the runtime's timer does; the tick is part of the schedule, not of the latency.

use std::time::Duration;

/// How purchases follow one another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// Each connection sends when its last purchase is answered.
    Closed,
    /// So many purchases a second, over all connections.
    Open {
        /// Requests a second, more than 0.
        per_second: f64,
    },
}

impl Pace {
    /// When purchase `number` of the run is due, counted from the start; `None`: at once.
    pub fn due(self, number: u64) -> Option<Duration> {
        match self {
            Self::Closed => None,
            Self::Open { per_second } => Some(Duration::from_millis((number as f64 * 1000.0 / per_second) as u64)),
        }
    }

    /// How many purchases are due before `elapsed`; `None`: as many as get through.
    pub fn due_before(self, elapsed: Duration) -> Option<u64> {
        match self {
            Self::Closed => None,
            Self::Open { per_second } => Some((elapsed.as_secs_f64() * per_second).ceil() as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_neither_drifts_nor_runs_ahead() {
        let pace = Pace::Open { per_second: 3_333.0 };
        for seconds in [1_u64, 7, 600] {
            let elapsed = Duration::from_secs(seconds);
            let due = pace.due_before(elapsed).unwrap();
            assert_eq!(due, 3_333 * seconds);
            assert!(pace.due(due - 1).unwrap() < elapsed && pace.due(due).unwrap() >= elapsed - Duration::from_millis(1));
        }
        assert_eq!(Pace::Closed.due(9), None);
    }
}
