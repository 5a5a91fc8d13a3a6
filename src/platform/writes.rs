//! The database as handlers write cold rows to it, where it is the source of truth (the catalogue, addresses, profiles): bounded in time, on
//! disk when it is answered, and reached again by itself after an outage.
//! - W1 Nobody waits longer than [`WITHIN`]: the write is unavailable then, and whether it happened is not known.
//! - W2 A commit is never repeated, since it may have happened; a transaction that lost a lock is begun again ([`Database::transaction`]).
//! - W3 After a write the outbox's relay looks at once: what the write asks for is carried out without waiting for the next look.
//!
//! Not here: what the journal decides (`mallcore_actors::kernel`), and what other actors have to hear of (`platform::outbox`).

use std::time::Duration;

use crate::platform::database::{Connections, Database, Error, Reach, Settings, TransactionError, Tx};
use crate::platform::outbox::Nudge;

/// For a write that a client waits for. A batch of the projection may hold SQLite's only write lock for seconds.
pub const WITHIN: Duration = Duration::from_secs(10);
/// The writers' connections. What they write has no other copy, so a commit is on disk when it is answered.
const CONNECTIONS: Connections = Connections {
    max: 4,
    wait_max: Duration::from_millis(2_500),
    lock_wait_max: Duration::from_secs(2),
    synced: true,
    ..Connections::READ
};

/// For what is written behind: it waits for the projection's largest batch rather than giving up its connection.
const BEHIND_WITHIN: Duration = Duration::from_secs(30);

/// One connection for what is written behind, of which a power cut may take the last moment.
const BEHIND: Connections = Connections { max: 1, synced: false, ..CONNECTIONS };
/// The way of cold writes.
pub struct Writes {
    reach: Reach,
    nudge: Nudge,
    within: Duration,
}

impl Writes {
    /// Connects when it is first asked; wakes the relay that has this nudge.
    pub fn new(settings: Settings, nudge: Nudge) -> Self {
        Self { reach: Reach::new(settings, CONNECTIONS), nudge, within: WITHIN }
    }

    /// The same for a task that writes behind, beside those whom clients wait for.
    pub fn behind(settings: Settings, nudge: Nudge) -> Self {
        Self { reach: Reach::new(settings, BEHIND), nudge, within: BEHIND_WITHIN }
    }

    /// Runs a write, and gives up after a while; then has the outbox looked at.
    ///
    /// # Errors
    /// The write's own, or [`Error::Unavailable`] if the database did not answer in time.
    pub async fn write<T, E: From<Error>>(&self, write: impl AsyncFnOnce(&Database) -> Result<T, E>) -> Result<T, E> {
        let database = self.reach.current();
        match tokio::time::timeout(self.within, write(&database)).await {
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

    /// Runs a transaction whole and commits it. An error of `edit` undoes everything. `edit` may run several times.
    ///
    /// # Errors
    /// That of `edit`, or of the database.
    pub async fn transaction<T, E: TransactionError>(&self, edit: impl AsyncFn(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        self.write(async |database| database.transaction(edit).await).await
    }
}
