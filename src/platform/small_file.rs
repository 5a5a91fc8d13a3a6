//! Small files in the data folder. A JSON file is replaced as a whole and synced, with its folder: after a crash it is the old one or the new
//! one. A file of keys is made once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Serialize;

/// Puts this content in the place of the one before.
///
/// # Errors
/// Those of the disk; the file is then the old one.
pub fn replace(file: &Path, content: &impl Serialize) -> io::Result<()> {
    let fresh = file.with_extension("new");
    let mut written = File::create(&fresh)?;
    written.write_all(&serde_json::to_vec(content)?)?;
    written.write_all(b"\n")?;
    written.sync_all()?;
    fs::rename(&fresh, file)?;
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Makes a file, with its folder, that only its owner may read, unless there is one already. It is written whole under another name and linked
/// into place, so that nobody ever reads half of it, and of two processes that start at once the first one's stays.
///
/// # Errors
/// Those of the disk.
pub fn create_private(file: &Path, content: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let draft = file.with_extension(std::process::id().to_string());
    let mut written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    written.write_all(content)?;
    written.sync_all()?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match linked {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => Err(cause),
        _ => File::open(folder)?.sync_all(),
    }
}
