//! A folded batch becomes rows, in one transaction that moves the checkpoint first.
//! - W1 Every statement says how many rows it has to match; one row more or less undoes the batch.
//! - W2 Numbers of rows come from a fixed list, so that each statement is prepared once.

use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::fold::Batch;

use super::contract::{Projection, Span};
use crate::platform::database::{Database, Error, LOG_PAGES};

/// Why a batch was not written. The database is as before.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] Error),
    /// The rows are not those that the records were made for.
    #[error("{matched} of {expected} rows of {table} are as records {from} to {through} expect them")]
    Mismatch {
        /// The table that was written to.
        table: &'static str,
        /// How many there should be.
        expected: u64,
        /// How many there are.
        matched: u64,
        /// The batch's first record.
        from: Sequence,
        /// The batch's last record.
        through: Sequence,
    },
}

impl WriteError {
    /// Whether the same batch may be written later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Database(cause) if cause.is_transient())
    }
}

/// The table of checkpoints: a batch that finds another one there is not at fault.
pub(super) const CHECKPOINTS: &str = "projection_checkpoints";

/// A batch of so many records comes of a burst.
const LARGE_RECORDS: u64 = 32_768;
/// Pages of SQLite's log between checkpoints, 2 GiB: once an index has outgrown a batch, a large batch changes some 200,000 pages in random
/// places, most of them the same as the batch before it. Each checkpoint writes them back once, and the disk takes them one by one.
const LOG_PAGES_IN_A_BURST: u32 = 524_288;

/// Writes a batch and moves the projection's checkpoint in one transaction, or changes nothing.
///
/// # Errors
/// [`WriteError`]; the database is as before.
pub async fn write<P: Projection>(database: &Database, batch: &Batch<P::Fold>) -> Result<(), WriteError> {
    let mut tx = database.begin().await?;
    tx.write_back_from(if batch.records() >= LARGE_RECORDS { LOG_PAGES_IN_A_BURST } else { LOG_PAGES }).await?;
    let text = "UPDATE projection_checkpoints SET sequence = ?, updated_at = ? WHERE name = ? AND sequence = ?";
    let values = vec![batch.through().0.into(), batch.through_at().into(), P::NAME.into(), batch.from().0.into()];
    let matched = tx.execute(text, values).await?;
    Span::of(batch).expect(CHECKPOINTS, 1, matched)?;
    P::write(&mut tx, batch).await?;
    tx.commit().await?;
    Ok(())
}
