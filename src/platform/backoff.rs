//! Pauses between attempts: doubling from the first to the last, each shortened by chance, so that many who wait do not come back at once.

use std::time::Duration;

use rand::Rng;

/// The pauses of one outage.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    next: Duration,
    last: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::between(Duration::from_millis(50), Duration::from_secs(5))
    }
}

impl Backoff {
    /// From the first pause to the longest.
    pub const fn between(first: Duration, last: Duration) -> Self {
        Self { next: first, last }
    }

    /// The next pause, between half and all of its nominal length.
    pub fn next_pause(&mut self) -> Duration {
        let nominal = self.next;
        self.next = (nominal * 2).min(self.last);
        nominal.mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_last() {
        let (first, last) = (Duration::from_millis(50), Duration::from_millis(300));
        let mut backoff = Backoff::between(first, last);
        for nominal in [50, 100, 200, 300, 300].map(Duration::from_millis) {
            let pause = backoff.next_pause();
            assert!(pause >= nominal / 2 && pause <= nominal, "{pause:?} of {nominal:?}");
        }
    }
}
