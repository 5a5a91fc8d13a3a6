//! A disk in memory that does the worst a real one may do, the same way for the same seed. For tests and the simulator.
//! - X1 What was synced survives every crash; of what was not, any part may be lost, torn or reordered.
//! - X2 After a failed sync what it should have covered reads back as written and is not on disk; later syncs do not cover it either.
//! - X3 Every operation is in the trace, in order.

mod content;

use std::{collections::BTreeMap, io, sync::Arc};

use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::SmallRng};

use self::content::{Change, Content, Folder};
use super::disk::{Disk, DiskFile, FolderLock};
use crate::time::Timestamp;

/// What was asked of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperationKind {
    /// A file was created.
    Create,
    /// Bytes were written at a position.
    Write,
    /// A file was synced.
    Sync,
    /// A file was cut.
    Truncate,
    /// A name was removed.
    Remove,
    /// A file was moved.
    Rename,
    /// The folder was synced.
    SyncFolder,
    /// Bytes were read.
    Read,
}

/// One entry of the trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What was asked.
    pub kind: OperationKind,
    /// The file's name when it was opened or asked for; empty for the folder.
    pub name: String,
    /// Where it was written or cut.
    pub offset: u64,
    /// How much was written.
    pub bytes: u64,
    /// Whether it succeeded.
    pub succeeded: bool,
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happens but the error.
    Error(io::ErrorKind),
    /// A write that stops half way, then the error.
    Short(io::ErrorKind),
}

/// A disk; clones are the same one.
#[derive(Clone)]
pub struct FaultDisk(Arc<Mutex<State>>);

struct State {
    random: SmallRng,
    folder: Folder,
    files: Vec<Content>,
    /// Grows with each crash: what was open before is dead.
    life: u64,
    locked: bool,
    is_off: bool,
    changes: u64,
    power_ends_after: Option<u64>,
    scripted: BTreeMap<OperationKind, Vec<(u64, Fault)>>,
    failure_chance: f64,
    capacity_bytes: Option<u64>,
    now: Timestamp,
    trace: Vec<Operation>,
}

impl FaultDisk {
    /// An empty disk whose luck depends on the seed alone.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            random: SmallRng::seed_from_u64(seed),
            folder: Folder::default(),
            files: Vec::new(),
            life: 0,
            locked: false,
            is_off: false,
            changes: 0,
            power_ends_after: None,
            scripted: BTreeMap::new(),
            failure_chance: 0.0,
            capacity_bytes: None,
            now: Timestamp::default(),
            trace: Vec::new(),
        })))
    }

    /// The power fails and comes back: everything open is dead, unsynced changes survive or not as the seed wills.
    pub fn crash(&self) {
        let mut state = self.0.lock();
        state.lose_power();
    }

    /// Changes to the disk so far (everything but reads): crash points are counted in them.
    pub fn changes(&self) -> u64 {
        self.0.lock().changes
    }

    /// The power fails after so many more changes: every operation from there on is an error, until [`FaultDisk::crash`].
    pub fn end_power_after(&self, changes: u64) {
        let mut state = self.0.lock();
        state.power_ends_after = Some(state.changes + changes);
    }

    /// The `skip`-th next operation of this kind (0: the next) fails.
    pub fn fail(&self, kind: OperationKind, skip: u64, fault: Fault) {
        self.0.lock().scripted.entry(kind).or_default().push((skip, fault));
    }

    /// Each operation that changes something fails with this chance (0 to 1).
    pub fn fail_at_random(&self, chance: f64) {
        self.0.lock().failure_chance = chance;
    }

    /// Bytes that all files may take together; none is no limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.0.lock().capacity_bytes = bytes;
    }

    /// The time that files written from now on carry.
    pub fn set_now(&self, now: Timestamp) {
        self.0.lock().now = now;
    }

    /// Everything asked so far.
    pub fn trace(&self) -> Vec<Operation> {
        self.0.lock().trace.clone()
    }

    /// Another disk with what a crash now would surely leave, and nothing else.
    pub fn synced_copy(&self, seed: u64) -> Self {
        let state = self.0.lock();
        let copy = Self::new(seed);
        {
            let mut other = copy.0.lock();
            other.now = state.now;
            other.folder = state.folder.synced_copy();
            other.files = state.files.iter().map(Content::synced_copy).collect();
        }
        copy
    }

    /// Content of a file as read now.
    pub fn content(&self, name: &str) -> io::Result<Vec<u8>> {
        let state = self.0.lock();
        Ok(state.files[state.find(name)?].current().to_vec())
    }

    /// Replaces content behind everybody's back, as rot does; durable at once.
    pub fn replace_content(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        let mut state = self.0.lock();
        let file = state.find(name)?;
        state.files[file] = Content::synced(bytes, Timestamp::default());
        Ok(())
    }

    fn open_file(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.0.lock();
        state.check_power()?;
        let file = state.find(name)?;
        Ok(Arc::new(FaultFile { disk: self.clone(), file, name: name.to_owned(), life: state.life }))
    }
}

