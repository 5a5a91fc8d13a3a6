//! Records that wait for the writer, and the room on disk that each of them already has. One short lock guards it.
//! - Q1 A queued record has its place: in the writer's segment or in one prepared behind it. Space cannot run out under it.

use std::collections::VecDeque;

use super::{
    EnqueueError, Sequence,
    format::{self, HEADER_BYTES},
    group_commit::{Group, GroupCommit},
    recovery::Prepared,
};

pub(super) struct Queue {
    pub protocol: GroupCommit,
    /// Unsealed frames of the records that wait.
    frames: Vec<u8>,
    frames_bytes_max: usize,
    /// The writer sleeps until so many records wait; `u64::MAX` while it is awake.
    pub wake_at: u64,
    room: Room,
}

/// Why there is no place: what the caller reports differs.
pub(super) enum Refused {
    Stopped,
    NoMemory { used_bytes: u64, budget_bytes: u64 },
    NoDisk,
}

/// What the callers' threads have to do after a record was queued.
pub(super) struct Queued {
    pub sequence: Sequence,
    pub wakes_writer: bool,
    pub took_segment: bool,
}

/// A mirror of the writer's way through the segments, ahead of it by what is queued.
struct Room {
    left_bytes: u64,
    segment_bytes: u64,
    /// Prepared and not yet the writer's.
    prepared: VecDeque<Prepared>,
    /// How many of them have no queued record.
    free: usize,
}

/// Largest buffer that is kept when its group was small.
const KEPT_BUFFER_BYTES: usize = 1 << 20;

impl Queue {
    pub fn new(protocol: GroupCommit, frames_bytes_max: usize, segment_bytes: u64) -> Self {
        let room = Room { left_bytes: segment_bytes - HEADER_BYTES as u64, segment_bytes, prepared: VecDeque::new(), free: 0 };
        Self { protocol, frames: Vec::new(), frames_bytes_max, wake_at: u64::MAX, room }
    }

    pub fn push(&mut self, payload: &[u8]) -> Result<Queued, Refused> {
        if self.protocol.has_stopped() {
            return Err(Refused::Stopped);
        }
        let bytes = format::frame_bytes(payload.len());
        if self.frames.len() + bytes > self.frames_bytes_max {
            return Err(Refused::NoMemory { used_bytes: self.frames.len() as u64, budget_bytes: self.frames_bytes_max as u64 });
        }
        let took_segment = self.room.take(bytes as u64).ok_or(Refused::NoDisk)?;
        let Ok(sequence) = self.protocol.queue() else { return Err(Refused::Stopped) };
        format::push_unsealed(&mut self.frames, sequence, payload);
        debug_assert!(self.room.free <= self.room.prepared.len(), "Q1: {} segments are free", self.room.free);
        let wakes_writer = self.protocol.waiting() >= self.wake_at;
        if wakes_writer {
            self.wake_at = u64::MAX;
        }
        Ok(Queued { sequence, wakes_writer, took_segment })
    }

    /// Hands the waiting frames over in exchange for an empty buffer.
    pub fn take_group(&mut self, buffer: &mut Vec<u8>) -> Option<Group> {
        let group = self.protocol.take_group()?;
        let first = format::claimed(&self.frames).map(|(sequence, _)| sequence);
        assert_eq!(first, Some(group.first), "J1: the frames that wait are not those of {group:?}");
        if buffer.len() < KEPT_BUFFER_BYTES {
            buffer.shrink_to(KEPT_BUFFER_BYTES);
        }
        buffer.clear();
        std::mem::swap(&mut self.frames, buffer);
        Some(group)
    }

    /// Nothing that waits will ever be written.
    pub fn fail(&mut self) {
        self.protocol.failed();
        self.frames = Vec::new();
    }

    /// The segment for records that did not fit into the writer's.
    pub fn next_segment(&mut self) -> Option<Prepared> {
        let prepared = self.room.prepared.len();
        assert!(prepared == 0 || prepared > self.room.free, "Q1: the writer takes a segment that no queued record has a place in");
        self.room.prepared.pop_front()
    }

    pub fn add_segment(&mut self, prepared: Prepared) {
        self.room.prepared.push_back(prepared);
        self.room.free += 1;
    }

    /// Prepared segments in which nothing has a place yet.
    pub fn free_segments(&self) -> usize {
        self.room.free
    }
}

impl Room {
    /// Finds room for a frame; whether that took a prepared segment. Nothing changes if there is none.
    fn take(&mut self, bytes: u64) -> Option<bool> {
        if bytes <= self.left_bytes {
            self.left_bytes -= bytes;
            return Some(false);
        }
        self.free = self.free.checked_sub(1)?;
        self.left_bytes = self.segment_bytes - HEADER_BYTES as u64 - bytes;
        Some(true)
    }
}

impl Refused {
    pub fn into_error(self, disk: impl FnOnce() -> (u64, u64)) -> EnqueueError {
        match self {
            Self::Stopped => EnqueueError::Stopped,
            Self::NoMemory { used_bytes, budget_bytes } => EnqueueError::Full { used_bytes, budget_bytes },
            Self::NoDisk => {
                let (used_bytes, budget_bytes) = disk();
                EnqueueError::Full { used_bytes, budget_bytes }
            }
        }
    }
}
