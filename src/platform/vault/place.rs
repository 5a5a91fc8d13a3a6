//! Where a ciphertext belongs. It is authenticated with the ciphertext, so that a copy in another row, column or table does not open (E1).

use std::fmt;

/// A table, one of its columns, and a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place {
    table: &'static str,
    column: &'static str,
    row: u128,
}

impl Place {
    /// `row` is the row's primary key, or another value that is unique in the table and known before the row is written, such as a key hash.
    pub fn new(table: &'static str, column: &'static str, row: impl Into<u128>) -> Self {
        Self { table, column, row: row.into() }
    }

    /// The bytes that are authenticated: names end with a zero byte, which no name contains, so that no two places have the same bytes.
    pub(super) fn authenticated(&self, header: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(header.len() + self.table.len() + self.column.len() + 18);
        bytes.extend_from_slice(header);
        for name in [self.table, self.column] {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
        }
        bytes.extend_from_slice(&self.row.to_be_bytes());
        bytes
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} of row {}", self.table, self.column, self.row)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}
