//! The database: SQLite in embedded mode, MySQL or MariaDB otherwise, behind one type.
//! - D1 Repositories write one SQL text for both; what has to differ is in `dialect.rs`, the only file that composes text for a driver.
//! - D2 Times are UTC milliseconds: INTEGER in SQLite, DATETIME(3) in MySQL; repositories see [`mallcore_actors::time::Timestamp`] only.
//! - D3 A snapshot sees rows and checkpoint of one moment; a writer holds the write lock from its first statement on.
//! - D4 An UPDATE means the same on both: `assignments` refuses a SET list that reads what it sets.
//!
//! Not here: what the tables mean (`docs/SCHEMA.md`), who writes them (`projection`, `demo`).

mod assignments;
mod chunks;
mod connect;
mod dialect;
mod error;
mod flusher;
mod migrate;
mod mysql;
mod reach;
mod row;
mod transaction;
mod value;

pub use chunks::chunks;
pub use connect::{Connections, Encryption, LOG_PAGES, MySqlServer, Settings};
pub use dialect::{Column, Database, Engine, Rows, Tx};
pub use error::{Error, MYSQL_TRANSIENT};
pub use flusher::Flusher;
pub use migrate::Steps;
pub use reach::Reach;
pub use row::Row;
pub use transaction::TransactionError;
pub use value::{Arguments, Value};

/// Whose rows and checkpoint were read in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded<T> {
    /// The last journal record that these rows contain; records above it are the reader's to add.
    pub checkpoint: mallcore_actors::journal::Sequence,
    /// What was read.
    pub value: T,
}
