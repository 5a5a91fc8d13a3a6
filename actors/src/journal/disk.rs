//! What the journal asks of a disk: one flat folder of files, written at positions and synced on demand.
//! - D1 Bytes written before a successful `sync` of their file survive a crash; nothing else has to.
//! - D2 A name made, changed or removed survives a crash once `sync_folder` has succeeded.
//!
//! Real disk: `os_disk`. Disk of the tests, which loses all that it may lose: `fault_disk`.

use std::{io, sync::Arc};

use crate::time::Timestamp;

/// Given back when the folder is to be free for another process.
pub trait FolderLock: Send + Sync {
    /// What was deleted or replaced since the folder was locked, so that its name no longer leads to what is locked; none while all is in
    /// its place.
    fn displaced(&self) -> io::Result<Option<String>>;
}

/// A folder of files.
pub trait Disk: Send + Sync + 'static {
    /// Where it is, for messages.
    fn place(&self) -> String;

    /// Takes the folder for this process alone; `WouldBlock` while another has it. What is locked is the folder itself: nobody gets a
    /// second lock by removing a file.
    fn lock(&self) -> io::Result<Box<dyn FolderLock>>;

    /// Names of all files, in no order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes an empty file for reading and writing; what had the name is gone.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens for reading and writing.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens for reading alone.
    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Removes the name; open files stay readable.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Moves a file over whatever has the new name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes names durable (D2).
    fn sync_folder(&self) -> io::Result<()>;
}

/// An open file. Callable from several threads: all positions are explicit.
pub trait DiskFile: Send + Sync {
    /// Writes all bytes there, or fails with some of them written. A full disk is `StorageFull`.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Reads up to `buffer.len()` bytes; fewer only at the end of the file.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Length in bytes.
    fn bytes(&self) -> io::Result<u64>;

    /// Whether its name still leads to it: false once it was removed or another file took its name.
    fn is_linked(&self) -> io::Result<bool>;

    /// When it was last written.
    fn modified(&self) -> io::Result<Timestamp>;

    /// Makes content and length durable (D1).
    fn sync(&self) -> io::Result<()>;

    /// Cuts the file to this length.
    fn truncate(&self, bytes: u64) -> io::Result<()>;

    /// Fills a new file with zeros up to this length, so that later writes need no space and move no metadata. Ends synced.
    fn preallocate(&self, bytes: u64) -> io::Result<()>;
}
