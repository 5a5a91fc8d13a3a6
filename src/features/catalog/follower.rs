//! Follows the journal from where the rows of the catalogue stand, and keeps the live counts. It stores nothing: a start begins anew.
//! - F1 The catalogue is loaded before the first record is applied, and loaded anew where the journal no longer has the next record, or where
//!   the database was put back to an earlier moment. What was published stays until then.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::facts::{DecodeError, Record};
use mallcore_actors::journal::{Journal, ReadError, Sequence};
use mallcore_actors::orders::fold::counts::{moved, moves};

use super::handle::Catalog;
use super::loading;
use crate::platform::database::{Connections, Database, Error, Settings};
use crate::platform::projection::{ProjectorSettings, Reaction, Target, TargetError};

/// Bytes of payload a record, about; a batch asks for that many times its records.
const RECORD_BYTES: usize = 128;

/// It does not wait for fuller batches: shoppers see a sale within a fifth of a second.
pub fn settings() -> ProjectorSettings {
    ProjectorSettings {
        idle: false,
        linger: Duration::from_millis(5),
        linger_busy: Duration::from_millis(20),
        silent_after: Duration::from_secs(60),
        ..ProjectorSettings::default()
    }
}

/// On its way along the journal.
pub struct Follow {
    catalog: Catalog,
    database: Settings,
    journal: Arc<dyn Journal>,
    connection: Option<Database>,
    /// The last record in the counts; none while everything is to be loaded.
    at: Option<Sequence>,
    /// The outbox's last id when it was last looked at: it never falls, unless the database is another.
    outbox: u64,
}

impl Follow {
    /// Of the catalogue in this database.
    pub fn new(catalog: Catalog, database: Settings, journal: Arc<dyn Journal>) -> Self {
        Self { catalog, database, journal, connection: None, at: None, outbox: 0 }
    }

    /// Made on the thread that uses it.
    fn connection(&mut self) -> &Database {
        self.connection.get_or_insert_with(|| self.database.connect_lazily(Connections { max: 1, ..Connections::READ }))
    }

    async fn load(&mut self) -> Result<Sequence, Problem> {
        let catalog = self.catalog.clone();
        self.outbox = last_of_outbox(self.connection()).await.map_err(Problem::Load)?;
        let began = std::time::Instant::now();
        let from = loading::load(&catalog, self.connection()).await.map_err(Problem::Load)?;
        if let Ok(snapshot) = catalog.current() {
            let (products, seconds) = (snapshot.products().count(), began.elapsed().as_secs_f64());
            tracing::info!("the catalogue is loaded: {products} products in {seconds:.1} s, counts above record {from}");
        }
        let first = self.journal.first_retained();
        if from.next() < first {
            return Err(Problem::Gap { from, first });
        }
        Ok(from)
    }

    fn apply(&self, at: Sequence, records_max: usize) -> Result<Sequence, Problem> {
        let (mut moving, mut through, mut bad) = (Vec::new(), at, None);
        let mut visit = |sequence, payload: &[u8]| {
            if bad.is_some() {
                return;
            }
            let taken = Record::peek(payload).and_then(|(kind, _)| {
                if moves(kind) {
                    moving.extend(moved(&Record::decode(payload)?.fact).into_iter().map(|moved| (sequence, moved)));
                }
                Ok(())
            });
            match taken {
                Ok(()) => through = sequence,
                Err(cause) => bad = Some(Problem::Decode(sequence, cause)),
            }
        };
        self.journal.read(at.next(), records_max.saturating_mul(RECORD_BYTES), &mut visit).map_err(Problem::Read)?;
        self.catalog.counters().apply(&moving);
        match bad {
            Some(problem) if through == at => Err(problem),
            _ => Ok(through),
        }
    }
}

async fn last_of_outbox(database: &Database) -> Result<u64, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first("SELECT last_id FROM outbox_order", Vec::new()).await?;
    tx.commit().await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// Why the counts do not get on.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("failed to load the catalogue")]
    Load(#[source] Error),
    #[error("the rows stand at record {from}, and the journal begins with {first}: their counts follow once the projection has caught up")]
    Gap { from: Sequence, first: Sequence },
    #[error("the database was put back to an earlier moment: the catalogue is loaded anew")]
    Restored,
    #[error("failed to read the journal")]
    Read(#[source] ReadError),
    #[error("failed to decode record {0}")]
    Decode(Sequence, #[source] DecodeError),
}

impl From<Problem> for TargetError {
    fn from(problem: Problem) -> Self {
        let reaction = match &problem {
            Problem::Load(cause) if cause.is_transient() => Reaction::Wait,
            Problem::Load(_) => Reaction::Ask,
            Problem::Gap { .. } | Problem::Read(ReadError::Io(_)) => Reaction::Wait,
            Problem::Restored | Problem::Read(ReadError::Gone { .. }) => Reaction::Again,
            Problem::Read(_) | Problem::Decode(..) => Reaction::Halt,
        };
        let error = Self::new(reaction, &problem);
        if let Problem::Decode(sequence, _) = problem { error.showing(sequence) } else { error }
    }
}

impl Target for Follow {
    const NAME: &'static str = "catalog";
    const THREAD: &'static str = "catalog";
    const MAINTAIN_EVERY: Duration = Duration::from_secs(5);

    fn known(&self) -> Sequence {
        // What the rows do not have is still there.
        Sequence(self.journal.first_retained().0.saturating_sub(1))
    }

    async fn attach(&mut self) -> Result<Sequence, TargetError> {
        let at = match self.at {
            Some(at) => at,
            None => self.load().await?,
        };
        self.at = Some(at);
        Ok(at)
    }

    async fn write(&mut self, at: Sequence, records_max: usize) -> Result<Sequence, TargetError> {
        match self.apply(at, records_max) {
            Ok(through) => {
                self.at = Some(through);
                Ok(through)
            }
            Err(problem) => {
                if matches!(problem, Problem::Read(ReadError::Gone { .. })) {
                    self.at = None;
                }
                Err(problem.into())
            }
        }
    }

    async fn maintain(&mut self, _: Sequence) -> Result<(), TargetError> {
        // A database that does not answer changes nothing: what was published stays.
        let Ok(last) = last_of_outbox(self.connection()).await else { return Ok(()) };
        let before = std::mem::replace(&mut self.outbox, last);
        if last < before {
            self.at = None;
            return Err(Problem::Restored.into());
        }
        Ok(())
    }

    async fn detach(&mut self) {
        // Records that were applied stay applied; the next one continues.
        self.connection = None;
    }
}
