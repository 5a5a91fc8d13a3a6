//! What a projection to the database is: its name, the facts that it takes, and how their fold becomes rows.

use std::future::Future;

use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::fold::{Batch, Fold};

use super::write::WriteError;
use crate::platform::database::Tx;

/// A projection of some aggregates to tables of its own. Its checkpoint, connection, thread, lag budget and what it sheds are its own too.
pub trait Projection: Send + Sync + 'static {
    /// The fold of its facts.
    type Fold: Fold;
    /// Its row in `projection_checkpoints`, and its name in metrics, logs and `/health/ready`.
    const NAME: &'static str;
    /// Its thread's name, 15 characters at most.
    const THREAD: &'static str;

    /// Writes a batch within a transaction that has moved the checkpoint already. Every statement has to know how many rows it matches.
    fn write(tx: &mut Tx, batch: &Batch<Self::Fold>) -> impl Future<Output = Result<(), WriteError>> + Send;
}

/// The records that a statement stands for, in errors.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The batch's first record.
    pub from: Sequence,
    /// The batch's last record.
    pub through: Sequence,
}

impl Span {
    /// Those of a batch.
    pub fn of<F: Fold>(batch: &Batch<F>) -> Self {
        Self { from: batch.from().next(), through: batch.through() }
    }

    /// A statement matched as many rows as the records expect.
    ///
    /// # Errors
    /// [`WriteError::Mismatch`] if it did not: the batch has to be undone.
    pub fn expect(self, table: &'static str, expected: u64, matched: u64) -> Result<(), WriteError> {
        if matched == expected {
            return Ok(());
        }
        Err(WriteError::Mismatch { table, expected, matched, from: self.from, through: self.through })
    }
}
