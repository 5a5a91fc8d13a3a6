//! The ledger file: one JSON object a line, only ever appended to. A line that was cut off by a crash is dropped at the next start; any other
//! that cannot be read is an error.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use super::entry::Entry;

/// The open file.
#[derive(Debug)]
pub struct Ledger(File);

impl Ledger {
    /// Opens or makes it, and reads what is in it.
    pub fn open(path: &Path) -> io::Result<(Self, Vec<Entry>)> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let (mut entries, mut whole) = (Vec::new(), 0);
        let mut reader = BufReader::new(&file);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 && line.ends_with('\n') {
            let damaged = |cause| io::Error::new(io::ErrorKind::InvalidData, format!("{} at byte {whole}: {cause}", path.display()));
            entries.push(serde_json::from_str(&line).map_err(damaged)?);
            whole += line.len() as u64;
            line.clear();
        }
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        Ok((Self(file), entries))
    }

    /// Appends an entry. It is handed to the operating system at once, and is there after a crash of this process.
    pub fn append(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.0.write_all(&line)
    }
}
