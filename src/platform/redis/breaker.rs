//! When Redis is given up, and when it is asked again. Pure: no clock, no I/O.
//! - B1 A broken connection gives up at once, slowness only at the third slow answer in a row: one late packet is not an outage.
//! - B2 While given up nobody is let through but the one probe; its answer alone ends it.
//! - B3 Pauses grow over connections that break again at once, too: only one that has proved itself begins with short pauses again.

use std::time::Duration;

/// Slow answers in a row that are taken for an outage.
pub const STRIKES_MAX: u32 = 3;
/// Before the first probe that follows a failed one, and at most.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How a command failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No answer within the budget.
    Slow,
    /// The connection is gone, or the server says that it cannot serve.
    Broken,
}

/// Closed: commands pass. Open: only probes do. Both count the attempts to connect since a connection last proved itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breaker {
    /// Commands pass; failures are counted.
    Closed {
        /// Slow answers in a row.
        strikes: u32,
        /// 0 once this connection has proved itself.
        attempts: u32,
    },
    /// Commands fail at once, until it is tried again.
    Open {
        /// Those that failed, and connections that broke before they proved themselves.
        attempts: u32,
    },
}

impl Breaker {
    /// Before the first connection: nothing passes until a probe has been answered.
    pub const fn new() -> Self {
        Self::Open { attempts: 0 }
    }

    /// A command was answered in time.
    pub fn answered(&mut self) {
        if let Self::Closed { strikes, .. } = self {
            *strikes = 0;
        }
    }

    /// A command failed. Whether this is what opened it.
    pub fn failed(&mut self, failure: Failure) -> bool {
        let Self::Closed { strikes, attempts } = self else { return false };
        *strikes += 1;
        let opens = failure == Failure::Broken || *strikes >= STRIKES_MAX;
        if opens {
            *self = Self::Open { attempts: *attempts };
        }
        opens
    }

    /// A probe was answered: commands pass again.
    pub fn probe_answered(&mut self) {
        if let Self::Open { attempts } = self {
            *self = Self::Closed { strikes: 0, attempts: attempts.saturating_add(1) };
        }
    }

    /// The connection was asked again a while later, and answered.
    pub fn proved(&mut self) {
        if let Self::Closed { attempts, .. } = self {
            *attempts = 0;
        }
    }

    /// A probe failed.
    pub fn probe_failed(&mut self) {
        if let Self::Open { attempts } = self {
            *attempts = attempts.saturating_add(1);
        }
    }

    /// How long to wait before the next probe.
    pub fn pause(&self) -> Duration {
        match self {
            Self::Closed { .. } | Self::Open { attempts: 0 } => Duration::ZERO,
            Self::Open { attempts } => PAUSE.saturating_mul(1 << (*attempts - 1).min(10)).min(PAUSE_MAX),
        }
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed() -> Breaker {
        let mut breaker = Breaker::new();
        breaker.probe_answered();
        breaker.proved();
        breaker
    }

    #[test]
    fn a_broken_connection_opens_at_once_and_only_once() {
        let mut breaker = closed();
        assert_eq!([breaker.failed(Failure::Broken), breaker.failed(Failure::Broken)], [true, false]);
    }

    #[test]
    fn slowness_opens_at_the_third_in_a_row() {
        let mut breaker = closed();
        assert!(!breaker.failed(Failure::Slow) && !breaker.failed(Failure::Slow));
        breaker.answered();
        assert_eq!([Failure::Slow; 3].map(|failure| breaker.failed(failure)), [false, false, true]);
    }

    #[test]
    fn an_open_one_is_closed_by_a_probe_only() {
        let mut breaker = Breaker::new();
        breaker.answered();
        breaker.proved();
        assert_eq!(breaker, Breaker::Open { attempts: 0 });
        breaker.probe_failed();
        breaker.probe_answered();
        assert!(matches!(breaker, Breaker::Closed { .. }));
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let mut breaker = Breaker::new();
        let mut fail = || {
            breaker.probe_failed();
            breaker.pause().as_millis()
        };
        assert_eq!([(); 8].map(|()| fail()), [250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
    }

    #[test]
    fn a_connection_that_proved_itself_is_replaced_at_once() {
        let mut breaker = closed();
        breaker.failed(Failure::Broken);
        assert_eq!(breaker.pause(), Duration::ZERO);
    }

    #[test]
    fn pauses_grow_though_each_probe_is_answered() {
        let mut breaker = closed();
        let mut flap = || {
            breaker.failed(Failure::Broken);
            let pause = breaker.pause().as_millis();
            breaker.probe_answered();
            pause
        };
        assert_eq!([(); 8].map(|()| flap()), [0, 250, 500, 1000, 2000, 4000, 5000, 5000]);
        breaker.proved();
        breaker.failed(Failure::Broken);
        assert_eq!(breaker.pause(), Duration::ZERO, "short pauses again");
    }
}
