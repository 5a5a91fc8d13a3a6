//! Settings of the segment log and why it may refuse to open.

use std::{
    fmt, io,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use uuid::Uuid;

use super::{
    Sequence,
    format::{self, HEADER_BYTES, PAYLOAD_BYTES_MAX},
};
use crate::time::{Clock, Timestamp};

/// The most bytes that one segment's file may have.
const SEGMENT_BYTES_MAX: u64 = 4 << 30;

/// Settings, with defaults for a server.
#[derive(Clone)]
pub struct Options {
    /// Length of a segment's file; at most 4 GiB. Default 64 MiB.
    pub segment_bytes: u64,
    /// Longest payload; at most [`PAYLOAD_BYTES_MAX`], which is the default. `enqueue` panics on a longer one.
    pub payload_bytes_max: usize,
    /// How long a group may wait for more records under load. Default 1 ms; zero never waits.
    pub group_window: Duration,
    /// Memory for records that wait for the writer. Default 32 MiB.
    pub queue_bytes_max: usize,
    /// Disk for all segments together, prepared ones included; at least four segments. Default 8 GiB.
    pub budget_bytes: u64,
    /// Released segments stay this long after their last write, unless the budget presses. Default 24 hours.
    pub retain: Duration,
    /// Empty segments kept ready. Default 1.
    pub segments_ahead: usize,
    /// Tells the age of segments.
    pub clock: Arc<dyn Clock>,
    /// Identity of a journal that has to be created; random by default, fixed in simulations.
    pub uuid_of_new: Option<Uuid>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            payload_bytes_max: PAYLOAD_BYTES_MAX,
            group_window: Duration::from_millis(1),
            queue_bytes_max: 32 << 20,
            budget_bytes: 8 << 30,
            retain: Duration::from_secs(24 * 60 * 60),
            segments_ahead: 1,
            clock: Arc::new(WallClock),
            uuid_of_new: None,
        }
    }
}

impl Options {
    pub(super) fn check(&self) -> Result<(), OpenError> {
        let frame_bytes = format::frame_bytes(self.payload_bytes_max);
        let refused = |why: &str| Err(OpenError::Options(why.to_owned()));
        if self.payload_bytes_max > PAYLOAD_BYTES_MAX {
            return refused("a payload is at most 64 KiB long");
        }
        if self.segment_bytes > SEGMENT_BYTES_MAX {
            return refused("a segment is at most 4 GiB long");
        }
        if !self.segment_bytes.is_multiple_of(8) || self.segment_bytes < (HEADER_BYTES + frame_bytes) as u64 {
            return refused("a segment is a multiple of 8 bytes and holds at least one record of the longest payload");
        }
        if self.queue_bytes_max < frame_bytes {
            return refused("the queue holds at least one record of the longest payload");
        }
        if self.segments_ahead == 0 || self.budget_bytes / self.segment_bytes < 3 + self.segments_ahead as u64 {
            return refused("the budget holds at least three segments beside those kept ready, of which there is at least one");
        }
        Ok(())
    }
}

/// Ages of files are measured on the wall clock, like the files' own times.
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// A place in a journal where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// File of the segment.
    pub segment: String,
    /// Byte offset in the file.
    pub offset: u64,
    /// The record that should be there.
    pub sequence: Sequence,
    /// How we know.
    pub evidence: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {} at byte {} of {}: {}", self.sequence, self.offset, self.segment, self.evidence)
    }
}

/// An unfinished group at the end, left by a crash and never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutTail {
    /// File of the segment.
    pub segment: String,
    /// Where the good records end.
    pub offset: u64,
    /// The first record that is lost.
    pub sequence: Sequence,
    /// Bytes from there to the last that is not zero.
    pub bytes: u64,
}

impl fmt::Display for CutTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes from byte {} of {} on, where record {} would be", self.bytes, self.offset, self.segment, self.sequence)
    }
}

/// Why a journal does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the journal in {0} is in use by another process")]
    Locked(String),
    /// Records that were durable cannot be read: restore the folder from its volume's copy.
    #[error("the journal is damaged before its end: {0}")]
    Damaged(Damage),
    /// Segments of two journals are in one folder.
    #[error("segment {segment} belongs to journal {found}, the others to {expected}")]
    Foreign {
        /// File of the segment.
        segment: String,
        /// The journal that this segment belongs to.
        found: Uuid,
        /// Journal of the first segment.
        expected: Uuid,
    },
    /// Written by another release.
    #[error("segment {segment} has format version {version}, this release reads {}", format::FORMAT_VERSION)]
    Version {
        /// File of the segment.
        segment: String,
        /// The format version that the segment's header says.
        version: u32,
    },
    /// Settings that contradict each other.
    #[error("bad settings of the journal: {0}")]
    Options(String),
    /// The disk refused.
    #[error("failed to {doing}")]
    Io {
        /// What was attempted, with the file's name.
        doing: String,
        /// The disk's own error.
        #[source]
        cause: io::Error,
    },
}

impl OpenError {
    pub(super) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |cause| Self::Io { doing, cause }
    }
}
