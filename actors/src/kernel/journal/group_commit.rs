//! The protocol of group commit: who is queued, who is being written, who is safe. A pure state machine; the writer's thread and the
//! simulator drive it alike.
//! - G1 `durable <= taken <= queued`, all three only grow.
//! - G2 At most one group is being written.
//! - G3 After `failed` nothing becomes durable and nothing is queued.
//!
//! Not here: bytes, places on disk (`queue`, `writer`), the clock.

use super::Sequence;

/// Groups from this size on are a sign of load: waiting for more pays.
const GATHER_FROM_RECORDS: u64 = 16;

/// Records that are written and synced together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The group's first record.
    pub first: Sequence,
    /// The group's last record, at or after the first.
    pub last: Sequence,
}

/// What the writer should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Sleep until a record is queued.
    Sleep,
    /// Sleep until so many records are queued or this time has come, then ask again.
    Gather {
        /// On the clock given to [`GroupCommit::next`].
        until_micros: u64,
        /// Enough to go on at once.
        records: u64,
    },
    /// Take the group and write it.
    Cut,
    /// Nothing will come any more.
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Closing,
    Failed,
}

/// Why a record was not queued: failed or closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// How far records are queued, taken and durable.
#[derive(Debug)]
pub struct GroupCommit {
    window_micros: u64,
    phase: Phase,
    queued: Sequence,
    taken: Sequence,
    durable: Sequence,
    /// Largest group of late; shrinks by an eighth with each smaller one. Under load this is how many come together.
    group_peak: u64,
    gathering_since_micros: Option<u64>,
}

impl GroupCommit {
    /// Starts after `last`; under load a group waits at most `window_micros` for more records (0: never).
    pub fn new(last: Sequence, window_micros: u64) -> Self {
        Self { window_micros, phase: Phase::Open, queued: last, taken: last, durable: last, group_peak: 0, gathering_since_micros: None }
    }

    /// Gives a record its place.
    pub fn queue(&mut self) -> Result<Sequence, Stopped> {
        if self.phase != Phase::Open {
            return Err(Stopped);
        }
        self.queued = self.queued.next();
        debug_assert_eq!(self.broken(), None, "{self:?}");
        Ok(self.queued)
    }

    /// The invariant that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        (self.durable > self.taken || self.taken > self.queued).then_some("G1: durable, taken and queued are out of order")
    }

    /// Records queued and not taken.
    pub fn waiting(&self) -> u64 {
        self.queued.0 - self.taken.0
    }

    /// The last place given out.
    pub fn last_queued(&self) -> Sequence {
        self.queued
    }

    /// The last record that is safe.
    pub fn durable(&self) -> Sequence {
        self.durable
    }

    /// Whether no record is accepted any more.
    pub fn has_stopped(&self) -> bool {
        self.phase != Phase::Open
    }

    /// Whether a write or sync failed.
    pub fn has_failed(&self) -> bool {
        self.phase == Phase::Failed
    }

    /// What to do now. A lone record is never kept waiting.
    pub fn next(&mut self, now_micros: u64) -> Next {
        let waiting = self.waiting();
        if self.phase == Phase::Failed || (self.phase == Phase::Closing && waiting == 0) {
            return Next::Stop;
        }
        if waiting == 0 {
            return Next::Sleep;
        }
        let calm = self.group_peak < GATHER_FROM_RECORDS || waiting >= self.group_peak;
        if self.window_micros == 0 || self.phase == Phase::Closing || calm {
            return Next::Cut;
        }
        let until_micros = *self.gathering_since_micros.get_or_insert(now_micros) + self.window_micros;
        if now_micros >= until_micros { Next::Cut } else { Next::Gather { until_micros, records: self.group_peak } }
    }

    /// Takes all that waits, unless a group is being written or nothing waits.
    pub fn take_group(&mut self) -> Option<Group> {
        if self.phase == Phase::Failed || self.taken != self.durable || self.waiting() == 0 {
            return None;
        }
        let group = Group { first: self.taken.next(), last: self.queued };
        self.group_peak = (self.group_peak - self.group_peak.div_ceil(8)).max(self.waiting());
        self.gathering_since_micros = None;
        self.taken = self.queued;
        assert_eq!(self.broken(), None, "{self:?}");
        assert!(group.first <= group.last, "G1: a group of no record: {group:?}");
        Some(group)
    }

    /// The group is on disk up to `through`; a group that spans segments is synced in parts.
    pub fn synced(&mut self, through: Sequence) {
        assert!(self.phase != Phase::Failed, "G3: synced after a failure");
        assert!(self.durable < through && through <= self.taken, "G1: synced {through} of {self:?}");
        self.durable = through;
    }

    /// A write or sync failed: what was being written is unknown for ever, what was queued is lost.
    pub fn failed(&mut self) {
        self.phase = Phase::Failed;
    }

    /// Accepts no more; what is queued is still written.
    pub fn close(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
        }
    }
}
