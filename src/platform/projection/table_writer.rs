//! Statements over many rows: their lengths come from a fixed list, and each update says how many rows it has to match.

use super::contract::Span;
use super::write::WriteError;
use crate::platform::database::{Arguments, Column, Rows, Tx};

/// Rows a statement, most first: 256 orders bind 7,424 values, below SQLite's 32,766 and MySQL's 65,535.
const ROWS: [usize; 5] = [256, 64, 16, 4, 1];

/// Writes rows of one batch within the projection's transaction.
pub struct TableWriter<'a> {
    /// The transaction that has moved the checkpoint already.
    pub tx: &'a mut Tx,
    /// The batch's records, for errors.
    pub span: Span,
}

impl TableWriter<'_> {
    /// Inserts `rows` rows whose values are bound one row after the other.
    ///
    /// # Errors
    /// [`WriteError::Database`].
    pub async fn insert(&mut self, table: &str, columns: &[&str], rows: usize, values: Arguments) -> Result<(), WriteError> {
        self.tx.execute(Rows::insert(self.tx.engine(), table, columns, rows), values).await?;
        Ok(())
    }

    /// Changes `rows` rows of `table` (`t`) by the values bound (`n`), where `fits` holds.
    ///
    /// # Errors
    /// [`WriteError::Mismatch`] if another number of rows fits.
    pub async fn update(
        &mut self,
        table: &'static str,
        columns: &[Column],
        change: &[(&str, &str)],
        fits: &str,
        rows: usize,
        values: Arguments,
    ) -> Result<(), WriteError> {
        let text = Rows::update(self.tx.engine(), table, columns, change, fits, rows);
        let matched = self.tx.execute(text, values).await?;
        self.span.expect(table, rows as u64, matched)
    }
}

/// Cuts a slice into pieces of the lengths in [`ROWS`].
pub fn chunks<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = ROWS.into_iter().find(|&length| length <= rest.len())?;
        let (chunk, after) = rest.split_at(length);
        rest = after;
        Some(chunk)
    })
}
