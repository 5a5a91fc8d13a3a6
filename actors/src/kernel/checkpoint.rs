//! How a projection keeps its place in the journal, as a machine without I/O.
//! - K1 The checkpoint moves in the transaction that has the batch's effects, and only from the place where the batch began.
//! - K2 Batches follow each other without a gap, and never reach past what is durable.
//! - K3 When nobody knows whether a transaction was committed, the stored checkpoint is read again before anything else.
//! - K4 A checkpoint of another journal, of a later life, beyond its end or before its beginning refuses to start.

use uuid::Uuid;

use crate::journal::{Identity, Sequence};

/// A place in a journal, as stored beside what was projected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The journal's identity, made when it was created.
    pub journal: Uuid,
    /// Which life of it wrote this.
    pub epoch: u64,
    /// Everything up to and including this record is projected.
    pub sequence: Sequence,
}

/// Why a projection must not start, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The database follows another journal.
    #[error("the database follows journal {stored}, this is journal {opened}: open the journal that belongs to the database")]
    Foreign {
        /// Of the checkpoint.
        stored: Uuid,
        /// Of the journal.
        opened: Uuid,
    },
    /// The journal is an older copy of itself.
    #[error("the database has seen life {stored} of the journal, this is life {opened}: an older copy of the journal was put back")]
    LaterLife {
        /// Of the checkpoint.
        stored: u64,
        /// Of the journal.
        opened: u64,
    },
    /// Records between the two are gone.
    #[error("the database has records up to {stored}, the journal begins at {first}: restore a later backup of the database")]
    Gap {
        /// The stored checkpoint: the last projected record.
        stored: Sequence,
        /// The oldest record of the journal.
        first: Sequence,
    },
    /// The database has records that the journal lost.
    #[error("the database has records up to {stored}, the journal ends at {end}: put back the journal's missing segments")]
    BeyondEnd {
        /// The stored checkpoint: the last projected record.
        stored: Sequence,
        /// The last record of the journal.
        end: Sequence,
    },
}

/// What one transaction projects: the records `first..=last`, and the checkpoint's move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The first record.
    pub first: Sequence,
    /// The last one.
    pub last: Sequence,
    /// What the stored checkpoint must be; if it is not, the transaction is rolled back.
    pub from: Option<Checkpoint>,
    /// What it becomes.
    pub to: Checkpoint,
}

/// A projection's progress.
#[derive(Debug)]
pub struct Progress {
    journal: Identity,
    /// As last read or written; `None`: nothing is stored yet.
    stored: Option<Checkpoint>,
    in_flight: Option<Batch>,
}

impl Progress {
    /// Compares the stored checkpoint with the journal whose durable records are `first_retained..=end`.
    pub fn open(journal: Identity, stored: Option<Checkpoint>, first_retained: Sequence, end: Sequence) -> Result<Self, Refused> {
        let at = stored.map_or(Sequence::ZERO, |stored| stored.sequence);
        if let Some(stored) = stored {
            if stored.journal != journal.uuid {
                return Err(Refused::Foreign { stored: stored.journal, opened: journal.uuid });
            }
            if stored.epoch > journal.epoch {
                return Err(Refused::LaterLife { stored: stored.epoch, opened: journal.epoch });
            }
        }
        if at > end {
            return Err(Refused::BeyondEnd { stored: at, end });
        }
        if at.next() < first_retained {
            return Err(Refused::Gap { stored: at, first: first_retained });
        }
        Ok(Self { journal, stored, in_flight: None })
    }

    /// The next batch of at most `most` records, if there is any and none is in flight.
    pub fn next_batch(&mut self, durable: Sequence, most: u64) -> Option<Batch> {
        let first = self.sequence().next();
        if self.in_flight.is_some() || first > durable || most == 0 {
            return None;
        }
        let last = Sequence(durable.0.min(first.0.saturating_add(most - 1)));
        let to = Checkpoint { journal: self.journal.uuid, epoch: self.journal.epoch, sequence: last };
        assert!(first <= last && last <= durable, "K2: records {first} to {last} of {durable} durable ones");
        self.in_flight = Some(Batch { first, last, from: self.stored, to });
        self.in_flight
    }

    /// Takes back the end of the batch in flight: only records up to `last` were read. False if that is none of it.
    pub fn shorten(&mut self, last: Sequence) -> Option<Batch> {
        let batch = self.in_flight.as_mut().filter(|batch| batch.first <= last && last <= batch.last)?;
        batch.last = last;
        batch.to.sequence = last;
        assert!(batch.first <= batch.last, "K2: a batch of no record: {batch:?}");
        self.in_flight
    }

