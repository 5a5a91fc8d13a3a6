//! How segments look on disk: a header, then frames, then zeros. Little-endian; a pure codec.
//! - F1 A frame is valid at the one place it was sealed for: journal, epoch, segment number and offset seed its checksum.
//! - F2 The checksum covers every byte of a frame, padding included, so no single flipped bit passes.
//! - F3 Any bytes decode without a panic, and a payload is never longer than [`PAYLOAD_BYTES_MAX`].
//! - F4 A frame knows only records before its own to be durable.
//!
//! ```text
//! header  magic 8 | version u32 | header bytes u32 | uuid 16 | epoch u64 | number u64 | zeros 12 | crc32 u32
//! frame   crc32 u32 | length u32 (head and payload) | sequence u64 | committed u64 | payload | zeros to a multiple of 8
//! ```
//! A length of zero is the end: segments are filled with zeros before use. Which sequence comes first in a segment is in its first
//! frame, not in its header, so that a header can be on disk long before the segment's turn comes.

use std::fmt;

use uuid::Uuid;

use super::Sequence;

/// Version that this release writes, and the only one that it reads.
pub const FORMAT_VERSION: u32 = 1;
/// Length of a segment's header.
pub const HEADER_BYTES: usize = 64;
/// Length of what comes before the payload in a frame.
pub const FRAME_HEAD_BYTES: usize = 24;
/// The most bytes that one record's payload may have.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// The most bytes that one frame takes on disk, head and padding included.
pub const FRAME_BYTES_MAX: usize = frame_bytes(PAYLOAD_BYTES_MAX);

const MAGIC: [u8; 8] = *b"malljrnl";
const ALIGNMENT: usize = 8;
const SUFFIX: &str = ".segment";

const _: () =
    assert!(HEADER_BYTES.is_multiple_of(ALIGNMENT) && FRAME_HEAD_BYTES.is_multiple_of(ALIGNMENT), "F1: frames begin at multiples of 8");

/// Number of a segment: grows by one with each file of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentNumber(pub u64);

impl SegmentNumber {
    /// Name of its file.
    pub fn file_name(self) -> String {
        format!("{:012}{SUFFIX}", self.0)
    }

    /// The number in a file's name, if it is a segment's.
    pub fn of_file(name: &str) -> Option<Self> {
        let digits = name.strip_suffix(SUFFIX)?;
        let number = Self(digits.parse().ok()?);
        (number.file_name() == name).then_some(number)
    }
}

impl fmt::Display for SegmentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Beginning of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The journal that it belongs to.
    pub uuid: Uuid,
    /// Opening of the journal that made it.
    pub epoch: u64,
    /// Its number, as in its file's name.
    pub number: SegmentNumber,
}

/// Why a header was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// Too short, not ours, or damaged.
    #[error("the header is damaged")]
    Damaged,
    /// Written by another release.
    #[error("format version {0} is not readable here")]
    Version(u32),
}

/// What ties frames to their segment, and with [`FrameSeed::at`] to their place in it (F1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameSeed(u32);

impl FrameSeed {
    /// For the frame that begins at this byte of the segment's file.
    pub const fn at(self, offset: u64) -> Self {
        // Frames of one segment begin at different multiples of 8 below 2^35, so their seeds differ, and with them the checksums.
        Self(self.0.wrapping_add((offset / ALIGNMENT as u64) as u32))
    }
}

impl SegmentHeader {
    /// As on disk.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(HEADER_BYTES as u32).to_le_bytes());
        bytes[16..32].copy_from_slice(self.uuid.as_bytes());
        bytes[32..40].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.number.0.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..60]);
        bytes[60..64].copy_from_slice(&crc.to_le_bytes());
        debug_assert_eq!(Self::decode(&bytes), Ok(*self), "a header would be read as another one");
        bytes
    }

    /// Reads the first [`HEADER_BYTES`] of a segment.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderFault> {
        let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else { return Err(HeaderFault::Damaged) };
        if crc32fast::hash(&bytes[..60]) != u32_at(bytes, 60) || bytes[0..8] != MAGIC {
            return Err(HeaderFault::Damaged);
        }
        let version = u32_at(bytes, 8);
        if version != FORMAT_VERSION {
            return Err(HeaderFault::Version(version));
        }
        let mut uuid = [0; 16];
        uuid.copy_from_slice(&bytes[16..32]);
        Ok(Self { uuid: Uuid::from_bytes(uuid), epoch: u64_at(bytes, 32), number: SegmentNumber(u64_at(bytes, 40)) })
    }

    /// What the checksums of this segment's frames start from.
    pub fn seed(&self) -> FrameSeed {
        FrameSeed(crc32fast::hash(&self.encode()[16..48]))
    }
}

