//! The broker as a projection's target: each record becomes one message, its id is the record's sequence. The checkpoint stands before the
//! first message that a queue may lack; after a restart all from there on are sent again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::facts::{DecodeError, Record};
use mallcore_actors::journal::{Journal, ReadError, Sequence};

use super::again::{Again, Numbered};
use super::document::{self, Documents};
use super::link::{Link, LinkError};
use super::place::{Place, PlaceError};
use super::returns::Returns;
use super::{Target, metrics};
use crate::platform::projection::{self, Reaction, Registration, TargetError};

/// The name of this projection, and of its publisher.
pub const NAME: &str = "rabbitmq";
/// Bytes of payload a record, about; a batch asks for that many times its records.
const RECORD_BYTES: usize = 128;
/// How often the connection is looked at, and the checkpoint saved, while nothing comes.
const MAINTAIN_EVERY: Duration = Duration::from_millis(500);

/// Publishes the journal's records.
pub struct Events {
    target: Target,
    journal: Arc<dyn Journal>,
    registration: Registration,
    place: Place,
    link: Option<Link>,
    /// Sent, and not taken by all their queues.
    again: Again,
    /// The last record whose message was sent. All up to it are confirmed or in `again`.
    sent: Sequence,
    returns: Returns,
    documents: Documents,
}

impl Events {
    /// Reads the checkpoint in `folder`; the broker itself need not be there.
    pub fn open(
        target: Target,
        folder: &Path,
        journal: Arc<dyn Journal>,
        registration: Registration,
        documents: Documents,
    ) -> Result<Self, PlaceError> {
        let place = Place::open(folder, &*journal)?;
        registration.reached(place.confirmed());
        if place.has_seen(&target.exchange) {
            target.status.saw_exchange();
        }
        let sent = place.confirmed();
        Ok(Self { target, journal, registration, place, link: None, again: Again::new(), sent, returns: Returns::of(NAME), documents })
    }

    fn read(&self, at: Sequence, records_max: usize) -> Result<Vec<Numbered>, Problem> {
        let mut messages = Vec::with_capacity(records_max);
        let mut problem = None;
        let uuid = self.journal.identity().uuid;
        let mut visit = |sequence, payload: &[u8]| {
            // A journal may hand over more than was asked for; a record after one at fault is not wanted.
            if problem.is_some() || messages.len() >= records_max {
                return;
            }
            match Record::decode(payload) {
                Ok(record) => messages.push((sequence, document::message(uuid, sequence, &record, self.documents))),
                Err(cause) => problem = Some(Problem::Decode(sequence, cause)),
            }
        };
        self.journal.read(at.next(), records_max.saturating_mul(RECORD_BYTES), &mut visit).map_err(Problem::Read)?;
        match problem {
            // What comes before the record at fault still goes out; the next batch begins with it.
            Some(problem) if messages.is_empty() => Err(problem),
            _ => Ok(messages),
        }
    }

    /// What is in the file is what the journal may let go of.
    fn saved(&self, saved: std::io::Result<Sequence>) -> Result<(), Problem> {
        self.registration.reached(saved.map_err(Problem::Save)?);
        Ok(())
    }

    fn lost(&mut self, problem: Problem) -> Problem {
        metrics::FAILURES.with(&[(metrics::PUBLISHER, NAME)]).increment(1);
        self.link = None;
        problem
    }
}

/// Why a batch did not get done.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Link(LinkError),
    #[error("the connection to the broker is gone")]
    Gone,
    #[error("a full queue refuses messages, {0} wait to be sent again and others behind them")]
    Refused(usize),
    #[error("failed to save the checkpoint")]
    Save(#[source] std::io::Error),
    #[error("failed to read the journal")]
    Read(#[source] ReadError),
    #[error("failed to decode record {0}")]
    Decode(Sequence, #[source] DecodeError),
}

impl From<Problem> for TargetError {
    fn from(problem: Problem) -> Self {
        let reaction = match &problem {
            Problem::Link(error) if error.is_lasting() => Reaction::Ask,
            Problem::Refused(_) => Reaction::Hold,
            Problem::Link(_) | Problem::Gone | Problem::Save(_) | Problem::Read(ReadError::Io(_)) => Reaction::Wait,
            Problem::Read(_) | Problem::Decode(..) => Reaction::Halt,
        };
        let error = Self::new(reaction, &problem);
        if let Problem::Decode(sequence, _) = problem { error.showing(sequence) } else { error }
    }
}

impl projection::Target for Events {
    const NAME: &'static str = NAME;
    const THREAD: &'static str = "projection-mq";
    const MAINTAIN_EVERY: Duration = MAINTAIN_EVERY;

    fn known(&self) -> Sequence {
        self.place.confirmed()
    }

    async fn attach(&mut self) -> Result<Sequence, TargetError> {
        match Link::open(&self.target, NAME).await {
            Ok(link) => self.link = Some(link),
            Err(error) => return Err(self.lost(Problem::Link(error)).into()),
        }
        self.place.saw(&self.target.exchange).map_err(Problem::Save)?;
        Ok(self.place.confirmed())
    }

    async fn write(&mut self, _: Sequence, records_max: usize) -> Result<Sequence, TargetError> {
        let Some(link) = &self.link else { return Err(Problem::Gone.into()) };
        let batch = match self.again.is_empty() {
            true => self.read(self.sent, self.again.window(records_max))?,
            false => self.again.next(),
        };
        let (sequences, messages): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let outcome = link.publish(&messages, &mut self.returns).await;
        self.sent = sequences.last().map_or(self.sent, |last| self.sent.max(*last));
        self.again.settle(sequences.into_iter().zip(messages).collect(), &outcome.taken);
        self.place.advance(self.again.first().map_or(self.sent, |first| Sequence(first.0 - 1)));
        let is_refused = outcome.refused() > 0;
        if is_refused || self.again.is_empty() {
            self.target.status.refused(NAME, self.again.len());
        }
        if let Some(error) = outcome.broken {
            return Err(self.lost(Problem::Link(error)).into());
        }
        let saved = self.place.save_when_due();
        self.saved(saved)?;
        if is_refused { Err(Problem::Refused(self.again.len()).into()) } else { Ok(self.place.confirmed()) }
    }

    async fn maintain(&mut self, _: Sequence) -> Result<(), TargetError> {
        let saved = self.place.save_when_due();
        self.saved(saved)?;
        if self.link.as_ref().is_some_and(Link::is_open) { Ok(()) } else { Err(self.lost(Problem::Gone).into()) }
    }

    async fn detach(&mut self) {
        let saved = self.place.save();
        if let Err(problem) = self.saved(saved) {
            tracing::warn!("{}: what was published since will be repeated", crate::platform::error_chain::of(&problem));
        }
        if let Some(link) = self.link.take() {
            link.close().await;
        }
    }
}
