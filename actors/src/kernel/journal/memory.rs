//! A journal in memory for the tests of others: durable at once, or when told.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Durable, EnqueueError, Identity, Journal, ReadError, Sequence, Usage,
    format::{PAYLOAD_BYTES_MAX, frame_bytes},
    group_commit::GroupCommit,
};

/// A journal that keeps its records in memory.
pub struct MemoryJournal {
    identity: Identity,
    is_durable_at_once: bool,
    budget_bytes: u64,
    state: Mutex<State>,
    durable: watch::Sender<Durable>,
}

struct State {
    protocol: GroupCommit,
    first: Sequence,
    records: VecDeque<Box<[u8]>>,
    used_bytes: u64,
}

impl MemoryJournal {
    /// Each record is durable when `enqueue` returns.
    pub fn durable_at_once() -> Self {
        Self::new(true, u64::MAX)
    }

    /// Records become durable when [`MemoryJournal::sync`] is called.
    pub fn durable_when_told() -> Self {
        Self::new(false, u64::MAX)
    }

    /// As chosen, with a budget for records that are not released; a record counts with what it would take on disk.
    pub fn new(is_durable_at_once: bool, budget_bytes: u64) -> Self {
        let protocol = GroupCommit::new(Sequence::ZERO, 0);
        Self {
            identity: Identity { uuid: Uuid::nil(), epoch: 1 },
            is_durable_at_once,
            budget_bytes,
            state: Mutex::new(State { protocol, first: Sequence(1), records: VecDeque::new(), used_bytes: 0 }),
            durable: watch::Sender::new(Durable::Through(Sequence::ZERO)),
        }
    }

    /// All that is queued becomes durable.
    pub fn sync(&self) {
        let mut state = self.state.lock();
        if let Some(group) = state.protocol.take_group() {
            state.protocol.synced(group.last);
            // Under the lock, so that what is published only grows.
            self.durable.send_replace(Durable::Through(group.last));
        }
    }

    /// As a failed sync: what is not durable now never will be.
    pub fn fail(&self) {
        let mut state = self.state.lock();
        state.protocol.failed();
        self.durable.send_replace(Durable::Failed(state.protocol.durable()));
    }
}

impl Journal for MemoryJournal {
    fn identity(&self) -> Identity {
        self.identity
    }

    fn enqueue(&self, payload: &[u8]) -> Result<Sequence, EnqueueError> {
        assert!(payload.len() <= PAYLOAD_BYTES_MAX, "a record of {} bytes is too long", payload.len());
        let bytes = frame_bytes(payload.len()) as u64;
        let sequence = {
            let mut state = self.state.lock();
            if state.used_bytes + bytes > self.budget_bytes && !state.protocol.has_stopped() {
                return Err(EnqueueError::Full { used_bytes: state.used_bytes, budget_bytes: self.budget_bytes });
            }
            let sequence = state.protocol.queue().map_err(|_| EnqueueError::Stopped)?;
            state.records.push_back(payload.into());
            debug_assert_eq!(state.first.0 + state.records.len() as u64, sequence.next().0, "J1: {sequence} has another place");
            state.used_bytes += bytes;
            sequence
        };
        if self.is_durable_at_once {
            self.sync();
        }
        Ok(sequence)
    }

    fn last_enqueued(&self) -> Sequence {
        self.state.lock().protocol.last_queued()
    }

    fn durable(&self) -> watch::Receiver<Durable> {
        self.durable.subscribe()
    }

    fn read(&self, from: Sequence, bytes_max: usize, visit: &mut dyn FnMut(Sequence, &[u8])) -> Result<Sequence, ReadError> {
        let state = self.state.lock();
        let mut at = from.max(Sequence(1));
        if at <= state.protocol.durable() && at < state.first {
            return Err(ReadError::Gone { wanted: at, first: state.first });
        }
        let mut given_bytes = 0;
        while at <= state.protocol.durable() {
            let Some(record) = usize::try_from(at.0 - state.first.0).ok().and_then(|index| state.records.get(index)) else { break };
            visit(at, record);
            at = at.next();
            given_bytes += record.len();
            if given_bytes >= bytes_max {
                break;
            }
        }
        Ok(at)
    }

    fn first_retained(&self) -> Sequence {
        self.state.lock().first
    }

    fn release(&self, through: Sequence) {
        let mut state = self.state.lock();
        let through = through.min(state.protocol.durable());
        while state.first <= through {
            let Some(record) = state.records.pop_front() else { break };
            state.used_bytes -= frame_bytes(record.len()) as u64;
            state.first = state.first.next();
        }
    }

    fn usage(&self) -> Usage {
        Usage { used_bytes: self.state.lock().used_bytes, budget_bytes: self.budget_bytes }
    }
}
