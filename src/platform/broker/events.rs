//! The broker as a projection's target: each record becomes one message, its id is the record's sequence. What a full queue refuses is set
//! aside (`set_aside.rs`) and newer records go on being published. The checkpoint stays before the oldest message that is set aside: after a
//! restart everything from there on is sent again. The list outlives a connection, so that a reconnect repeats nothing of it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mallcore_actors::facts::{DecodeError, Record};
use mallcore_actors::journal::{Durable, Journal, ReadError, Sequence};

use super::document::{self, Documents};
use super::link::{Link, LinkError};
use super::place::{Place, PlaceError};
use super::returns::Returns;
use super::set_aside::SetAside;
use super::{Outgoing, SET_ASIDE_MAX, Target, metrics};
use crate::platform::projection::{self, Reaction, Registration, TargetError};

/// The name of this projection, and of its publisher.
pub const NAME: &str = "rabbitmq";
/// Bytes of payload a record, about; a batch asks for that many times its records.
const RECORD_BYTES: usize = 128;
/// Bytes of the journal that are read for one window of messages that were set aside: others may lie between them.
const AGAIN_BYTES: usize = 256 << 10;
/// How often the connection is looked at, and the checkpoint saved, while nothing comes.
const MAINTAIN_EVERY: Duration = Duration::from_millis(500);

/// Publishes the journal's records.
pub struct Events {
    target: Target,
    journal: Arc<dyn Journal>,
    registration: Registration,
    place: Place,
    link: Option<Link>,
    /// Sequences only: the records are read again.
    set_aside: SetAside<Sequence>,
    /// The last record whose message was answered. All up to it are accepted or set aside.
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
        let (set_aside, returns) = (SetAside::of_at_most(SET_ASIDE_MAX), Returns::of(NAME));
        Ok(Self { target, journal, registration, place, link: None, set_aside, sent, returns, documents })
    }

    /// Sets aside at most so many records instead of [`SET_ASIDE_MAX`].
    #[must_use]
    pub fn setting_aside_at_most(self, records: usize) -> Self {
        Self { set_aside: SetAside::of_at_most(records), ..self }
    }

    /// Messages of the wanted records from `first` on, at most so many and from about so many bytes of the journal.
    fn read(
        &self,
        first: Sequence,
        records_max: usize,
        bytes_max: usize,
        wanted: impl Fn(Sequence) -> bool,
    ) -> Result<Vec<(Sequence, Outgoing)>, Problem> {
        let mut messages = Vec::with_capacity(records_max);
        let mut problem = None;
        let uuid = self.journal.identity().uuid;
        let mut visit = |sequence, payload: &[u8]| {
            // A journal may hand over more than was asked for; a record after one at fault is not wanted.
            if problem.is_some() || messages.len() >= records_max || !wanted(sequence) {
                return;
            }
            match Record::decode(payload) {
                Ok(record) => messages.push((sequence, document::message(uuid, sequence, &record, self.documents))),
                Err(cause) => problem = Some(Problem::Decode(sequence, cause)),
            }
        };
        self.journal.read(first, bytes_max, &mut visit).map_err(Problem::Read)?;
        match problem {
            // What comes before the record at fault still goes out; the next batch begins with it.
            Some(problem) if messages.is_empty() => Err(problem),
            _ => Ok(messages),
        }
    }

    /// Sends new records, as many as could be set aside if all of them were refused.
    async fn send_new(&mut self, records_max: usize) -> Result<(), Problem> {
        let records_max = records_max.min(self.set_aside.room());
        if records_max == 0 {
            return Ok(());
        }
        let batch = self.read(self.sent.next(), records_max, records_max.saturating_mul(RECORD_BYTES), |_| true)?;
        self.publish(batch).await
    }

    /// Sends those again of what was set aside whose turn it is; `true` if there were any.
    async fn send_again(&mut self) -> Result<bool, Problem> {
        let window = self.set_aside.next(Instant::now());
        let Some(&oldest) = window.first() else { return Ok(false) };
        let batch = self.read(oldest, window.len(), AGAIN_BYTES, |sequence| window.binary_search(&sequence).is_ok())?;
        self.publish(batch).await?;
        Ok(true)
    }

    async fn publish(&mut self, batch: Vec<(Sequence, Outgoing)>) -> Result<(), Problem> {
        let Some(link) = &self.link else { return Err(Problem::Gone) };
        let (sequences, messages): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let outcome = link.publish(&messages, &mut self.returns).await;
        let answers: Vec<_> = sequences.into_iter().zip(outcome.taken).collect();
        self.sent = answers.last().map_or(self.sent, |(last, _)| self.sent.max(*last));
        self.set_aside.settle(&answers, Instant::now());
        self.place.advance(self.set_aside.oldest().map_or(self.sent, |oldest| Sequence(oldest.0 - 1)));
        self.target.status.set_aside(NAME, self.set_aside.len());
        outcome.broken.map_or(Ok(()), |error| Err(self.lost(Problem::Link(error))))
    }

    fn has_new(&self) -> bool {
        let (Durable::Through(end) | Durable::Failed(end)) = *self.journal.durable().borrow();
        end > self.sent
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
    #[error("a full queue refuses messages, and no more than the {0} that are set aside may be: newer ones wait")]
    Full(usize),
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
            Problem::Full(_) => Reaction::Hold,
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
        Ok(self.sent)
    }

    async fn write(&mut self, _: Sequence, records_max: usize) -> Result<Sequence, TargetError> {
        let before = self.sent;
        if self.set_aside.room() == 0 {
            // The runner makes the pauses while it is held.
            self.set_aside.end_pause();
        }
        self.send_new(records_max).await?;
        self.send_again().await?;
        let saved = self.place.save_when_due();
        self.saved(saved)?;
        let is_held = self.sent == before && self.set_aside.room() == 0;
        if is_held { Err(Problem::Full(self.set_aside.len()).into()) } else { Ok(self.sent) }
    }

    fn complete(&self, _: Sequence) -> Sequence {
        self.place.confirmed()
    }

    async fn maintain(&mut self, _: Sequence) -> Result<(), TargetError> {
        // Only while nothing new waits: it goes first, and a burst is let pass. Not for ever: the runner listens for orders in between.
        let until = Instant::now() + MAINTAIN_EVERY;
        while !self.has_new() && Instant::now() < until && self.send_again().await? {}
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
