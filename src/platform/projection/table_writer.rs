//! Statements over many rows: their lengths come from a fixed list ([`crate::platform::database::chunks`]), and each update says how many rows it
//! has to match.

use super::contract::Span;
use super::write::WriteError;
use crate::platform::database::{Arguments, Column, Rows, Tx};

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
