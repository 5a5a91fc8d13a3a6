//! The database as handlers write cold rows to it: bounded in time, and reached again by itself after an outage.
//! - W1 Nobody waits longer than [`WRITE_WITHIN`]; what was cut off then may have happened or not, so what is written can be written again.
//! - W2 After a write the outbox's relay looks at once: what the write asks for is carried out without waiting for the next look.

use std::time::Duration;

use crate::platform::database::{Connections, Database, Error, Reach, Settings};
use crate::platform::outbox::Nudge;

/// For a write that a client waits for.
pub const WRITE_WITHIN: Duration = Duration::from_secs(5);

/// The writers' connections. What they write has no other copy, so a commit is on disk when it is answered.
const CONNECTIONS: Connections = Connections {
    max: 4,
    wait_max: Duration::from_millis(2_500),
    lock_wait_max: Duration::from_secs(2),
    synced: true,
    ..Connections::READ
};

/// The way of cold writes.
pub struct Writes {
    reach: Reach,
    nudge: Nudge,
}

impl Writes {
    /// Connects when it is first asked; wakes the relay that has this nudge.
    pub fn new(settings: Settings, nudge: Nudge) -> Self {
        Self { reach: Reach::new(settings, CONNECTIONS), nudge }
    }

    /// Runs a write, and gives up after a while; then has the outbox looked at.
    ///
    /// # Errors
    /// The write's own, or [`Error::Unavailable`] if the database did not answer in time.
    pub async fn write<T, E: From<Error>>(&self, write: impl AsyncFnOnce(&Database) -> Result<T, E>) -> Result<T, E> {
        let database = self.reach.current();
        match tokio::time::timeout(WRITE_WITHIN, write(&database)).await {
            Ok(done) => {
                self.nudge.wake();
                done
            }
            Err(_) => {
                self.reach.replace(&database);
                Err(Error::timed_out().into())
            }
        }
    }
}