impl State {
    fn find(&self, name: &str) -> io::Result<usize> {
        self.folder.get(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn check_power(&self) -> io::Result<()> {
        if self.is_off { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn lose_power(&mut self) {
        let Self { random, folder, files, .. } = self;
        folder.crash(random);
        for file in files {
            file.crash(random);
        }
        self.life += 1;
        self.locked = false;
        self.is_off = false;
        self.power_ends_after = None;
    }

    /// Counts and traces an operation; the fault that strikes it, if one does.
    fn begin(&mut self, operation: Operation) -> io::Result<Option<Fault>> {
        self.check_power()?;
        if operation.kind != OperationKind::Read {
            if self.power_ends_after.is_some_and(|end| self.changes >= end) {
                self.is_off = true;
                return Err(io::Error::other("the power is off"));
            }
            self.changes += 1;
        }
        let mut fault = None;
        if let Some(scripted) = self.scripted.get_mut(&operation.kind) {
            fault = scripted.iter().position(|(skip, _)| *skip == 0).map(|at| scripted.remove(at).1);
            if fault.is_none() {
                scripted.iter_mut().for_each(|(skip, _)| *skip -= 1);
            }
        }
        let by_chance = operation.kind != OperationKind::Read && self.failure_chance > 0.0 && self.random.random_bool(self.failure_chance);
        if fault.is_none() && by_chance {
            fault = Some(Fault::Error(io::ErrorKind::Other));
        }
        self.trace.push(Operation { succeeded: fault.is_none(), ..operation });
        Ok(fault)
    }

    /// As `begin`, for operations that fail without a trace on the disk.
    fn begin_whole(&mut self, kind: OperationKind, name: &str) -> io::Result<()> {
        match self.begin(Operation { kind, name: name.to_owned(), offset: 0, bytes: 0, succeeded: true })? {
            Some(Fault::Error(cause) | Fault::Short(cause)) => Err(cause.into()),
            None => Ok(()),
        }
    }

    fn write(&mut self, file: usize, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let kind = OperationKind::Write;
        let fault = self.begin(Operation { kind, name: name.to_owned(), offset, bytes: bytes.len() as u64, succeeded: true })?;
        let (mut written, mut failure) = match fault {
            None => (bytes.len(), None),
            Some(Fault::Error(cause)) => (0, Some(cause)),
            Some(Fault::Short(cause)) => (bytes.len() / 2, Some(cause)),
        };
        if let Some(capacity) = self.capacity_bytes {
            let taken: u64 = self.folder.files().map(|file| self.files[file].current().len() as u64).sum();
            let room = self.files[file].current().len() as u64 + capacity.saturating_sub(taken);
            if offset + written as u64 > room {
                written = usize::try_from(room.saturating_sub(offset)).unwrap_or(written);
                failure = Some(io::ErrorKind::StorageFull);
            }
        }
        let now = self.now;
        if written > 0 {
            self.files[file].change(Change::Write { offset, bytes: bytes[..written].to_vec() }, now);
        }
        failure.map_or(Ok(()), |cause| {
            if let Some(last) = self.trace.last_mut() {
                last.succeeded = false;
            }
            Err(cause.into())
        })
    }
}

struct FaultLock {
    disk: FaultDisk,
    life: u64,
}

impl FolderLock for FaultLock {
    fn displaced(&self) -> io::Result<Option<String>> {
        Ok(None)
    }
}

impl Drop for FaultLock {
    fn drop(&mut self) {
        let mut state = self.disk.0.lock();
        if state.life == self.life {
            state.locked = false;
        }
    }
}

impl Disk for FaultDisk {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn lock(&self) -> io::Result<Box<dyn FolderLock>> {
        let mut state = self.0.lock();
        state.check_power()?;
        if std::mem::replace(&mut state.locked, true) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(FaultLock { disk: self.clone(), life: state.life }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let state = self.0.lock();
        state.check_power()?;
        Ok(state.folder.names())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        {
            let mut state = self.0.lock();
            state.begin_whole(OperationKind::Create, name)?;
            let file = state.files.len();
            let now = state.now;
            state.files.push(Content::synced(Vec::new(), now));
            state.folder.create(name, file);
        }
        self.open_file(name)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open_file(name)
    }

    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open_file(name)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.0.lock();
        state.find(name)?;
        state.begin_whole(OperationKind::Remove, name)?;
        state.folder.remove(name);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.0.lock();
        state.find(from)?;
        state.begin_whole(OperationKind::Rename, to)?;
        state.folder.rename(from, to);
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut state = self.0.lock();
        state.begin_whole(OperationKind::SyncFolder, "")?;
        state.folder.sync();
        Ok(())
    }
}

struct FaultFile {
    disk: FaultDisk,
    file: usize,
    name: String,
    life: u64,
}

impl FaultFile {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.0.lock();
        if state.life != self.life {
            return Err(io::Error::other("opened before the crash"));
        }
        state.check_power()?;
        act(&mut state)
    }
}

impl DiskFile for FaultFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|state| state.write(self.file, &self.name, offset, bytes))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|state| {
            state.begin_whole(OperationKind::Read, &self.name)?;
            Ok(state.files[self.file].read_at(offset, buffer))
        })
    }

    fn bytes(&self) -> io::Result<u64> {
        self.with(|state| Ok(state.files[self.file].current().len() as u64))
    }

    fn is_linked(&self) -> io::Result<bool> {
        self.with(|state| Ok(state.folder.names().iter().any(|name| state.folder.get(name) == Some(self.file))))
    }

    fn modified(&self) -> io::Result<Timestamp> {
        self.with(|state| Ok(state.files[self.file].modified()))
    }

    fn sync(&self) -> io::Result<()> {
        self.with(|state| {
            let failed = state.begin_whole(OperationKind::Sync, &self.name);
            match failed {
                Ok(()) => state.files[self.file].sync(),
                Err(_) if !state.is_off => state.files[self.file].fail_sync(),
                Err(_) => {}
            }
            failed
        })
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.with(|state| {
            state.begin_whole(OperationKind::Truncate, &self.name)?;
            let now = state.now;
            state.files[self.file].change(Change::Truncate { bytes }, now);
            Ok(())
        })
    }

    fn preallocate(&self, bytes: u64) -> io::Result<()> {
        self.write_at(0, &vec![0; usize::try_from(bytes).map_err(io::Error::other)?])?;
        self.sync()
    }
}
