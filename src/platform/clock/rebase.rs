//! A rebase of the shop's clock: an operator says that the records up to one of them were written by a clock that was ahead, and that the
//! machine's clock is right now. It is a small file in the data folder, read at each start.
//! - B1 Records above `through` are not concerned: the clock starts at or above the last one's time, as ever.
//! - B2 No order is closed early for it: each that was open gets its whole time to pay once more, counted from the rebase.
//! - B3 It is synced, and replaced as a whole. A file that belongs to another journal, or to more records than there are, counts as none.

use std::fs;
use std::io;
use std::path::Path;

use mallcore_actors::facts::{DecodeError, Record};
use mallcore_actors::journal::Sequence;
use mallcore_actors::journal::disk::Disk;
use mallcore_actors::journal::inspect;
use mallcore_actors::journal::options::OpenError;
use mallcore_actors::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::small_file;

/// The file's name in the data folder.
pub const FILE: &str = "clock-rebase.json";

/// What the operator said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebase {
    /// Of which journal.
    pub journal: Uuid,
    /// The last record whose time does not count.
    pub through: Sequence,
    /// The machine's time when it was said: the clock starts there or later.
    pub at: Timestamp,
}

impl Rebase {
    /// The one that was written for this journal, whose last record is `end`; none if there is none, or none that can be true.
    pub fn load(file: &Path, journal: Uuid, end: Sequence) -> Option<Self> {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return None,
            Err(cause) => {
                tracing::warn!("{} cannot be read, the clock is not rebased: {cause}", file.display());
                return None;
            }
        };
        let stored = serde_json::from_slice::<Self>(&bytes).ok();
        let ours = stored.filter(|stored| stored.journal == journal && stored.through <= end);
        if ours.is_none() {
            tracing::warn!("{} is damaged or belongs to another journal, the clock is not rebased", file.display());
        }
        ours
    }

    /// Puts it in the place of the one before.
    pub fn save(&self, file: &Path) -> io::Result<()> {
        small_file::replace(file, self)
    }

    /// Where the clock may start after the last record.
    pub fn floor(rebase: Option<&Self>, last: Sequence, last_at: Timestamp) -> Timestamp {
        rebase.filter(|rebase| last <= rebase.through).map_or(last_at, |rebase| rebase.at)
    }
}

/// The newest record of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRecord {
    /// Of which journal.
    pub journal: Uuid,
    /// Its place in the journal.
    pub sequence: Sequence,
    /// The shop's time when it was decided.
    pub at: Timestamp,
}

/// Why the newest record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LastRecordError {
    /// The journal would not open either.
    #[error("the journal cannot be read")]
    Journal(#[from] OpenError),
    /// A later release wrote it.
    #[error("record {sequence} means nothing to this release")]
    Record {
        /// Place of that record in the journal.
        sequence: Sequence,
        /// What its bytes have that this release does not know.
        #[source]
        cause: DecodeError,
    },
}

impl LastRecord {
    /// Of the journal in this folder; none if it has no records. Reads every segment, takes no lock.
    pub fn of(disk: &dyn Disk) -> Result<Option<Self>, LastRecordError> {
        let report = inspect::verify(disk)?;
        let (Some(journal), Some((_, last))) = (report.uuid, report.records) else { return Ok(None) };
        let mut found = None;
        inspect::records(disk, last, &mut |sequence, payload| {
            found = Some((sequence, Record::decode(payload)));
            true
        })?;
        match found {
            None => Ok(None),
            Some((sequence, Ok(record))) => Ok(Some(Self { journal, sequence, at: record.header.at })),
            Some((sequence, Err(cause))) => Err(LastRecordError::Record { sequence, cause }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Uuid = Uuid::from_u128(1);
    const REBASE: Rebase = Rebase { journal: OURS, through: Sequence(40), at: Timestamp::from_millis(1_000) };

    #[test]
    fn it_comes_back_to_the_same_journal_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        assert_eq!(Rebase::load(&file, OURS, Sequence(40)), None);
        REBASE.save(&file).unwrap();
        assert_eq!(Rebase::load(&file, OURS, Sequence(40)), Some(REBASE));
        assert_eq!(Rebase::load(&file, OURS, Sequence(39)), None, "of a longer journal");
        assert_eq!(Rebase::load(&file, Uuid::from_u128(2), Sequence(40)), None, "of another journal");
        let later = Rebase { through: Sequence(41), at: Timestamp::from_millis(2_000), ..REBASE };
        later.save(&file).unwrap();
        assert_eq!(Rebase::load(&file, OURS, Sequence(50)), Some(later));
        for spoilt in ["", "{", "\0\0\0\0", "[]"] {
            fs::write(&file, spoilt).unwrap();
            assert_eq!(Rebase::load(&file, OURS, Sequence(50)), None, "{spoilt:?}");
        }
    }

    #[test]
    fn only_records_up_to_it_lose_their_say() {
        let wrong = Timestamp::from_millis(9_000);
        assert_eq!(Rebase::floor(None, Sequence(40), wrong), wrong);
        assert_eq!(Rebase::floor(Some(&REBASE), Sequence(40), wrong), REBASE.at);
        assert_eq!(Rebase::floor(Some(&REBASE), Sequence(41), wrong), wrong);
    }
}
