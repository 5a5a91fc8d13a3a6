//! What the database was last seen to have, in a small file beside the journal: a start without the database knows from it how far behind the
//! database is. Without it everything that the shop ever sold would count as lag, and fresh purchases would be refused.
//! - N1 Nothing but the lag and what memory may let go of relies on it; where to go on is asked of the database itself.
//! - N2 It is replaced as a whole, and only after the database has committed: it may say less than is true, by what came since, and more only
//!   of a database that was put back to a backup. It is not synced: a file that a power cut has spoilt counts as none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mallcore_actors::journal::{Identity, Sequence};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const NOTE_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    journal: Uuid,
    sequence: Sequence,
}

/// The file that keeps the hint.
#[derive(Debug)]
pub struct CheckpointHint {
    file: PathBuf,
    journal: Uuid,
    sequence: Sequence,
    due: Instant,
    is_failing: bool,
}

impl CheckpointHint {
    /// What was noted of this journal, whose last record is `end`; 0 if nothing was, or nothing that can be true.
    pub fn open(file: &Path, journal: Identity, end: Sequence) -> Self {
        let stored = fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Stored>(&bytes).ok());
        let ours = stored.filter(|stored| stored.journal == journal.uuid && stored.sequence <= end);
        let sequence = ours.map_or(Sequence::ZERO, |stored| stored.sequence);
        Self { file: file.to_owned(), journal: journal.uuid, sequence, due: Instant::now(), is_failing: false }
    }

    /// The last record that the database was seen to have.
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// The database has the records up to this one; written down once a second.
    pub fn reached(&mut self, sequence: Sequence) {
        self.sequence = sequence;
        if Instant::now() >= self.due {
            self.write();
        }
    }

    /// Writes it down now.
    pub fn write(&mut self) {
        self.due = Instant::now() + NOTE_EVERY;
        let failed = self.replace().err();
        if let Some(cause) = failed.as_ref().filter(|_| !self.is_failing) {
            tracing::warn!(
                "{} cannot be written: {cause}; after a start without the database its lag will look larger",
                self.file.display()
            );
        }
        self.is_failing = failed.is_some();
    }

    fn replace(&self) -> io::Result<()> {
        let fresh = self.file.with_extension("new");
        let bytes = serde_json::to_vec(&Stored { journal: self.journal, sequence: self.sequence })?;
        fs::write(&fresh, bytes)?;
        fs::rename(&fresh, &self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Identity = Identity { uuid: Uuid::from_u128(1), epoch: 4 };
    const END: Sequence = Sequence(100);

    #[test]
    fn what_was_noted_comes_back_to_the_same_journal_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("noted.json");
        let mut hint = CheckpointHint::open(&file, OURS, END);
        assert_eq!(hint.sequence(), Sequence::ZERO);
        hint.reached(Sequence(40));
        hint.reached(Sequence(41));
        assert_eq!(CheckpointHint::open(&file, OURS, END).sequence(), Sequence(40), "written at once, and not again within a second");
        hint.write();
        assert_eq!(CheckpointHint::open(&file, Identity { epoch: 5, ..OURS }, END).sequence(), Sequence(41));
        assert_eq!(CheckpointHint::open(&file, Identity { uuid: Uuid::from_u128(2), ..OURS }, END).sequence(), Sequence::ZERO);
        assert_eq!(CheckpointHint::open(&file, OURS, Sequence(40)).sequence(), Sequence::ZERO, "of a longer journal");
    }

    #[test]
    fn a_spoilt_file_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("noted.json");
        for spoilt in ["", "{", "\0\0\0\0", "{\"sequence\":7}", "[]"] {
            fs::write(&file, spoilt).unwrap();
            assert_eq!(CheckpointHint::open(&file, OURS, END).sequence(), Sequence::ZERO, "{spoilt:?}");
        }
    }
}
