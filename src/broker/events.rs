//! The broker as a projection's target: each record becomes one message, its id is the record's sequence.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::facts::{DecodeError, Record};
use mallcore_actors::journal::{Journal, ReadError, Sequence};

use super::document::{self, Documents};
use super::link::{Link, LinkError};
use super::place::{Place, PlaceError};
use super::returns::Returns;
use super::{Outgoing, Target, metrics};
use crate::projection::{self, Remedy, Seat, Trouble};

/// The name of this projection, and of its publisher.
pub const NAME: &str = "rabbitmq";
/// Bytes of payload a record, about; a batch asks for that many times its records.
const RECORD_BYTES: usize = 128;
/// How often the connection is looked at, and the checkpoint saved, while nothing comes.
const TEND_EVERY: Duration = Duration::from_millis(500);

/// Publishes the journal's records.
pub struct Events {
    target: Target,
    journal: Arc<dyn Journal>,
    seat: Seat,
    place: Place,
    link: Option<Link>,
    returns: Returns,
    documents: Documents,
}

impl Events {
    /// Reads the checkpoint in `folder`; the broker itself need not be there.
    pub fn open(target: Target, folder: &Path, journal: Arc<dyn Journal>, seat: Seat, documents: Documents) -> Result<Self, PlaceError> {
        let place = Place::open(folder, &*journal)?;
        seat.reached(place.confirmed());
        Ok(Self { target, journal, seat, place, link: None, returns: Returns::of(NAME), documents })
    }

    fn read(&self, at: Sequence, records_max: usize) -> Result<Vec<Outgoing>, Problem> {
        let mut messages = Vec::with_capacity(records_max);
        let mut problem = None;
        let uuid = self.journal.identity().uuid;
        let mut visit = |sequence, payload: &[u8]| {
            // A journal may hand over more than was asked for; a record after one at fault is not wanted.
            if problem.is_some() || messages.len() >= records_max {
                return;
            }
            match Record::decode(payload) {
                Ok(record) => messages.push(document::message(uuid, sequence, &record, self.documents)),
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
        self.seat.reached(saved.map_err(Problem::Save)?);
        Ok(())
    }

    fn lost(&mut self, problem: Problem) -> Problem {
        ::metrics::counter!(metrics::FAILURES, metrics::PUBLISHER => NAME).increment(1);
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
    #[error("failed to save the checkpoint")]
    Save(#[source] std::io::Error),
    #[error("failed to read the journal")]
    Read(#[source] ReadError),
    #[error("failed to decode record {0}")]
    Decode(Sequence, #[source] DecodeError),
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        let remedy = match &problem {
            Problem::Link(error) if error.is_lasting() => Remedy::Ask,
            Problem::Link(_) | Problem::Gone | Problem::Save(_) | Problem::Read(ReadError::Io(_)) => Remedy::Wait,
            Problem::Read(_) | Problem::Decode(..) => Remedy::Halt,
        };
        let trouble = Self::new(remedy, &problem);
        if let Problem::Decode(sequence, _) = problem { trouble.showing(sequence) } else { trouble }
    }
}

impl projection::Target for Events {
    const NAME: &'static str = NAME;
    const THREAD: &'static str = "projection-mq";
    const TEND_EVERY: Duration = TEND_EVERY;

    fn known(&self) -> Sequence {
        self.place.confirmed()
    }

    async fn attach(&mut self) -> Result<Sequence, Trouble> {
        match Link::open(&self.target, NAME).await {
            Ok(link) => self.link = Some(link),
            Err(error) => return Err(self.lost(Problem::Link(error)).into()),
        }
        Ok(self.place.confirmed())
    }

    async fn write(&mut self, at: Sequence, records_max: usize) -> Result<Sequence, Trouble> {
        let messages = self.read(at, records_max)?;
        let Some(link) = &self.link else { return Err(Problem::Gone.into()) };
        let (confirmed, outcome) = link.publish(&messages, &mut self.returns).await;
        self.place.advance(Sequence(at.0 + confirmed as u64));
        if let Err(error) = outcome {
            return Err(self.lost(Problem::Link(error)).into());
        }
        let saved = self.place.save_when_due();
        self.saved(saved)?;
        Ok(self.place.confirmed())
    }

    async fn tend(&mut self, _: Sequence) -> Result<(), Trouble> {
        let saved = self.place.save_when_due();
        self.saved(saved)?;
        if self.link.as_ref().is_some_and(Link::is_open) { Ok(()) } else { Err(self.lost(Problem::Gone).into()) }
    }

    async fn detach(&mut self) {
        let saved = self.place.save();
        if let Err(problem) = self.saved(saved) {
            tracing::warn!("{}: what was published since will be repeated", crate::story::of(&problem));
        }
        if let Some(link) = self.link.take() {
            link.close().await;
        }
    }
}
