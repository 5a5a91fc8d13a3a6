//! The database as handlers and actors read it: bounded in time, and reached again by itself after an outage.
//! - E1 Nobody waits longer than this for a database that does not answer: it is unavailable then.
//! - E2 A connection cut off in the middle of a statement never comes back, so after a time-out all of them are replaced.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::database::{Connections, Database, Error, Settings};

/// For a list or a detail that a client waits for.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// For a SKU with all its buyers.
pub const LOAD_WITHIN: Duration = Duration::from_secs(60);

/// The readers' connections.
pub struct Reads {
    settings: Settings,
    current: ArcSwap<Database>,
}

impl Reads {
    /// Connects when it is first asked.
    pub fn new(settings: Settings) -> Self {
        let current = ArcSwap::from_pointee(settings.connect_lazily(Self::CONNECTIONS));
        Self { settings, current }
    }

    const CONNECTIONS: Connections = Connections { wait_max: ANSWER_WITHIN, ..Connections::READ };

    /// Asks, and gives up after a while.
    pub async fn ask<T>(&self, within: Duration, question: impl AsyncFnOnce(&Database) -> Result<T, Error>) -> Result<T, Error> {
        let database = self.current.load_full();
        match tokio::time::timeout(within, question(&database)).await {
            Ok(answer) => answer,
            Err(_) => {
                let fresh = Arc::new(self.settings.connect_lazily(Self::CONNECTIONS));
                // Whoever gave up at the same time may have done it already.
                self.current.compare_and_swap(&database, fresh);
                Err(Error::timed_out())
            }
        }
    }
}