/// Bytes on disk of a frame with so long a payload.
pub const fn frame_bytes(payload_bytes: usize) -> usize {
    (FRAME_HEAD_BYTES + payload_bytes).next_multiple_of(ALIGNMENT)
}

/// Appends a frame without checksum and `committed`: where it will lie is not known before its group is cut. See [`seal`].
pub fn push_unsealed(buffer: &mut Vec<u8>, sequence: Sequence, payload: &[u8]) {
    debug_assert!(payload.len() <= PAYLOAD_BYTES_MAX);
    let start = buffer.len();
    let length = (FRAME_HEAD_BYTES + payload.len()) as u32;
    buffer.extend_from_slice(&(u64::from(length) << 32).to_le_bytes());
    buffer.extend_from_slice(&sequence.0.to_le_bytes());
    buffer.extend_from_slice(&[0; 8]);
    buffer.extend_from_slice(payload);
    buffer.resize(start + frame_bytes(payload.len()), 0);
    debug_assert_eq!(own_frame_bytes(&buffer[start..]), buffer.len() - start, "the writer would look for the next frame elsewhere");
}

/// Bytes of the unsealed or sealed frame of our own making at the start of `frames`.
pub fn own_frame_bytes(frames: &[u8]) -> usize {
    debug_assert!(u32_at(frames, 4) as usize >= FRAME_HEAD_BYTES, "no frame of ours begins here");
    (u32_at(frames, 4) as usize).next_multiple_of(ALIGNMENT)
}

/// Finishes a frame for its place; `committed` is the last record known to be durable when the group was formed.
pub fn seal(frame: &mut [u8], seed: FrameSeed, committed: Sequence) {
    assert!(committed.0 < u64_at(frame, 8), "F4: record {} would not be read back: it knows {committed} to be durable", u64_at(frame, 8));
    frame[16..24].copy_from_slice(&committed.0.to_le_bytes());
    let crc = checksum(seed, frame);
    frame[0..4].copy_from_slice(&crc.to_le_bytes());
    debug_assert!(
        frame.len() > FRAME_BYTES_MAX || matches!(decode(frame, seed), Decoded::Frame(_)),
        "a sealed frame would not be read back"
    );
}

/// A valid frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Place of the record.
    pub sequence: Sequence,
    /// Known to be durable when the frame's group was formed.
    pub committed: Sequence,
    /// The record's bytes, without head and padding.
    pub payload: &'a [u8],
    /// Length on disk.
    pub bytes: usize,
}

/// What lies at a place where a frame may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// A frame with the right checksum for its place.
    Frame(Frame<'a>),
    /// Zeros, or the end of the file.
    End,
    /// Bytes that are neither zeros nor a valid frame.
    Bad,
}

/// Reads what begins at the start of `bytes`, which reach to the end of the segment or hold at least [`FRAME_BYTES_MAX`].
pub fn decode(bytes: &[u8], seed: FrameSeed) -> Decoded<'_> {
    let Some(head) = bytes.first_chunk::<FRAME_HEAD_BYTES>() else {
        return if bytes.iter().all(|byte| *byte == 0) { Decoded::End } else { Decoded::Bad };
    };
    if u64_at(head, 0) == 0 {
        return Decoded::End;
    }
    let length = u32_at(head, 4) as usize;
    if !(FRAME_HEAD_BYTES..=FRAME_HEAD_BYTES + PAYLOAD_BYTES_MAX).contains(&length) {
        return Decoded::Bad;
    }
    let Some(frame) = bytes.get(..length.next_multiple_of(ALIGNMENT)) else { return Decoded::Bad };
    let (sequence, committed) = (Sequence(u64_at(head, 8)), Sequence(u64_at(head, 16)));
    if committed >= sequence || checksum(seed, frame) != u32_at(head, 0) {
        return Decoded::Bad;
    }
    Decoded::Frame(Frame { sequence, committed, payload: &frame[FRAME_HEAD_BYTES..length], bytes: frame.len() })
}

/// Sequence and `committed` of what might be a frame here: a cheap look before the checksum is worth its price.
pub fn claimed(bytes: &[u8]) -> Option<(Sequence, Sequence)> {
    let head = bytes.first_chunk::<FRAME_HEAD_BYTES>()?;
    Some((Sequence(u64_at(head, 8)), Sequence(u64_at(head, 16))))
}

fn checksum(seed: FrameSeed, frame: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(seed.0);
    hasher.update(&frame[4..]);
    hasher.finalize()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}
