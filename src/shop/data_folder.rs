//! The data folder: whether its parts belong together at start, and whether they are still the ones that were opened while the shop runs.
//! - W1 A file that is deleted or replaced under a running shop is noticed within [`LOOK`], then nothing is acknowledged any more: what would
//!   be written to the old file is lost at the next start.
//! - W2 A journal with records never gets a new, empty database.
//!
//! Not here: the journal's own files (`SegmentLog::displaced`), ending the process (`cli::serve`).

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use mallcore_actors::journal::Sequence;
use mallcore_actors::journal::inspect;
use mallcore_actors::journal::os_disk::OsDisk;

use super::{Inner, Plan, StartError};
use crate::platform::database::{Connections, Database, Error, Settings};

/// How often it looks; a look is about ten calls of the system.
const LOOK: Duration = Duration::from_millis(250);

/// Refuses a start that would make a new database beside a journal that has records. Call it before anything is created.
pub fn refuse_without_database(plan: &Plan) -> Result<(), StartError> {
    let Settings::Sqlite(file) = &plan.database else { return Ok(()) };
    if file.exists() {
        return Ok(());
    }
    match last_record(&plan.journal_folder)? {
        None => Ok(()),
        Some(last) => Err(StartError::DatabaseMissing { file: file.clone(), journal: plan.journal_folder.clone(), last }),
    }
}

/// The last record of the journal in this folder; none if there is no journal, or it has no records. Reads every segment, takes no lock.
pub fn last_record(journal_folder: &Path) -> Result<Option<Sequence>, StartError> {
    if !journal_folder.is_dir() {
        return Ok(None);
    }
    let failed = |cause| StartError::Folder { folder: journal_folder.to_owned(), cause };
    let report = inspect::verify(&OsDisk::existing(journal_folder).map_err(failed)?)?;
    Ok(report.records.map(|(_, last)| last))
}

/// A file or folder as it was opened.
struct Opened {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Opened {
    fn at(path: PathBuf) -> io::Result<Self> {
        let found = fs::metadata(&path)?;
        Ok(Self { path, device: found.dev(), inode: found.ino() })
    }

    fn is_in_place(&self) -> io::Result<bool> {
        match fs::metadata(&self.path) {
            Ok(found) => Ok((found.dev(), found.ino()) == (self.device, self.inode)),
            Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
            Err(cause) => Err(cause),
        }
    }
}

/// What has to stay in its place beside the journal's files.
pub(super) struct DataFolder {
    opened: Vec<Opened>,
    /// SQLite removes its log with the last connection to the file. While this one is open, a log that is gone was deleted.
    anchor: Option<Database>,
}

impl DataFolder {
    /// As the shop finds it now; the database is up to date by then.
    pub async fn open(plan: &Plan) -> Result<Self, StartError> {
        let folder = plan.journal_folder.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut paths = vec![folder.unwrap_or(Path::new(".")).to_owned()];
        let anchor = match &plan.database {
            Settings::MySql(_) => None,
            Settings::Sqlite(file) => {
                paths.extend(["", "-wal", "-shm"].map(|ending| {
                    let mut path = file.as_os_str().to_owned();
                    path.push(ending);
                    PathBuf::from(path)
                }));
                Some(anchor(&plan.database).await?)
            }
        };
        let opened = paths.into_iter().map(|path| Opened::at(path.clone()).map_err(|cause| StartError::Folder { folder: path, cause }));
        Ok(Self { opened: opened.collect::<Result<_, _>>()?, anchor })
    }

    /// The first path that no longer leads to what was opened.
    fn displaced(&self) -> io::Result<Option<String>> {
        for opened in &self.opened {
            if !opened.is_in_place()? {
                return Ok(Some(opened.path.display().to_string()));
            }
        }
        Ok(None)
    }

    /// After everybody else has let go of the database.
    pub async fn close(&self) {
        if let Some(anchor) = &self.anchor {
            anchor.close().await;
        }
    }
}

/// A connection that has read, so that the log and its index are there.
async fn anchor(settings: &Settings) -> Result<Database, Error> {
    let database = settings.connect_existing(Connections { max: 1, ..Connections::READ }).await?;
    let mut tx = database.snapshot().await?;
    tx.first("SELECT COUNT(*) FROM projection_checkpoints", Vec::new()).await?;
    tx.commit().await?;
    Ok(database)
}

/// Looks until something is displaced, or the shop is gone.
pub(super) async fn keep_watch(shop: Weak<Inner>, folder: Arc<DataFolder>) {
    let mut tick = tokio::time::interval(LOOK);
    let mut is_failing = false;
    loop {
        tick.tick().await;
        let Some(shop) = shop.upgrade() else { return };
        let (journal, watched) = (Arc::clone(&shop.journal), Arc::clone(&folder));
        let look = move || match watched.displaced()? {
            None => journal.displaced(),
            found => Ok(found),
        };
        // A disk that hangs must not hold up the clock, which lives on this thread.
        let looked = tokio::task::spawn_blocking(look).await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
        match looked {
            Ok(Some(path)) => {
                // First the reason, then the end: whoever sees the journal stopped can tell why.
                shop.displaced.send_replace(Some(path));
                shop.journal.abandon();
                return;
            }
            Ok(None) => is_failing = false,
            Err(cause) => {
                if !is_failing {
                    tracing::warn!("the data folder cannot be looked at, it is tried again: {cause}");
                }
                is_failing = true;
            }
        }
    }
}
