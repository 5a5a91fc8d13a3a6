//! Policies: what has happened leads to commands (ADR 0020). Each follows the journal with a checkpoint of its own, and is a projection in
//! everything but its target: its lag is measured, the journal keeps what it needs.
//! - Y1 Records are acted on strictly in order; the checkpoint moves past one when the answer to its command is durable, never before.
//! - Y2 A command names its record as `cause`; the receiving aggregate ignores a cause that it has seen, so a repeat changes nothing.
//! - Y3 What cannot be done now is done later: nothing is skipped, and nobody who buys waits for it.
//!
//! Not here: what a policy does (its feature), the list of policies (docs/ARCHITECTURE.md).

mod place;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::facts::{DecodeError, Record};
use mallcore_actors::journal::{Journal, ReadError, Sequence};
use mallcore_actors::kernel::facts::Kind;
use mallcore_actors::refusal::Unavailable;
use tokio::time::timeout;

use crate::platform::projection::{Reaction, Registration, Target, TargetError};
use place::Place;

/// Bytes of payload a record, about; a batch asks for that many times its records.
const RECORD_BYTES: usize = 128;
/// A command that is not answered by then is sent again.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How often the checkpoint is saved while nothing comes.
const MAINTAIN_EVERY: Duration = Duration::from_secs(1);

/// What some records lead to.
pub trait Policy: Send + Sync + 'static {
    /// Its name in metrics, logs and `/health/ready`, and its file's.
    const NAME: &'static str;
    /// Its thread's name, 15 characters at most.
    const THREAD: &'static str;

    /// Whether records of this kind lead to something; bodies of others are not read.
    fn takes(kind: Kind) -> bool;

    /// Sends the command that the record leads to, if it leads to one, and returns when the answer is durable. A refusal is an answer.
    fn act(&self, sequence: Sequence, record: &Record) -> impl Future<Output = Result<(), Unavailable>>;
}

/// A policy on its way along the journal.
pub struct Following<P> {
    policy: P,
    journal: Arc<dyn Journal>,
    registration: Registration,
    place: Place,
}

impl<P: Policy> Following<P> {
    /// From the checkpoint in `folder`; without one, from the journal's first record.
    pub fn open(policy: P, folder: &Path, journal: Arc<dyn Journal>, registration: Registration) -> Self {
        let place = Place::open(folder.join(format!("policy-{}.json", P::NAME)), &*journal);
        registration.reached(place.saved());
        Self { policy, journal, registration, place }
    }

    /// The records after `at` that lead to something, and the last record that was read.
    fn read(&self, at: Sequence, records_max: usize) -> Result<(Vec<(Sequence, Record)>, Sequence), Problem> {
        let (mut taken, mut through, mut read, mut problem) = (Vec::new(), at, 0, None);
        let mut visit = |sequence, payload: &[u8]| {
            if problem.is_some() || read >= records_max {
                return;
            }
            read += 1;
            let decoded = match Record::peek(payload) {
                Ok((kind, _)) if P::takes(kind) => Record::decode(payload).map(|record| taken.push((sequence, record))),
                Ok(_) => Ok(()),
                Err(cause) => Err(cause),
            };
            match decoded {
                Ok(()) => through = sequence,
                Err(cause) => problem = Some(Problem::Decode(sequence, cause)),
            }
        };
        self.journal.read(at.next(), records_max.saturating_mul(RECORD_BYTES), &mut visit).map_err(Problem::Read)?;
        match problem {
            // What comes before the record at fault is still acted on; the next batch begins with it.
            Some(problem) if through == at => Err(problem),
            _ => Ok((taken, through)),
        }
    }

    fn save(&mut self, is_due: bool) -> Result<(), Problem> {
        let saved = if is_due { self.place.save_when_due() } else { self.place.save() };
        self.registration.reached(saved.map_err(Problem::Save)?);
        Ok(())
    }
}

/// Why a policy does not get on.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("failed to save the checkpoint")]
    Save(#[source] std::io::Error),
    #[error("failed to read the journal")]
    Read(#[source] ReadError),
    #[error("failed to decode record {0}")]
    Decode(Sequence, #[source] DecodeError),
    #[error("the command that record {0} leads to is not answered now")]
    Unavailable(Sequence, #[source] Unavailable),
    #[error("the command that record {0} leads to was not answered in time")]
    Silent(Sequence),
}

impl From<Problem> for TargetError {
    fn from(problem: Problem) -> Self {
        let reaction = match &problem {
            Problem::Save(_) | Problem::Read(ReadError::Io(_)) | Problem::Unavailable(..) | Problem::Silent(_) => Reaction::Wait,
            Problem::Read(_) | Problem::Decode(..) => Reaction::Halt,
        };
        let error = Self::new(reaction, &problem);
        if let Problem::Decode(sequence, _) = problem { error.showing(sequence) } else { error }
    }
}

impl<P: Policy> Target for Following<P> {
    const NAME: &'static str = P::NAME;
    const THREAD: &'static str = P::THREAD;
    const MAINTAIN_EVERY: Duration = MAINTAIN_EVERY;

    fn known(&self) -> Sequence {
        self.place.done()
    }

    async fn attach(&mut self) -> Result<Sequence, TargetError> {
        Ok(self.place.done())
    }

    async fn write(&mut self, at: Sequence, records_max: usize) -> Result<Sequence, TargetError> {
        let (taken, through) = self.read(at, records_max)?;
        for (sequence, record) in taken {
            match timeout(ANSWER_WITHIN, self.policy.act(sequence, &record)).await {
                Ok(Ok(())) => self.place.advance(sequence),
                Ok(Err(unavailable)) => return Err(Problem::Unavailable(sequence, unavailable).into()),
                Err(_) => return Err(Problem::Silent(sequence).into()),
            }
        }
        self.place.advance(through);
        self.save(true)?;
        Ok(self.place.done())
    }

    async fn maintain(&mut self, at: Sequence) -> Result<(), TargetError> {
        self.place.advance(at);
        Ok(self.save(true)?)
    }

    async fn detach(&mut self) {
        if let Err(problem) = self.save(false) {
            tracing::warn!("{}: commands since then will be sent again, and change nothing", crate::platform::error_chain::of(&problem));
        }
    }
}
