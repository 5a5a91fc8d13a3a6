//! The real disk: a folder of the operating system.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use super::disk::{Disk, DiskFile, FolderLock};
use crate::time::Timestamp;

/// Releases that do not lock the folder itself lock this file.
const LOCK_NAME: &str = "lock";

/// Zeros are written in pieces of this size, each synced, so that the syncs of running appends never queue behind a whole segment.
/// Smaller ones (1 MiB) cannot keep up with 70 MB/s of appends.
const PREALLOCATE_PIECE_BYTES: usize = 4 << 20;

/// A folder; made with its parents if it is missing.
pub struct OsDisk {
    folder: PathBuf,
}

impl OsDisk {
    /// The folder, which is created (and its entry synced) if it is missing.
    pub fn create_folder(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        if !folder.is_dir() {
            std::fs::create_dir_all(&folder)?;
            for parent in folder.ancestors().skip(1) {
                let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                // Best effort above what we own: a parent that cannot be opened for reading was there before us.
                if let Ok(parent) = File::open(parent) {
                    parent.sync_all()?;
                }
            }
        }
        Ok(Self { folder })
    }

    /// An existing folder, for operators who only look.
    pub fn existing(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        std::fs::read_dir(&folder)?;
        Ok(Self { folder })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The folder and the file in it, both locked: a file can be removed and made anew, and then two processes hold one each; the folder's
/// inode stays the same for as long as there is this journal. The kernel releases both when they are closed, which the end of the process
/// does too.
struct OsLock {
    held: [(PathBuf, File); 2],
}

impl FolderLock for OsLock {
    fn displaced(&self) -> io::Result<Option<String>> {
        for (path, file) in &self.held {
            if !leads_to(path, file)? {
                return Ok(Some(path.display().to_string()));
            }
        }
        Ok(None)
    }
}

/// Whether the path still leads to this open file or folder.
fn leads_to(path: &Path, file: &File) -> io::Result<bool> {
    let open = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (open.dev(), open.ino())),
        Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(cause) => Err(cause),
    }
}

fn try_lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|refused| match refused {
        TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
        TryLockError::Error(cause) => cause,
    })
}

/// NFS locks only what is open for writing, which a folder never is.
fn cannot_lock_folders(cause: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::BADF, Errno::OPNOTSUPP].iter().any(|errno| cause.raw_os_error() == Some(errno.raw_os_error()))
}

impl Disk for OsDisk {
    fn place(&self) -> String {
        self.folder.display().to_string()
    }

    fn lock(&self) -> io::Result<Box<dyn FolderLock>> {
        let folder = File::open(&self.folder)?;
        match try_lock(&folder) {
            Err(cause) if cannot_lock_folders(&cause) => {
                tracing::warn!("{}: this file system does not lock folders, only {LOCK_NAME} is locked: {cause}", self.place());
            }
            locked => locked?,
        }
        let name = self.at(LOCK_NAME);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&name)?;
        try_lock(&file)?;
        let lock = OsLock { held: [(self.folder.clone(), folder), (name, file)] };
        match lock.displaced()? {
            None => Ok(Box::new(lock)),
            Some(path) => Err(io::Error::other(format!("{path} was replaced while it was being locked"))),
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            // Names that are not UTF-8 are not ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(self.at(name))?;
        Ok(Arc::new(OsFile { file }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(OsFile { file: OpenOptions::new().read(true).write(true).open(self.at(name))? }))
    }

    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(OsFile { file: File::open(self.at(name))? }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.at(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.at(from), self.at(to))
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

struct OsFile {
    file: File,
}

impl DiskFile for OsFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(filled)
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn is_linked(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.nlink() > 0)
    }

    fn modified(&self) -> io::Result<Timestamp> {
        let age = self.file.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Timestamp::from_millis(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)))
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }

    fn preallocate(&self, bytes: u64) -> io::Result<()> {
        // Real zeros instead of fallocate: extents marked unwritten would cost a metadata commit in each later sync.
        let zeros = vec![0; PREALLOCATE_PIECE_BYTES];
        let mut offset = 0;
        while offset < bytes {
            let piece = usize::try_from(bytes - offset).map_or(zeros.len(), |left| left.min(zeros.len()));
            self.write_at(offset, &zeros[..piece])?;
            self.sync()?;
            offset += piece as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_what_is_open_or_elsewhere_or_cannot_be_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let open = File::create(&path).unwrap();
        assert!(leads_to(&path, &open).unwrap());
        assert!(!leads_to(&path.join("below"), &open).unwrap(), "a file is no folder");
        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        assert!(!leads_to(&path, &open).unwrap(), "its name is gone");
        File::create(&path).unwrap();
        assert!(!leads_to(&path, &open).unwrap(), "another file has its name");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&path, &path).unwrap();
        assert!(leads_to(&path, &open).is_err(), "nobody can say: the journal is not given up for that");
    }

    #[test]
    fn a_preallocated_file_is_as_long_as_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let disk = OsDisk::create_folder(folder.path()).unwrap();
        let piece = PREALLOCATE_PIECE_BYTES as u64;
        for bytes in [8, piece - 8, piece, piece + 8] {
            let file = disk.create("file").unwrap();
            file.preallocate(bytes).unwrap();
            assert_eq!(file.bytes().unwrap(), bytes);
        }
    }
}
