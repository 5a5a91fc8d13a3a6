//! Consecutive records folded into what a projection writes. Pure: the server and the simulator run the same folds.
//! - P1 A batch takes only the record that follows the last one: none is left out, none is taken twice.
//! - P2 Folding records in any split of batches leads to the same rows as one by one.

use super::facts::{DecodeError, Kind, Record};
use crate::ids::OrderId;
use crate::journal::Sequence;
use crate::time::Timestamp;

/// What a projection makes of records, before any SQL.
pub trait Fold: Default + Send {
    /// Whether it takes records of this kind; bodies of others are not read.
    fn takes(kind: Kind) -> bool;

    /// Folds one record in.
    ///
    /// # Errors
    /// [`FoldError`] if the records contradict each other.
    fn fold(&mut self, sequence: Sequence, record: Record) -> Result<(), FoldError>;
}

/// Why records cannot be folded: they contradict each other, so this is our own bug or another's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// Records have to follow each other.
    #[error("record {found} follows record {after}")]
    Gap {
        /// The last one taken.
        after: Sequence,
        /// The one offered.
        found: Sequence,
    },
    /// The same order was placed twice.
    #[error("order {order} is placed a second time by record {sequence}")]
    Twice {
        /// The order that both records place.
        order: OrderId,
        /// The second record.
        sequence: Sequence,
    },
    /// A change of an aggregate that is not its next one.
    #[error("record {sequence} makes version {version} of {aggregate}, which is at {at}")]
    Version {
        /// Which one, for people.
        aggregate: OrderId,
        /// The record that was not expected.
        sequence: Sequence,
        /// The version that it makes.
        version: u32,
        /// The version that it found.
        at: u32,
    },
}

/// Why a payload was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// It is no record of this release.
    #[error("failed to decode the record")]
    Decode(#[from] DecodeError),
    /// It contradicts those before it.
    #[error("failed to fold the record")]
    Fold(#[from] FoldError),
}

/// Consecutive records, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<F> {
    after: Sequence,
    through: Sequence,
    through_at: Timestamp,
    taken: u64,
    folded: F,
}

impl<F: Fold> Batch<F> {
    /// Nothing yet; the next record is the one after `checkpoint`.
    pub fn after(checkpoint: Sequence) -> Self {
        Self { after: checkpoint, through: checkpoint, through_at: Timestamp::default(), taken: 0, folded: F::default() }
    }

    /// Nothing yet; the rows are at `checkpoint`, and the records after it up to `skipped` are none that this fold takes.
    pub fn resuming(checkpoint: Sequence, skipped: Sequence) -> Self {
        Self { through: skipped.max(checkpoint), ..Self::after(checkpoint) }
    }

    /// Takes the next record as the journal has it; the body of a kind that the fold does not take is not read.
    ///
    /// # Errors
    /// [`TakeError`]; the batch is as before, except for what a failed fold has changed: it has to be dropped then.
    pub fn take_bytes(&mut self, sequence: Sequence, payload: &[u8]) -> Result<(), TakeError> {
        let (kind, header) = Record::peek(payload)?;
        if F::takes(kind) {
            return Ok(self.take(sequence, Record::decode(payload)?)?);
        }
        self.follows(sequence)?;
        (self.through, self.through_at) = (sequence, header.at);
        Ok(())
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// [`FoldError`] if it does not follow, or contradicts those before it.
    pub fn take(&mut self, sequence: Sequence, record: Record) -> Result<(), FoldError> {
        self.follows(sequence)?;
        let at = record.header.at;
        if F::takes(record.fact.kind().0) {
            self.folded.fold(sequence, record)?;
            self.taken += 1;
        }
        (self.through, self.through_at) = (sequence, at);
        debug_assert!(self.taken <= self.records(), "P1: {} of {} records were taken", self.taken, self.records());
        Ok(())
    }

    fn follows(&self, sequence: Sequence) -> Result<(), FoldError> {
        if sequence == self.through.next() { Ok(()) } else { Err(FoldError::Gap { after: self.through, found: sequence }) }
    }

    /// The checkpoint that the rows have to be at.
    pub const fn from(&self) -> Sequence {
        self.after
    }

    /// The checkpoint afterwards.
    pub const fn through(&self) -> Sequence {
        self.through
    }

    /// The last record's time.
    pub const fn through_at(&self) -> Timestamp {
        self.through_at
    }

    /// How many records it covers, whether the fold took them or not.
    pub const fn records(&self) -> u64 {
        self.through.0 - self.after.0
    }

    /// How many records the fold took.
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// What the records change.
    pub const fn folded(&self) -> &F {
        &self.folded
    }
}
