//! Walks the frames of one segment with few large reads and no allocation a record.

use std::{io, sync::Arc};

use super::{
    disk::DiskFile,
    format::{self, Decoded, FRAME_BYTES_MAX, FrameSeed},
};

/// Read size where much is read.
pub(super) const SCAN_BUFFER_BYTES: usize = 1 << 20;

const _: () = assert!(SCAN_BUFFER_BYTES >= 2 * FRAME_BYTES_MAX);

/// A position in a segment, and the bytes around it.
pub(super) struct Scan {
    file: Arc<dyn DiskFile>,
    seed: FrameSeed,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// Offset in the file of `buffer[at]`.
    offset: u64,
    /// Nothing is read from here on.
    end: u64,
}

impl Scan {
    pub fn new(file: Arc<dyn DiskFile>, seed: FrameSeed, offset: u64, end: u64, buffer_bytes_max: usize) -> Self {
        debug_assert!(buffer_bytes_max >= 2 * FRAME_BYTES_MAX);
        let span = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let buffer = vec![0; span.min(buffer_bytes_max)];
        Self { file, seed, buffer, at: 0, filled: 0, offset, end }
    }

    pub fn seed(&self) -> FrameSeed {
        self.seed
    }

    /// Where the next frame would begin.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The frame here, which is then passed; stays where it is at an end or a bad place.
    pub fn step(&mut self) -> io::Result<Decoded<'_>> {
        self.fill(FRAME_BYTES_MAX)?;
        let decoded = format::decode(&self.buffer[self.at..self.filled], self.seed.at(self.offset));
        if let Decoded::Frame(frame) = &decoded {
            self.at += frame.bytes;
            self.offset += frame.bytes as u64;
        }
        Ok(decoded)
    }

    /// The bytes from here on: at least so many, unless the segment ends before.
    pub fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        self.fill(wanted)?;
        Ok(&self.buffer[self.at..self.filled])
    }

    /// Passes so many bytes of those that `peek` showed.
    pub fn pass(&mut self, bytes: usize) {
        let bytes = bytes.min(self.filled - self.at);
        self.at += bytes;
        self.offset += bytes as u64;
    }

    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        let have = self.filled - self.at;
        let unread = self.end.saturating_sub(self.offset + have as u64);
        if have >= wanted || unread == 0 {
            return Ok(());
        }
        self.buffer.copy_within(self.at..self.filled, 0);
        self.at = 0;
        let room = self.buffer.len() - have;
        let room = usize::try_from(unread).map_or(room, |unread| unread.min(room));
        let read = self.file.read_at(self.offset + have as u64, &mut self.buffer[have..have + room])?;
        self.filled = have + read;
        debug_assert!(self.filled <= self.buffer.len(), "{} bytes were read into {}", self.filled, self.buffer.len());
        if read < room {
            self.end = self.offset + self.filled as u64;
        }
        Ok(())
    }
}
