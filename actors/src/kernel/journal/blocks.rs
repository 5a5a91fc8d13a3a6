//! Appends in whole blocks. A write that covers a part of a block makes the kernel read the rest first when its page has left memory,
//! and that read waits behind everything the device has been given: 20 to 75 ms while a database syncs. Nothing is read for a whole block.
//! - B1 A block is written again with the same bytes before its new ones, so a torn write leaves old records as they were.
//! - B2 Behind the last record stand zeros, as in the segment that was prepared.
//! - B3 Nothing is written behind the end of the segment.

use std::io;

use super::disk::DiskFile;

/// Block of the usual file systems, and page of the usual processors; where either is larger, reads come back and nothing else changes.
const BLOCK_BYTES: usize = 4096;

/// What the block at the end of a segment holds already.
pub(super) struct Blocks {
    /// From the start of the last block on.
    bytes: Vec<u8>,
    /// Where that block starts.
    start: u64,
    /// From there to the end of the segment.
    room_bytes: usize,
}

impl Blocks {
    /// Of a segment that holds its header and nothing else.
    pub fn new(header: &[u8], segment_bytes: u64) -> Self {
        Self { bytes: header.to_vec(), start: 0, room_bytes: usize::try_from(segment_bytes).unwrap_or(usize::MAX) }
    }

    /// Where the next byte goes.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Writes the bytes behind everything that was appended before. After a failure the segment is not to be used again.
    pub fn append(&mut self, file: &dyn DiskFile, bytes: &[u8]) -> io::Result<()> {
        let end = self.end() + bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        let used = self.bytes.len();
        assert!(used <= self.room_bytes, "B3: {} bytes too many for the segment", used - self.room_bytes);
        self.bytes.resize(used.next_multiple_of(BLOCK_BYTES).min(self.room_bytes), 0);
        file.write_at(self.start, &self.bytes)?;
        let whole = used - used % BLOCK_BYTES;
        self.bytes.truncate(used);
        self.bytes.drain(..whole);
        self.start += whole as u64;
        self.room_bytes -= whole;
        debug_assert!(self.start.is_multiple_of(BLOCK_BYTES as u64) && self.bytes.len() < BLOCK_BYTES, "B1: not the block at the end");
        assert_eq!(self.end(), end, "B1: what comes next would not follow these bytes");
        Ok(())
    }
}
