//! Wakes the relay from within its process: whoever has committed a row of the outbox need not wait for the next look.

use std::sync::Arc;

use tokio::sync::watch;

/// Cheap to clone; all clones wake the same relay.
#[derive(Debug, Clone)]
pub struct Nudge(Arc<watch::Sender<u64>>);

impl Default for Nudge {
    fn default() -> Self {
        Self(Arc::new(watch::channel(0).0))
    }
}

impl Nudge {
    /// Something was appended and committed.
    pub fn wake(&self) {
        self.0.send_modify(|times| *times = times.wrapping_add(1));
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
