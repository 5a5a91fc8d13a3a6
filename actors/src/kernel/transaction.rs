//! The one door from aggregates to the journal: encode, enqueue, apply.
//! - X1 What is enqueued is applied before the actor's turn ends; if that fails the process aborts, because memory would be behind the
//!   journal and only a restart puts that right.
//! - X2 A record that the journal refuses has changed nothing.
//! - X3 A transaction has at most one record.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::facts::{Header, Origin, Record};
use super::families::Fact;
use crate::journal::{EnqueueError, Journal, Sequence};
use crate::refusal::Unavailable;
use crate::time::{Clock, Timestamp};

/// A journal that refused a record this recently is taken to be full.
const FULL_FOR_MILLIS: u64 = 5_000;

/// A record with its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The record's place in the journal.
    pub sequence: Sequence,
    /// What it says.
    pub record: Record,
}

/// Who asks for a command, and because of which record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Provenance {
    /// On whose behalf the command is sent.
    pub origin: Origin,
    /// The record that led to it; 0 if none did.
    pub cause: Sequence,
}

impl Provenance {
    /// The process itself.
    pub const SYSTEM: Self = Self { origin: Origin::System, cause: Sequence::ZERO };
    /// A shopper whose request has no number.
    pub const SHOPPER: Self = Self { origin: Origin::Shopper { request: 0 }, cause: Sequence::ZERO };
    /// The command line.
    pub const COMMAND_LINE: Self = Self { origin: Origin::Admin { admin: 0, request: 0 }, cause: Sequence::ZERO };

    /// A policy that acts on the record `cause`.
    pub const fn policy(policy: u16, cause: Sequence) -> Self {
        Self { origin: Origin::Policy { policy }, cause }
    }
}

/// Journal and clock, as transactions need them.
pub struct Recorder {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    /// When the journal last refused a record for want of space, in milliseconds; 0 for never.
    full_at: AtomicU64,
}

impl Recorder {
    /// Over this journal and clock.
    pub fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Self {
        Self { journal, clock, full_at: AtomicU64::new(0) }
    }

    /// The journal that every record goes to.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// The clock that records are dated by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Whether the journal has just refused a record for want of space.
    pub fn is_journal_full(&self) -> bool {
        let full_at = self.full_at.load(Ordering::Relaxed);
        full_at > 0 && self.clock.now().millis() < full_at + FULL_FOR_MILLIS
    }

    /// Begins a transaction now. `scratch` is only kept to save an allocation a record.
    pub fn begin<'a>(&'a self, provenance: Provenance, scratch: &'a mut Vec<u8>) -> Transaction<'a> {
        let header = Header { at: self.clock.now(), origin: provenance.origin, cause: provenance.cause };
        Transaction { recorder: self, scratch, header, has_committed: false }
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// One command's time, provenance, and way to the journal.
#[derive(Debug)]
pub struct Transaction<'a> {
    recorder: &'a Recorder,
    scratch: &'a mut Vec<u8>,
    header: Header,
    has_committed: bool,
}

impl Transaction<'_> {
    /// When the command is decided. The same throughout the transaction.
    pub const fn now(&self) -> Timestamp {
        self.header.at
    }

    /// The header that its records get.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The newest record that the journal has queued: no reply may rely on a later one.
    pub fn last_enqueued(&self) -> Sequence {
        self.recorder.journal.last_enqueued()
    }

    /// Queues the fact and makes it so: `apply` must bring every machine that it concerns up to date, and must not fail.
    ///
    /// # Errors
    /// [`Unavailable::JournalFull`] or [`Unavailable::OutcomeUnknown`] if the journal refuses; nothing has changed then.
    pub fn commit(&mut self, fact: impl Into<Fact>, apply: impl FnOnce(&Committed)) -> Result<Committed, Unavailable> {
        debug_assert!(!self.has_committed, "X3: a second record would not share the fate of the first");
        let committed = self.record(Record { header: self.header, fact: fact.into() }, apply)?;
        self.has_committed = true;
        Ok(committed)
    }

    /// The same for a fact of the process itself that a command needs first, such as a reservation of ids: nobody asked for it.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub fn commit_own(&mut self, fact: impl Into<Fact>, apply: impl FnOnce(&Committed)) -> Result<Committed, Unavailable> {
        self.record(Record::system(self.header.at, fact), apply)
    }

    fn record(&mut self, record: Record, apply: impl FnOnce(&Committed)) -> Result<Committed, Unavailable> {
        self.scratch.clear();
        record.encode_into(self.scratch);
        let sequence = self.recorder.journal.enqueue(self.scratch).inspect_err(|error| {
            if matches!(error, EnqueueError::Full { .. }) {
                self.recorder.full_at.store(self.header.at.millis(), Ordering::Relaxed);
            }
        })?;
        let committed = Committed { sequence, record };
        let guard = AbortOnUnwind;
        apply(&committed);
        std::mem::forget(guard);
        Ok(committed)
    }
}

impl From<EnqueueError> for Unavailable {
    fn from(error: EnqueueError) -> Self {
        match error {
            EnqueueError::Full { .. } => Self::JournalFull,
            // The process is about to end; nothing was queued, but the caller cannot tell from an earlier attempt.
            EnqueueError::Stopped => Self::OutcomeUnknown,
        }
    }
}

/// X1: aborts the process if it is dropped by unwinding; forget it when what was queued has been applied.
pub(crate) struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("a queued record could not be applied; restarting from the journal is the only way on");
            std::process::abort();
        }
    }
}
