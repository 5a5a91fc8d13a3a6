//! The journal: the truth about everything hot. What is acknowledged has been synced here first.
//! - J1 Sequences are dense from 1, in the order of `enqueue`.
//! - J2 `durable()` never passes a record that a crash could lose.
//! - J3 After a failed sync nothing is ever acknowledged again: the process has to restart.
//! - J4 A record is refused (`Full`) before it is queued, never after.
//!
//! Payloads are opaque here (`kernel::facts` gives them meaning); disks are known only below this module.

mod blocks;
pub mod disk;
pub mod fault_disk;
pub mod format;
pub mod group_commit;
mod housekeeper;
pub mod inspect;
pub mod memory;
pub mod metrics;
pub mod options;
pub mod os_disk;
mod queue;
mod recovery;
mod retained;
mod scan;
pub mod segment_log;
mod survey;
mod writer;

use std::fmt;

use serde::{Deserialize, Serialize};

/// Place of a record in the journal: 1 for the first, 0 for "before all".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl Sequence {
    /// Before the first record.
    pub const ZERO: Self = Self(0);

    /// The place after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which journal this is, and which life of it: the epoch grows by one at every opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Made once, when the journal is created.
    pub uuid: uuid::Uuid,
    /// 1 for the first opening.
    pub epoch: u64,
}

/// How far the journal is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durable {
    /// Every record up to this one is on disk.
    Through(Sequence),
    /// A write or sync failed after this one: what follows may or may not be on disk.
    Failed(Sequence),
}

/// Why a record was not queued. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnqueueError {
    /// The budget of disk or memory is spent; passes when projections catch up or space appears.
    #[error("journal is full: {used_bytes} of {budget_bytes} bytes")]
    Full {
        /// Bytes that retained records take.
        used_bytes: u64,
        /// Bytes that they may take.
        budget_bytes: u64,
    },
    /// The journal failed or was closed: passes only with a restart.
    #[error("journal has stopped")]
    Stopped,
}

/// Why records could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The record has been released and its segment removed.
    #[error("record {wanted} is gone, the first retained is {first}")]
    Gone {
        /// The record asked for.
        wanted: Sequence,
        /// The oldest that is still there.
        first: Sequence,
    },
    /// A record that was durable cannot be read back.
    #[error("damaged record {sequence} in {place}")]
    Damaged {
        /// The record that was not expected.
        sequence: Sequence,
        /// Segment and offset.
        place: String,
    },
    /// The disk refused.
    #[error("failed to read the journal")]
    Io(#[source] std::io::Error),
}

/// Bytes of disk that the journal takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Bytes that retained records take.
    pub used_bytes: u64,
    /// Bytes that they may take.
    pub budget_bytes: u64,
}

/// The port. One contract suite (`actors/tests/it/journal/contract.rs`) proves every implementation.
pub trait Journal: Send + Sync + 'static {
    /// Which journal and which life of it.
    fn identity(&self) -> Identity;

    /// Queues a record and gives it its place. It becomes durable soon, or the journal fails.
    /// Cheap (a short lock and a copy), callable from any thread, never blocks on the disk.
    fn enqueue(&self, payload: &[u8]) -> Result<Sequence, EnqueueError>;

    /// The last place given out.
    fn last_enqueued(&self) -> Sequence;

    /// How far the journal is safe; a subscriber is woken once for each group commit, not for each record.
    fn durable(&self) -> tokio::sync::watch::Receiver<Durable>;

    /// Durable records from `from` on, in order, as (place, payload), until about `bytes_max` bytes of payload are given to `visit`.
    /// Returns the place after the last one visited (`from` if there was none). Blocks on the disk.
    fn read(&self, from: Sequence, bytes_max: usize, visit: &mut dyn FnMut(Sequence, &[u8])) -> Result<Sequence, ReadError>;

    /// The oldest record that can be read (the next one to come, if there is none).
    fn first_retained(&self) -> Sequence;

    /// Everything up to and including `through` is projected: its segments may be removed once they are old enough.
    fn release(&self, through: Sequence);

    /// Bytes of disk.
    fn usage(&self) -> Usage;
}