    /// The batch in flight is committed.
    pub fn applied(&mut self) {
        if let Some(batch) = self.in_flight.take() {
            assert_eq!(batch.from, self.stored, "K1: a batch was committed that began elsewhere: {batch:?}");
            assert!(batch.to.sequence > self.sequence(), "K1: the checkpoint goes from {} to {}", self.sequence(), batch.to.sequence);
            self.stored = Some(batch.to);
        }
    }

    /// The batch in flight failed or its outcome is unknown; `stored` was read again since. False: somebody else moves it, so stop.
    pub fn reloaded(&mut self, stored: Option<Checkpoint>) -> bool {
        match self.in_flight.take() {
            Some(batch) if stored == Some(batch.to) => {
                self.stored = stored;
                true
            }
            _ => stored == self.stored,
        }
    }

    /// Everything up to this record is projected.
    pub fn sequence(&self) -> Sequence {
        self.stored.map_or(Sequence::ZERO, |stored| stored.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOURNAL: Identity = Identity { uuid: Uuid::from_u128(1), epoch: 3 };

    fn at(sequence: u64) -> Checkpoint {
        Checkpoint { journal: JOURNAL.uuid, epoch: 2, sequence: Sequence(sequence) }
    }

    fn open(stored: Option<Checkpoint>, first: u64, end: u64) -> Result<Progress, Refused> {
        Progress::open(JOURNAL, stored, Sequence(first), Sequence(end))
    }

    #[test]
    fn what_does_not_belong_together_refuses_to_start() {
        let foreign = Checkpoint { journal: Uuid::from_u128(2), ..at(5) };
        let later = Checkpoint { epoch: 4, ..at(5) };
        assert_eq!(open(Some(foreign), 1, 9).unwrap_err(), Refused::Foreign { stored: foreign.journal, opened: JOURNAL.uuid });
        assert_eq!(open(Some(later), 1, 9).unwrap_err(), Refused::LaterLife { stored: 4, opened: 3 });
        assert_eq!(open(Some(at(5)), 7, 9).unwrap_err(), Refused::Gap { stored: Sequence(5), first: Sequence(7) });
        assert_eq!(open(None, 2, 9).unwrap_err(), Refused::Gap { stored: Sequence(0), first: Sequence(2) });
        assert_eq!(open(Some(at(10)), 1, 9).unwrap_err(), Refused::BeyondEnd { stored: Sequence(10), end: Sequence(9) });
    }

    #[test]
    fn touching_is_no_gap() {
        assert_eq!(open(Some(at(5)), 6, 5).unwrap().sequence(), Sequence(5));
        assert_eq!(open(None, 1, 0).unwrap().sequence(), Sequence(0));
    }

    #[test]
    fn batches_follow_each_other_up_to_what_is_durable() {
        let mut progress = open(None, 1, 0).unwrap();
        let first = progress.next_batch(Sequence(5), 3).unwrap();
        assert_eq!((first.first, first.last, first.from, first.to.epoch), (Sequence(1), Sequence(3), None, 3));
        assert_eq!(progress.next_batch(Sequence(5), 3), None, "one at a time");
        progress.applied();
        let second = progress.next_batch(Sequence(5), 3).unwrap();
        assert_eq!((second.first, second.last, second.from), (Sequence(4), Sequence(5), Some(first.to)));
        progress.applied();
        assert_eq!(progress.next_batch(Sequence(5), 3), None);
    }

    #[test]
    fn a_batch_can_be_shortened_to_what_was_read() {
        let mut progress = open(None, 1, 9).unwrap();
        progress.next_batch(Sequence(9), 9);
        assert_eq!(progress.shorten(Sequence(10)), None);
        assert_eq!(progress.shorten(Sequence(4)).unwrap().to.sequence, Sequence(4));
        progress.applied();
        assert_eq!(progress.sequence(), Sequence(4));
    }

    #[test]
    fn an_unknown_outcome_is_read_again_and_a_foreign_move_stops() {
        let mut progress = open(None, 1, 9).unwrap();
        let lost = progress.next_batch(Sequence(9), 2).unwrap();
        assert!(progress.reloaded(None), "rolled back");
        assert_eq!(progress.next_batch(Sequence(9), 2), Some(lost));
        assert!(progress.reloaded(Some(lost.to)), "committed, the answer was lost");
        assert_eq!(progress.sequence(), Sequence(2));
        progress.next_batch(Sequence(9), 2);
        assert!(!progress.reloaded(Some(at(9))), "another process moved it");
    }
}
