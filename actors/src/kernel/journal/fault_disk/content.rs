//! Files and folder of the fault disk, each as everybody sees it and as a crash would leave it.

use std::collections::BTreeMap;

use rand::{Rng, rngs::SmallRng, seq::SliceRandom};

use crate::time::Timestamp;

/// A disk writes sectors whole or not at all...
const SECTOR_BYTES: usize = 512;
/// ... and those that do not promise even that still write words whole.
const WORD_BYTES: usize = 8;

/// A change that is not synced yet.
#[derive(Clone)]
pub(super) enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Truncate { bytes: u64 },
}

/// One file's bytes.
#[derive(Clone)]
pub(super) struct Content {
    current: Vec<u8>,
    synced: Vec<u8>,
    unsynced: Vec<Change>,
    modified: Timestamp,
}

impl Content {
    pub fn synced(bytes: Vec<u8>, modified: Timestamp) -> Self {
        Self { current: bytes.clone(), synced: bytes, unsynced: Vec::new(), modified }
    }

    pub fn synced_copy(&self) -> Self {
        Self::synced(self.synced.clone(), self.modified)
    }

    pub fn current(&self) -> &[u8] {
        &self.current
    }

    pub fn modified(&self) -> Timestamp {
        self.modified
    }

    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.current.len());
        let read = buffer.len().min(self.current.len() - start);
        buffer[..read].copy_from_slice(&self.current[start..start + read]);
        read
    }

    pub fn change(&mut self, change: Change, now: Timestamp) {
        apply(&mut self.current, &change);
        self.unsynced.push(change);
        self.modified = now;
    }

    pub fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            apply(&mut self.synced, &change);
        }
    }

    /// The kernel forgets that the pages were never written.
    pub fn fail_sync(&mut self) {
        self.unsynced.clear();
    }

    /// Keeps what luck keeps of the unsynced changes, in any order.
    pub fn crash(&mut self, random: &mut SmallRng) {
        let mut changes = std::mem::take(&mut self.unsynced);
        let luck = random.random_range(0..4);
        if luck != 0 {
            if random.random_bool(0.5) {
                changes.shuffle(random);
            }
            for change in changes {
                match (luck, random.random_range(0..3)) {
                    (1, _) | (_, 0) => apply(&mut self.synced, &change),
                    (_, 1) => apply_torn(&mut self.synced, &change, random),
                    _ => {}
                }
            }
        }
        self.current = self.synced.clone();
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Truncate { bytes } => content.resize(usize_of(*bytes), 0),
        Change::Write { offset, bytes } => {
            let start = usize_of(*offset);
            let end = start + bytes.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            content[start..end].copy_from_slice(bytes);
        }
    }
}

/// Writes some sectors, some words of others, and leaves out the rest.
fn apply_torn(content: &mut Vec<u8>, change: &Change, random: &mut SmallRng) {
    let Change::Write { offset, bytes } = change else { return };
    let mut start = 0;
    while start < bytes.len() {
        let in_sector = SECTOR_BYTES - (usize_of(*offset) + start) % SECTOR_BYTES;
        let end = bytes.len().min(start + in_sector);
        match random.random_range(0..3) {
            0 => apply(content, &Change::Write { offset: offset + start as u64, bytes: bytes[start..end].to_vec() }),
            1 => {
                for word in (start..end).step_by(WORD_BYTES) {
                    if random.random_bool(0.5) {
                        let word_bytes = bytes[word..end.min(word + WORD_BYTES)].to_vec();
                        apply(content, &Change::Write { offset: offset + word as u64, bytes: word_bytes });
                    }
                }
            }
            _ => {}
        }
        start = end;
    }
}

/// The disk is in memory, so its offsets are too.
fn usize_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[derive(Clone)]
enum NameChange {
    Create { name: String, file: usize },
    Remove { name: String },
    Rename { from: String, to: String },
}

/// Names of files.
#[derive(Default)]
pub(super) struct Folder {
    current: BTreeMap<String, usize>,
    synced: BTreeMap<String, usize>,
    unsynced: Vec<NameChange>,
}

impl Folder {
    pub fn synced_copy(&self) -> Self {
        Self { current: self.synced.clone(), synced: self.synced.clone(), unsynced: Vec::new() }
    }

    pub fn get(&self, name: &str) -> Option<usize> {
        self.current.get(name).copied()
    }

    pub fn names(&self) -> Vec<String> {
        self.current.keys().cloned().collect()
    }

    pub fn files(&self) -> impl Iterator<Item = usize> {
        self.current.values().copied()
    }

    pub fn create(&mut self, name: &str, file: usize) {
        self.change(NameChange::Create { name: name.to_owned(), file });
    }

    pub fn remove(&mut self, name: &str) {
        self.change(NameChange::Remove { name: name.to_owned() });
    }

    pub fn rename(&mut self, from: &str, to: &str) {
        self.change(NameChange::Rename { from: from.to_owned(), to: to.to_owned() });
    }

    fn change(&mut self, change: NameChange) {
        apply_name(&mut self.current, &change);
        self.unsynced.push(change);
    }

    pub fn sync(&mut self) {
        self.synced = self.current.clone();
        self.unsynced.clear();
    }

    /// Each unsynced change of a name survives or not.
    pub fn crash(&mut self, random: &mut SmallRng) {
        for change in std::mem::take(&mut self.unsynced) {
            if random.random_bool(0.5) {
                apply_name(&mut self.synced, &change);
            }
        }
        self.current = self.synced.clone();
    }
}

fn apply_name(names: &mut BTreeMap<String, usize>, change: &NameChange) {
    match change {
        NameChange::Create { name, file } => {
            names.insert(name.clone(), *file);
        }
        NameChange::Remove { name } => {
            names.remove(name);
        }
        NameChange::Rename { from, to } => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
    }
}
