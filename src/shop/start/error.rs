//! Why the shop cannot open.

use std::io;
use std::path::PathBuf;

use mallcore_actors::journal::Sequence;
use mallcore_actors::journal::options::OpenError;
use mallcore_actors::sale_snapshot::LoadError;

use crate::platform::broker::PlaceError;
use crate::platform::database::Error;
use crate::platform::projection::AttachError;
use crate::platform::vault::{KeyFileError, VaultError};
use crate::recovery::RecoverError;

/// Why the shop cannot open.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A folder or file of the data folder.
    #[error("failed to open {folder} of the data folder")]
    Folder {
        /// Path of the folder or file.
        folder: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The journal.
    #[error("failed to open the journal")]
    Journal(#[from] OpenError),
    /// The database, or its schema.
    #[error("failed to open the database with an up-to-date schema; `mallcore migrate` needs an account that may change tables")]
    Database(#[from] Error),
    /// Database and journal do not belong together.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// A journal without its database.
    #[error(
        "{file} is missing, but the journal in {journal} has records up to {last}: put the database back from a copy (with its -wal file, if \
         there is one); it then catches up from the journal. To give up everything that was sold, move the whole data folder away"
    )]
    DatabaseMissing {
        /// The database's file.
        file: PathBuf,
        /// Folder of the journal.
        journal: PathBuf,
        /// The journal's last record.
        last: Sequence,
    },
    /// A snapshot says that the journal has lost records.
    #[error(transparent)]
    Snapshot(#[from] LoadError),
    /// Neither the database nor a snapshot says what is on sale.
    #[error(
        "the database cannot be used, and {folder} has no snapshot that this journal continues: start the database, then start again \
         (DATABASE_WAIT_SECONDS is how long a start waits for it)"
    )]
    NothingToStartFrom {
        /// Folder of the snapshots.
        folder: PathBuf,
        /// Why the database is away.
        #[source]
        cause: Error,
    },
    /// What survived cannot be folded.
    #[error("failed to recover")]
    Recover(#[from] RecoverError),
    /// Broker and journal do not belong together.
    #[error(transparent)]
    Broker(#[from] PlaceError),
    /// More projections or policies are started than features name: a bug of ours.
    #[error("a feature starts a projection or a policy that it does not name")]
    Registrations,
    /// The file of the embedded mode's keys.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The keys are not those that the stored data was sealed with.
    #[error("what is stored cannot be opened with the configured keys")]
    Vault(#[from] VaultError),
    /// A thread.
    #[error("failed to start a thread")]
    Thread(#[source] io::Error),
}
