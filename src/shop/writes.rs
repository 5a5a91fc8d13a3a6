//! The database as handlers write to it where the database is the source of truth (addresses, profiles): one transaction, on disk when it is
//! answered, begun again when it lost a lock.
//! - W1 Nobody waits longer than [`WITHIN`]: the write is unavailable then, and whether it happened is not known.
//! - W2 A commit is never repeated, since it may have happened.
//!
//! Not here: what the journal decides (`mallcore_actors::kernel`), and what other actors have to hear of (`platform::outbox`).

use std::time::Duration;

use crate::platform::database::{Connections, Error, Reach, Settings, Tx};
use crate::platform::vault::VaultError;

/// For a write that a client waits for. A batch of the projection may hold SQLite's only write lock for seconds.
pub const WITHIN: Duration = Duration::from_secs(10);
/// How often a transaction that lost a lock is begun again.
const ATTEMPTS: usize = 4;
/// A cold write has no other copy: its commit is synced.
const CONNECTIONS: Connections = Connections { synced: true, max: 4, wait_max: Duration::from_millis(2_500), ..Connections::READ };

/// What a transaction may fail with.
pub trait WriteError: From<Error> {
    /// Whether the same transaction may work if it is begun again.
    fn is_transient(&self) -> bool;
}

impl WriteError for Error {
    fn is_transient(&self) -> bool {
        self.is_transient()
    }
}

impl WriteError for VaultError {
    fn is_transient(&self) -> bool {
        self.is_transient()
    }
}

/// The writers' connections.
pub struct Writes(Reach);

impl Writes {
    /// Connects when it is first asked.
    pub fn new(settings: Settings) -> Self {
        Self(Reach::new(settings, CONNECTIONS))
    }

    /// Runs a transaction whole and commits it. An error of `edit` undoes everything. `edit` may run several times.
    ///
    /// # Errors
    /// That of `edit`, or of the database.
    pub async fn transaction<T, E: WriteError>(&self, edit: impl AsyncFn(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        let database = self.0.current();
        let attempts = async {
            let mut attempt = 1;
            loop {
                let mut tx = database.begin().await?;
                match edit(&mut tx).await {
                    Ok(done) => {
                        tx.commit().await?;
                        return Ok(done);
                    }
                    Err(error) if error.is_transient() && attempt < ATTEMPTS => attempt += 1,
                    Err(error) => return Err(error),
                }
            }
        };
        match tokio::time::timeout(WITHIN, attempts).await {
            Ok(answer) => answer,
            Err(_) => {
                self.0.replace(&database);
                Err(Error::timed_out().into())
            }
        }
    }
}
