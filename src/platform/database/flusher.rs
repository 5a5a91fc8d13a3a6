//! Writes a SQLite file's pages out while they come. SQLite itself syncs once a checkpoint, all of its log and then as much of the file
//! at once: the device is busy with it for 40 to 70 ms, and the journal's next sync, which buyers wait for, comes after it.
//! - F1 Nothing depends on it: SQLite's own syncs keep their place and their meaning, and see every error (Linux tells it to each open file).
//! - F2 A quiet file is left alone.
//! - F3 One piece is on its way at a time: what comes after it waits for a fraction of a millisecond.
//!
//! On Linux alone; elsewhere nothing is spread.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use tracing::{debug, warn};

/// On its way at a time, at least.
const PIECE_BYTES_MIN: u64 = 256 << 10;
/// A long file goes in longer pieces: most of it is clean, and even to find that out costs a call a piece.
const PIECES_MAX: u64 = 2_048;
/// While something is written. SQLite writes about 1 GiB/s into memory.
const BUSY: Duration = Duration::from_millis(2);
/// The pause while little is written.
const QUIET: Duration = Duration::from_millis(50);
/// A file that has not changed for so long is quiet.
const QUIET_AFTER: Duration = Duration::from_secs(1);

/// The file and its write-ahead log, each with a thread. Ends when it is dropped.
pub struct Flusher {
    _file: Flushed,
    _log: Flushed,
}

struct Flushed {
    /// Nothing is sent; its end is the word to stop.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    /// For the database in this file, which need not be there yet.
    pub fn start(database: &Path) -> io::Result<Self> {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Ok(Self { _file: Flushed::start(database.to_owned())?, _log: Flushed::start(log.into())? })
    }
}

impl Flushed {
    fn start(path: PathBuf) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new().name("sqlite-flusher".to_owned()).spawn(move || flush(&path, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Flushed {
    fn drop(&mut self) {
        self.stop = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            warn!("a flusher of the database's file had panicked");
        }
    }
}

fn flush(path: &Path, stopped: &Receiver<()>) {
    let mut file = None;
    let mut seen = SystemTime::UNIX_EPOCH;
    let mut changed = Instant::now();
    let mut pause = QUIET;
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        // Never closed: with any descriptor of a file POSIX takes all of the process's locks on it away, SQLite's too.
        let opened = if file.is_none() { File::open(path).ok().map(ManuallyDrop::new) } else { file.take() };
        let Some(opened) = opened else { continue };
        match written(&opened, seen) {
            Ok(Some(modified)) => (seen, changed, pause) = (modified, Instant::now(), BUSY),
            Ok(None) if changed.elapsed() > QUIET_AFTER => pause = QUIET,
            Ok(None) => {}
            Err(cause) => {
                debug!("failed to write {} out ahead of SQLite: {cause}", path.display());
                pause = QUIET;
            }
        }
        file = Some(opened);
    }
}

/// Writes the file out if it was modified since; when it was.
fn written(file: &File, since: SystemTime) -> io::Result<Option<SystemTime>> {
    let metadata = file.metadata()?;
    let (modified, bytes) = (metadata.modified()?, metadata.len());
    if modified == since {
        return Ok(None);
    }
    let piece = PIECE_BYTES_MIN.max(bytes / PIECES_MAX);
    let mut offset = 0;
    while offset < bytes {
        write_out(file, offset, piece)?;
        offset += piece;
    }
    Ok(Some(modified))
}

/// Writes dirty pages of a range to the device and waits for them; says nothing about durability. Standard library and rustix have no such call.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn write_out(file: &File, offset: u64, bytes: u64) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    let how = libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    // SAFETY: takes numbers only, and the descriptor is open as long as the file is borrowed.
    let done = unsafe { libc::sync_file_range(file.as_raw_fd(), offset.cast_signed(), bytes.cast_signed(), how) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(not(target_os = "linux"))]
fn write_out(_: &File, _: u64, _: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
