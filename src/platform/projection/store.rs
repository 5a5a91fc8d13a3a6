//! The database as a projection's target: a batch is read, folded, and written in one transaction with the checkpoint.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mallcore_actors::facts::DecodeError;
use mallcore_actors::journal::{Journal, ReadError, Sequence};
use mallcore_actors::kernel::fold::{Batch, FoldError, TakeError};
use tokio::time::timeout;

use super::checkpoint::{AttachError, attach, checkpoint};
use super::checkpoint_hint::CheckpointHint;
use super::contract::Projection;
use super::retention::Registration;
use super::target::{Reaction, Target, TargetError};
use super::write::{CHECKPOINTS, WriteError, write};
use crate::platform::database::{Connections, Database, Error, Settings};

/// Bytes of payload a record, about; a batch asks for that many times its records.
const RECORD_BYTES: usize = 128;
/// A database that takes longer to answer a question, or to take a batch, is gone: one that was cut off without a word never answers.
/// What it did is asked of the next connection.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const WRITE_WITHIN: Duration = Duration::from_secs(30);
/// After so long without news the database is asked whether it still is where we left it: nothing else would tell while nobody buys.
const QUIET: Duration = Duration::from_secs(5);
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// How often a place in the journal is stored that only skipped records have moved.
const SKIPPED_STORED_EVERY: Duration = Duration::from_secs(1);

/// One projection's connection to the database, and its place.
pub struct Store<P> {
    settings: Settings,
    journal: Arc<dyn Journal>,
    registration: Registration,
    connection: Option<Database>,
    /// The checkpoint when the database was last found to belong to the journal, with its schema up to date.
    attached: Option<Sequence>,
    /// What it was last seen to have.
    hint: Option<CheckpointHint>,
    /// The checkpoint that the database has; `at` may be ahead of it by records that this projection does not take.
    stored_at: Sequence,
    skipped_stored: Instant,
    /// The projections that an empty database gets checkpoints for.
    all: Vec<&'static str>,
    projection: PhantomData<P>,
}

impl<P: Projection> Store<P> {
    /// Not reached yet. `attached`: the database's checkpoint if start-up has found that it belongs to the journal; otherwise the first
    /// connection brings the schema up to date and finds out.
    pub fn new(settings: Settings, journal: Arc<dyn Journal>, registration: Registration, attached: Option<Sequence>) -> Self {
        let (stored_at, skipped_stored) = (Sequence::ZERO, Instant::now());
        Self {
            settings,
            journal,
            registration,
            connection: None,
            attached,
            hint: None,
            stored_at,
            skipped_stored,
            all: vec![P::NAME],
            projection: PhantomData,
        }
    }

    /// An empty database gets checkpoints for all of these projections.
    pub fn among(self, all: Vec<&'static str>) -> Self {
        Self { all, ..self }
    }

    /// Until it is reached it is taken to have what was noted, and what it has is noted from then on.
    pub fn hinted_by(self, hint: Option<CheckpointHint>) -> Self {
        Self { hint, ..self }
    }

    fn has(&mut self, at: Sequence) {
        self.registration.reached(at);
        if let Some(hint) = &mut self.hint {
            hint.reached(at);
        }
    }

    async fn reach(&mut self) -> Result<Sequence, Problem> {
        let connect = async {
            let database = self.settings.connect(Connections::ONE).await?;
            database.check_fitness().await?;
            Ok(database)
        };
        let database = in_time(async { connect.await.map_err(Problem::Connect) }).await?;
        let known = self.attached.is_some();
        if !known {
            in_time(async { database.migrate().await.map_err(Problem::Migrate) }).await?;
        }
        let attach =
            async { attach(&database, &*self.journal, P::NAME, &self.all).await.map_err(|cause| Problem::Attach { cause, known }) };
        let at = in_time(attach).await?;
        (self.connection, self.attached, self.stored_at) = (Some(database), Some(at), at);
        self.has(at);
        Ok(at)
    }

    async fn stored(&self) -> Result<Option<Sequence>, Problem> {
        let Some(database) = &self.connection else { return Ok(None) };
        let ask = async {
            let mut tx = database.snapshot().await?;
            let stored = checkpoint(&mut tx, P::NAME).await?;
            tx.commit().await?;
            Ok(Some(stored))
        };
        in_time(async { ask.await.map_err(Problem::Connect) }).await
    }

    fn read(&self, at: Sequence, records_max: usize) -> Result<Batch<P::Fold>, Problem> {
        let mut batch = Batch::resuming(self.stored_at, at);
        let mut read = 0;
        let mut problem = None;
        let bytes_max = if records_max == 1 { 1 } else { records_max.saturating_mul(RECORD_BYTES) };
        let mut visit = |sequence, payload: &[u8]| {
            // A journal may hand over more than was asked for; a record after one at fault is not wanted.
            if problem.is_some() || read >= records_max {
                return;
            }
            read += 1;
            problem = batch.take_bytes(sequence, payload).err().map(|cause| match cause {
                TakeError::Decode(cause) => Problem::Decode(sequence, cause),
                TakeError::Fold(cause) => Problem::Fold(sequence, cause),
            });
        };
        self.journal.read(at.next(), bytes_max, &mut visit).map_err(Problem::Read)?;
        match problem {
            // What comes before the record at fault is still written; the next batch begins with it.
            Some(problem) if batch.through() == at => Err(problem),
            _ => Ok(batch),
        }
    }
}

