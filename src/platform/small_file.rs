//! Small JSON files in the data folder. Each is replaced as a whole and synced, with its folder: after a crash it is the old one or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
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
