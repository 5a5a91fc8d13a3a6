//! How many requests are not answered yet: a stop waits for them before it takes the actors away that they need.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How often one looks whether all are answered.
const LOOK: Duration = Duration::from_millis(10);
/// Nobody may come for so long before it counts: an answer is still on its way to the socket when its request is no longer counted, and a
/// kept connection may just bring its next request.
const QUIET: Duration = Duration::from_millis(100);

/// Requests in flight, of all workers.
#[derive(Debug, Default)]
pub struct InFlight(AtomicUsize);

impl InFlight {
    pub(super) fn enter(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn leave(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// So many now.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits until there are none for a little while.
    pub async fn none(&self) {
        let mut quiet = Duration::ZERO;
        while quiet < QUIET {
            tokio::time::sleep(LOOK).await;
            quiet = if self.count() == 0 { quiet + LOOK } else { Duration::ZERO };
        }
    }
}