/// Why a batch did not get done.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("failed to reach the database")]
    Connect(#[source] Error),
    #[error("failed to bring the schema up to date")]
    Migrate(#[source] Error),
    #[error("failed to attach the projection")]
    Attach {
        #[source]
        cause: AttachError,
        /// It was attached before, by this process.
        known: bool,
    },
    #[error("the database did not answer in time")]
    Silent,
    #[error("the database, which had record {left}, now has those up to {stored}")]
    Elsewhere { left: Sequence, stored: Sequence },
    #[error("failed to read the journal")]
    Read(#[source] ReadError),
    #[error("failed to decode record {0}")]
    Decode(Sequence, #[source] DecodeError),
    #[error("failed to fold record {0}")]
    Fold(Sequence, #[source] FoldError),
    #[error("failed to write records {0} to {1}")]
    Write(Sequence, Sequence, #[source] WriteError),
}

impl Problem {
    fn reaction(&self) -> Reaction {
        match self {
            Self::Connect(cause) | Self::Migrate(cause) | Self::Attach { cause: AttachError::Database(cause), .. }
                if cause.is_transient() =>
            {
                Reaction::Wait
            }
            // No record is at fault: whoever mends the server need not restart the shop.
            Self::Connect(_) | Self::Migrate(_) | Self::Attach { cause: AttachError::Database(_), .. } => Reaction::Ask,
            Self::Elsewhere { .. } => Reaction::Again,
            Self::Attach { known: false, .. } => Reaction::Mismatch,
            Self::Write(_, _, cause) if cause.is_transient() => Reaction::Wait,
            Self::Read(ReadError::Io(_)) | Self::Silent => Reaction::Wait,
            Self::Write(_, _, WriteError::Database(cause)) if cause.is_denied() => Reaction::Ask,
            Self::Write(from, through, _) if from != through => Reaction::Narrow(*through),
            Self::Attach { .. } | Self::Read(_) => Reaction::Halt,
            Self::Decode(..) | Self::Fold(..) | Self::Write(..) => Reaction::Halt,
        }
    }

    /// The record at fault, if it is one.
    const fn record(&self) -> Option<Sequence> {
        match self {
            Self::Decode(sequence, _) | Self::Fold(sequence, _) | Self::Write(sequence, _, _) => Some(*sequence),
            _ => None,
        }
    }
}

impl From<Problem> for TargetError {
    fn from(problem: Problem) -> Self {
        let error = Self::new(problem.reaction(), &problem);
        match problem.record().filter(|_| error.reaction == Reaction::Halt) {
            Some(sequence) => error.showing(sequence),
            None => error,
        }
    }
}

async fn in_time<O>(question: impl Future<Output = Result<O, Problem>>) -> Result<O, Problem> {
    timeout(ANSWER_WITHIN, question).await.unwrap_or(Err(Problem::Silent))
}

impl<P: Projection> Target for Store<P> {
    const NAME: &'static str = P::NAME;
    const THREAD: &'static str = P::THREAD;
    const MAINTAIN_EVERY: Duration = QUIET;

    fn known(&self) -> Sequence {
        self.attached.or(self.hint.as_ref().map(CheckpointHint::sequence)).unwrap_or_default()
    }

    async fn attach(&mut self) -> Result<Sequence, TargetError> {
        Ok(self.reach().await?)
    }

    async fn write(&mut self, at: Sequence, records_max: usize) -> Result<Sequence, TargetError> {
        let batch = self.read(at, records_max)?;
        let Some(database) = &self.connection else { return Ok(at) };
        // Where nothing is to be written, the place is stored now and then: a transaction a batch would be for others' records.
        if batch.through() == at || (batch.taken() == 0 && self.skipped_stored.elapsed() < SKIPPED_STORED_EVERY) {
            return Ok(batch.through());
        }
        match timeout(WRITE_WITHIN, write::<P>(database, &batch)).await {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => {
                // The database may have been exchanged for an earlier copy under us: then the batch is not at fault.
                if let WriteError::Mismatch { table: CHECKPOINTS, .. } = &cause {
                    self.maintain(at).await?;
                }
                return Err(Problem::Write(at.next(), batch.through(), cause).into());
            }
            Err(_) => return Err(Problem::Silent.into()),
        }
        (self.stored_at, self.skipped_stored) = (batch.through(), Instant::now());
        self.has(batch.through());
        Ok(batch.through())
    }

    fn stored(&self, _: Sequence) -> Sequence {
        self.stored_at
    }

    async fn maintain(&mut self, at: Sequence) -> Result<(), TargetError> {
        match self.stored().await? {
            Some(stored) if stored != self.stored_at => return Err(Problem::Elsewhere { left: self.stored_at, stored }.into()),
            _ => {}
        }
        if at > self.stored_at
            && let Some(database) = &self.connection
        {
            // What was skipped since the last record of ours: the journal may let go of it once this is stored.
            let skipped = Batch::<P::Fold>::resuming(self.stored_at, at);
            match timeout(WRITE_WITHIN, write::<P>(database, &skipped)).await {
                Ok(Ok(())) => {}
                Ok(Err(cause)) => return Err(Problem::Write(at, at, cause).into()),
                Err(_) => return Err(Problem::Silent.into()),
            }
            (self.stored_at, self.skipped_stored) = (at, Instant::now());
            self.has(at);
        }
        Ok(())
    }

    async fn detach(&mut self) {
        let Some(database) = self.connection.take() else { return };
        if let Some(hint) = &mut self.hint {
            hint.write();
        }
        // A server that does not answer finds out by itself.
        let _ = timeout(CLOSE_WITHIN, database.close()).await;
    }
}
