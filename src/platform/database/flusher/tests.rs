#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::os::unix::fs::MetadataExt;

use rustix::fs::{FlockOperation, fcntl_lock};

use super::*;

/// How often this process has the file open.
fn opened(path: &Path) -> usize {
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap();
    descriptors.filter(|entry| std::fs::read_link(entry.as_ref().unwrap().path()).is_ok_and(|target| target == path)).count()
}

fn is_locked(file: &File) -> bool {
    let inode = format!(":{} ", file.metadata().unwrap().ino());
    let process = format!(" {} ", std::process::id());
    std::fs::read_to_string("/proc/locks").unwrap().lines().any(|lock| lock.contains(&inode) && lock.contains(&process))
}

#[test]
fn sqlites_locks_outlive_a_flusher() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("shop.sqlite3");
    let flusher = Flusher::start(&path).unwrap();
    let file = File::create(&path).unwrap();
    fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
    assert!(is_locked(&file));
    let until = Instant::now() + Duration::from_secs(30);
    while opened(&path) < 2 {
        assert!(Instant::now() < until, "the flusher does not look at a file that came after its start");
        std::thread::yield_now();
    }
    drop(flusher);
    assert!(is_locked(&file), "whoever closes a file takes its process's locks away");
}
