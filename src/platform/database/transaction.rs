//! A write transaction that is run whole.
//! - X1 What lost a lock, and was undone for it, is begun again, a few times. A commit is never repeated, since it may have happened.

use super::{Database, Error, Tx};

/// How often a transaction that lost a lock is begun.
const ATTEMPTS: usize = 4;

/// What a transaction may fail with.
pub trait TransactionError: From<Error> {
    /// Whether the same transaction may work if it is begun again.
    fn is_transient(&self) -> bool;
}

impl TransactionError for Error {
    fn is_transient(&self) -> bool {
        self.is_transient()
    }
}

impl Database {
    /// Runs a transaction whole and commits it. An error of `edit` undoes everything. `edit` may run several times.
    ///
    /// # Errors
    /// That of `edit`, or of the database.
    pub async fn transaction<T, E: TransactionError>(&self, edit: impl AsyncFn(&mut Tx) -> Result<T, E>) -> Result<T, E> {
        let mut attempt = 1;
        loop {
            let mut tx = self.begin().await?;
            match edit(&mut tx).await {
                Ok(done) => {
                    tx.commit().await?;
                    return Ok(done);
                }
                Err(error) if error.is_transient() && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }
}
