//! A disk that does what a test wants before the journal's writer syncs: wait, or die.

use std::io;
use std::sync::Arc;
use std::thread;

use mallcore_actors::journal::disk::{Disk, DiskFile, FolderLock};
use mallcore_actors::journal::fault_disk::FaultDisk;
use mallcore_actors::time::Timestamp;
use parking_lot::{Condvar, Mutex};

/// Run before each sync that the writer's thread asks for; the housekeeper's pass.
type BeforeSync = Arc<dyn Fn() + Send + Sync>;

/// A fault disk behind a hook.
pub struct SlowDisk {
    disk: FaultDisk,
    before_sync: BeforeSync,
}

impl SlowDisk {
    pub fn new(disk: &FaultDisk, before_sync: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { disk: disk.clone(), before_sync: Arc::new(before_sync) })
    }

    fn slow(&self, file: io::Result<Arc<dyn DiskFile>>) -> io::Result<Arc<dyn DiskFile>> {
        file.map(|file| Arc::new(SlowFile { file, before_sync: Arc::clone(&self.before_sync) }) as Arc<dyn DiskFile>)
    }
}

impl Disk for SlowDisk {
    fn place(&self) -> String {
        self.disk.place()
    }

    fn lock(&self) -> io::Result<Box<dyn FolderLock>> {
        self.disk.lock()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.slow(self.disk.create(name))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.slow(self.disk.open(name))
    }

    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.slow(self.disk.open_to_read(name))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.disk.sync_folder()
    }
}

struct SlowFile {
    file: Arc<dyn DiskFile>,
    before_sync: BeforeSync,
}

impl DiskFile for SlowFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }

    fn bytes(&self) -> io::Result<u64> {
        self.file.bytes()
    }

    fn is_linked(&self) -> io::Result<bool> {
        self.file.is_linked()
    }

    fn modified(&self) -> io::Result<Timestamp> {
        self.file.modified()
    }

    fn sync(&self) -> io::Result<()> {
        if thread::current().name() == Some("journal-writer") {
            (self.before_sync)();
        }
        self.file.sync()
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.file.truncate(bytes)
    }

    fn preallocate(&self, bytes: u64) -> io::Result<()> {
        self.file.preallocate(bytes)
    }
}

/// Where the writer stands before each sync until it is let through.
#[derive(Default)]
pub struct Gate {
    passed: Mutex<Passed>,
    changed: Condvar,
}

#[derive(Default)]
struct Passed {
    arrived: u64,
    let_through: u64,
}

impl Gate {
    /// The writer's side.
    pub fn pass(&self) {
        let mut passed = self.passed.lock();
        passed.arrived += 1;
        let mine = passed.arrived;
        self.changed.notify_all();
        self.changed.wait_while(&mut passed, |passed| passed.let_through < mine);
    }

    /// Waits until the writer stands before its sync of this number, counted from 1.
    pub fn wait_for(&self, sync: u64) {
        self.changed.wait_while(&mut self.passed.lock(), |passed| passed.arrived < sync);
    }

    /// Lets so many syncs happen, from the first one on.
    pub fn let_through(&self, syncs: u64) {
        self.passed.lock().let_through = syncs;
        self.changed.notify_all();
    }
}
