//! How far the database has followed which journal, and whether the two belong together.

use mallcore_actors::journal::{Durable, Identity, Journal, Sequence};
use mallcore_actors::time::Timestamp;

use crate::platform::database::{Database, Error, Tx, Value};

/// The database projection's name in `projection_checkpoints`.
pub const NAME: &str = "database";

/// Why this database cannot follow this journal. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// The database follows another journal.
    #[error(
        "the database follows journal {stored}, the data folder holds journal {found}: point DATA_DIR at the folder of {stored}, \
         or start with an empty database"
    )]
    Foreign {
        /// In the database.
        stored: String,
        /// Identity of the journal in the data folder.
        found: String,
    },
    /// The database has more than the journal: an older copy of the folder was put back.
    #[error(
        "the database is at record {checkpoint} (epoch {stored_epoch}), the journal ends at {end} (epoch {epoch}): the data folder is an older \
         copy; put the newest one back, or restore the database to a moment that is not after it"
    )]
    Ahead {
        /// In the database.
        checkpoint: Sequence,
        /// The epoch that wrote it.
        stored_epoch: u64,
        /// The journal's last record.
        end: Sequence,
        /// The journal's epoch.
        epoch: u64,
    },
    /// The records that the database needs next are gone.
    #[error(
        "the database is at record {checkpoint}, the journal begins at {first}: restore a newer copy of the database, \
         or the journal's removed segments"
    )]
    Gap {
        /// In the database.
        checkpoint: Sequence,
        /// The journal's first record.
        first: Sequence,
    },
    /// The database has been projected to before, but not by this projection: rows that it should have would be missing.
    #[error("the database has no checkpoint of the projection {name}: restore the table projection_checkpoints from a backup")]
    NoCheckpoint {
        /// Name of the projection.
        name: &'static str,
    },
    /// An empty database: it was deleted, or another one is configured.
    #[error(
        "the database has no SKUs and has never followed a journal, but the data folder holds journal {found} with records up to {end}: put the \
         database of this journal back from a copy, or configure the right one; it then catches up. To give up everything that was sold, move \
         the whole data folder away"
    )]
    Empty {
        /// The journal in the data folder.
        found: String,
        /// The journal's last record.
        end: Sequence,
    },
    /// The database could not be asked.
    #[error("failed to read or write the projection's checkpoint")]
    Database(#[from] Error),
}

/// A projection's checkpoint as seen by this transaction; 0 before the first record.
pub async fn checkpoint(tx: &mut Tx, name: &'static str) -> Result<Sequence, Error> {
    let row = tx.first("SELECT sequence FROM projection_checkpoints WHERE name = ?", vec![name.into()]).await?;
    row.map_or(Ok(Sequence::ZERO), |row| row.count(0).map(Sequence))
}

/// The time of the last record that the database has: the shop's clock starts at or after it.
pub async fn last_record_at(database: &Database) -> Result<Timestamp, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first("SELECT updated_at FROM projection_checkpoints WHERE name = ?", vec![NAME.into()]).await?;
    tx.commit().await?;
    row.map_or(Ok(Timestamp::default()), |row| row.time(0))
}

/// Makes sure that the database can follow the journal from this projection's checkpoint on, and notes the journal's epoch. Returns the
/// checkpoint. An empty database gets a checkpoint for each of `all` projections at once; a projection that comes with a later release gets
/// its own by the migration that makes its tables, at the checkpoint of [`NAME`]: the facts that it takes did not exist before.
///
/// # Errors
/// [`AttachError`] if database and journal do not belong together, or if the database cannot be asked.
pub async fn attach(database: &Database, journal: &dyn Journal, name: &'static str, all: &[&'static str]) -> Result<Sequence, AttachError> {
    let Identity { uuid, epoch } = journal.identity();
    let end = match *journal.durable().borrow() {
        Durable::Through(sequence) | Durable::Failed(sequence) => sequence,
    };
    let first = journal.first_retained();
    let mut tx = database.begin().await?;
    if tx.first("SELECT sequence FROM projection_checkpoints WHERE name = ?", vec![NAME.into()]).await?.is_none() {
        // One with SKUs may be a copy from before the first record: all of them are there to be written, or there is a gap.
        if end > Sequence::ZERO && tx.first("SELECT id FROM skus LIMIT 1", Vec::new()).await?.is_none() {
            return Err(AttachError::Empty { found: uuid.to_string(), end });
        }
        for projection in all {
            let new: Vec<Value> =
                vec![(*projection).into(), uuid.to_string().into(), epoch.into(), 0u64.into(), Timestamp::default().into()];
            tx.execute("INSERT INTO projection_checkpoints (name, journal_uuid, epoch, sequence, updated_at) VALUES (?, ?, ?, ?, ?)", new)
                .await?;
        }
    }
    let stored = tx.first("SELECT journal_uuid, epoch, sequence FROM projection_checkpoints WHERE name = ?", vec![name.into()]).await?;
    let row = stored.ok_or(AttachError::NoCheckpoint { name })?;
    let (stored_uuid, stored_epoch, at) = (row.text(0)?, row.count(1)?, Sequence(row.count(2)?));
    if stored_uuid != uuid.to_string() {
        return Err(AttachError::Foreign { stored: stored_uuid, found: uuid.to_string() });
    }
    if at > end || stored_epoch > epoch {
        return Err(AttachError::Ahead { checkpoint: at, stored_epoch, end, epoch });
    }
    if at.next() < first {
        return Err(AttachError::Gap { checkpoint: at, first });
    }
    tx.execute("UPDATE projection_checkpoints SET epoch = ? WHERE name = ?", vec![epoch.into(), name.into()]).await?;
    tx.commit().await?;
    Ok(at)
}
