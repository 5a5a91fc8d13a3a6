//! How far a policy has come: a small file in the data folder, replaced as a whole and synced.
//! - C1 It never says more than what has been answered. After a crash it may say less: those commands are repeated.
//! - C2 A file that is missing, spoilt, of another journal, or beyond its end counts as none: everything that the journal still has is acted
//!   on once more, which changes nothing that was done.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mallcore_actors::journal::{Durable, Identity, Journal, Sequence};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::small_file;

/// Its syncs are taken from the journal's disk.
const SAVE_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    journal: Uuid,
    sequence: Sequence,
}

#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    journal: Identity,
    done: Sequence,
    saved: Sequence,
    saved_at: Instant,
}

impl Place {
    pub fn open(file: PathBuf, journal: &dyn Journal) -> Self {
        let (identity, before_first) = (journal.identity(), Sequence(journal.first_retained().0.saturating_sub(1)));
        let (Durable::Through(end) | Durable::Failed(end)) = *journal.durable().borrow();
        let stored = fs::read(&file).ok().map(|bytes| serde_json::from_slice::<Stored>(&bytes));
        let done = match stored {
            None => before_first,
            Some(Ok(stored)) if stored.journal == identity.uuid && (before_first..=end).contains(&stored.sequence) => stored.sequence,
            Some(_) => {
                tracing::warn!("{} does not fit the journal: everything that this still has is acted on once more", file.display());
                before_first
            }
        };
        Self { file, journal: identity, done, saved: done, saved_at: Instant::now() }
    }

    /// The last record that was acted on.
    pub const fn done(&self) -> Sequence {
        self.done
    }

    /// The last record that the file says.
    pub const fn saved(&self) -> Sequence {
        self.saved
    }

    pub fn advance(&mut self, done: Sequence) {
        self.done = self.done.max(done);
    }

    pub fn save_when_due(&mut self) -> io::Result<Sequence> {
        if self.saved_at.elapsed() >= SAVE_EVERY { self.save() } else { Ok(self.saved) }
    }

    pub fn save(&mut self) -> io::Result<Sequence> {
        if self.saved != self.done {
            small_file::replace(&self.file, &Stored { journal: self.journal.uuid, sequence: self.done })?;
            self.saved = self.done;
        }
        self.saved_at = Instant::now();
        Ok(self.saved)
    }
}
