//! How far the broker has followed which journal: a small file in the data folder, so that it does not depend on the database.
//! - C1 The file is replaced as a whole and synced, with its folder: after a crash it is the old one or the new one.
//! - C2 It never says more than what the broker has confirmed. After a crash it may say less: those messages are repeated.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mallcore_actors::checkpoint::{Checkpoint, Progress, Refused};
use mallcore_actors::journal::{Durable, Identity, Journal, Sequence};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::small_file;

/// Two syncs a second at most are taken from the journal's disk.
const SAVE_EVERY: Duration = Duration::from_secs(1);
const FILE: &str = "broker-checkpoint.json";

/// Why the broker cannot follow this journal. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Of another journal.
    #[error(
        "{file} follows journal {stored}, the data folder holds journal {found}: put the folder of {stored} back, or remove the file; \
         the broker then gets everything that this journal still has"
    )]
    Foreign {
        /// Path of the checkpoint file.
        file: PathBuf,
        /// What the file names.
        stored: Uuid,
        /// The journal in the data folder.
        found: Uuid,
    },
    /// The broker has more than the journal: an older copy of the journal was put back.
    #[error(
        "{file} is at record {stored} (epoch {stored_epoch}), the journal ends at {end} (epoch {epoch}): the journal is an older copy; put the \
         newest one back, or remove the file; consumers then get other events under sequences that they have seen"
    )]
    Ahead {
        /// Path of the checkpoint file.
        file: PathBuf,
        /// What the file names.
        stored: Sequence,
        /// What the file names.
        stored_epoch: u64,
        /// The journal's last record.
        end: Sequence,
        /// The journal's epoch.
        epoch: u64,
    },
    /// The records that the broker needs next are gone.
    #[error(
        "{file} is at record {stored}, the journal begins at {first}: put the journal's removed segments back, or remove the file; \
         consumers then never get the events between the two"
    )]
    Gap {
        /// Path of the checkpoint file.
        file: PathBuf,
        /// What the file names.
        stored: Sequence,
        /// The journal's first record.
        first: Sequence,
    },
    /// Not what we write.
    #[error("{file} cannot be read: restore it, or remove it; the broker then gets everything that the journal still has once more")]
    Unreadable {
        /// Path of the checkpoint file.
        file: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: serde_json::Error,
    },
    /// The disk did not do it.
    #[error("failed to read or write {file}")]
    Io {
        /// Path of the checkpoint file.
        file: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: io::Error,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    journal: Uuid,
    epoch: u64,
    sequence: u64,
    /// The exchange that was there; none in the files of earlier releases.
    #[serde(default)]
    exchange: Option<String>,
}

/// The place, in memory and in the file.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    journal: Identity,
    confirmed: Sequence,
    saved: Sequence,
    saved_at: Instant,
    exchange: Option<String>,
}

impl Place {
    /// Reads the file and compares it with the journal. Without a file everything that the journal still has goes out.
    pub fn open(folder: &Path, journal: &dyn Journal) -> Result<Self, PlaceError> {
        let file = folder.join(FILE);
        let io = |cause| PlaceError::Io { file: file.clone(), cause };
        let stored: Option<Stored> = match fs::read(&file) {
            Ok(bytes) => Some(serde_json::from_slice(&bytes).map_err(|cause| PlaceError::Unreadable { file: file.clone(), cause })?),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
            Err(cause) => return Err(io(cause)),
        };
        let (identity, first) = (journal.identity(), journal.first_retained());
        let (Durable::Through(end) | Durable::Failed(end)) = *journal.durable().borrow();
        let confirmed = match &stored {
            None => Sequence(first.0.saturating_sub(1)),
            Some(stored) => follows(&file, stored, identity, first, end)?,
        };
        let exchange = stored.and_then(|stored| stored.exchange);
        let mut place = Self { file: file.clone(), journal: identity, confirmed, saved: confirmed, saved_at: Instant::now(), exchange };
        // From now on a journal that lets go of what the broker needs is noticed at the next start.
        place.write().map_err(io)?;
        Ok(place)
    }

    /// The last record that the broker has.
    pub const fn confirmed(&self) -> Sequence {
        self.confirmed
    }

    /// Whether an exchange of this name was there once.
    pub fn has_seen(&self, exchange: &str) -> bool {
        self.exchange.as_deref() == Some(exchange)
    }

    /// Notes that this exchange is there.
    pub fn saw(&mut self, exchange: &str) -> io::Result<()> {
        if self.has_seen(exchange) {
            return Ok(());
        }
        self.exchange = Some(exchange.to_owned());
        self.write()
    }

    /// The broker has confirmed everything up to this record.
    pub fn advance(&mut self, confirmed: Sequence) {
        self.confirmed = self.confirmed.max(confirmed);
    }

    /// Writes the file if it is behind and was not written just now; says what is safe in it.
    pub fn save_when_due(&mut self) -> io::Result<Sequence> {
        if self.saved_at.elapsed() >= SAVE_EVERY { self.save() } else { Ok(self.saved) }
    }

    /// Writes the file if it is behind; says what is safe in it.
    pub fn save(&mut self) -> io::Result<Sequence> {
        if self.saved != self.confirmed {
            self.write()?;
        }
        Ok(self.saved)
    }

    fn write(&mut self) -> io::Result<()> {
        let stored =
            Stored { journal: self.journal.uuid, epoch: self.journal.epoch, sequence: self.confirmed.0, exchange: self.exchange.clone() };
        small_file::replace(&self.file, &stored)?;
        (self.saved, self.saved_at) = (self.confirmed, Instant::now());
        Ok(())
    }
}

fn follows(file: &Path, stored: &Stored, journal: Identity, first: Sequence, end: Sequence) -> Result<Sequence, PlaceError> {
    let checkpoint = Checkpoint { journal: stored.journal, epoch: stored.epoch, sequence: Sequence(stored.sequence) };
    let file = file.to_owned();
    let refused = match Progress::open(journal, Some(checkpoint), first, end) {
        Ok(progress) => return Ok(progress.sequence()),
        Err(refused) => refused,
    };
    Err(match refused {
        Refused::Foreign { stored, opened } => PlaceError::Foreign { file, stored, found: opened },
        Refused::Gap { stored, first } => PlaceError::Gap { file, stored, first },
        Refused::LaterLife { .. } | Refused::BeyondEnd { .. } => {
            PlaceError::Ahead { file, stored: checkpoint.sequence, stored_epoch: checkpoint.epoch, end, epoch: journal.epoch }
        }
    })
}
