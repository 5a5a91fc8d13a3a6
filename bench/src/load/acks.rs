//! Receipts: every order number that the server told us, on disk for `reconcile`.
//! - A1 a line is in the buffer before the purchase counts as bought, and in the file before the run reports.
//! - A2 lines are written whole: threads, and runs, may append to one file.
//!
//! A line is `user_id,order_no,item_id,key,quantity`. Not here: judging them (`reconcile`).

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Written to the file when this many bytes have gathered.
const BATCH_BYTES: usize = 64 * 1024;

/// One thread's end of the acknowledgement file.
pub struct AckWriter {
    file: File,
    batch: Vec<u8>,
}

impl AckWriter {
    /// Appends to `path`, which is made when missing.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file, batch: Vec::with_capacity(BATCH_BYTES + 256) })
    }

    /// Notes one acknowledgement.
    pub fn write(&mut self, user_id: u64, order_no: &str, item: u64, key: &[u8], quantity: u32) -> io::Result<()> {
        write!(self.batch, "{user_id},{order_no},{item},")?;
        self.batch.extend_from_slice(key);
        writeln!(self.batch, ",{quantity}")?;
        if self.batch.len() >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Hands what has gathered to the file, as one append.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.batch)?;
        self.batch.clear();
        Ok(())
    }
}
