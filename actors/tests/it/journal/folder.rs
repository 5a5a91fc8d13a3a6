//! Somebody deletes or replaces the folder, or files in it, under an open journal.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mallcore_actors::journal::{
    Durable, EnqueueError, Journal, Sequence,
    fault_disk::FaultDisk,
    os_disk::OsDisk,
    segment_log::{OpenError, SegmentLog},
};

use super::setup::{enqueue, open, tiny, wait};

fn on(folder: &Path) -> Result<SegmentLog, OpenError> {
    SegmentLog::open(Arc::new(OsDisk::create_folder(folder).unwrap()), tiny()).map(|(log, _)| log)
}

#[track_caller]
fn says(log: &SegmentLog, path: &Path) {
    assert_eq!(log.displaced().unwrap().as_deref(), path.to_str());
}

#[test]
fn removing_the_lock_file_lets_nobody_else_in() {
    let folder = tempfile::tempdir().unwrap();
    let log = on(folder.path()).unwrap();
    enqueue(&log, b"ours");
    assert_eq!(log.displaced().unwrap(), None);
    fs::remove_file(folder.path().join("lock")).unwrap();
    assert!(matches!(on(folder.path()), Err(OpenError::Locked(_))));
    says(&log, &folder.path().join("lock"));
    drop(log);
    assert_eq!(on(folder.path()).unwrap().last_enqueued(), Sequence(1));
}

#[test]
fn a_lock_file_of_another_release_still_counts() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("lock")).unwrap();
    file.try_lock().unwrap();
    assert!(matches!(on(folder.path()), Err(OpenError::Locked(_))));
}

#[test]
fn a_folder_that_was_moved_away_is_noticed_and_so_is_its_successor() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("journal");
    let log = on(&folder).unwrap();
    fs::rename(&folder, parent.path().join("aside")).unwrap();
    says(&log, &folder);
    fs::create_dir(&folder).unwrap();
    says(&log, &folder);
}

#[test]
fn a_segment_that_is_gone_or_replaced_is_noticed() {
    let parent = tempfile::tempdir().unwrap();
    let segments = |folder: &Path| {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<_> = names.filter(|path| path.file_name().is_some_and(|name| name != "lock")).collect();
        names.sort();
        names
    };
    for (case, is_oldest, is_replaced) in [("oldest", true, false), ("newest", false, false), ("replaced", false, true)] {
        let folder = parent.path().join(case);
        {
            let log = on(&folder).unwrap();
            let last = (0..20).map(|_| enqueue(&log, &[9; 200])).last().unwrap();
            assert_eq!(wait(&log, last), Durable::Through(last));
        }
        let log = on(&folder).unwrap();
        let last = enqueue(&log, b"the writer's segment has a record");
        wait(&log, last);
        assert_eq!(log.displaced().unwrap(), None, "{case}");
        // The writer's is the one that this opening made; those kept ready lie behind it.
        let used = mallcore_actors::journal::inspect::verify(&OsDisk::existing(&folder).unwrap()).unwrap();
        let newest = used.segments.iter().rfind(|segment| segment.records.is_some()).unwrap();
        let victim = if is_oldest { segments(&folder)[0].clone() } else { folder.join(&newest.file) };
        if is_replaced {
            let copy = folder.join("copy");
            fs::copy(&victim, &copy).unwrap();
            fs::rename(&copy, &victim).unwrap();
        } else {
            fs::remove_file(&victim).unwrap();
        }
        says(&log, &victim);
    }
}

#[test]
fn segments_that_nobody_needs_may_go() {
    let folder = tempfile::tempdir().unwrap();
    let log = on(folder.path()).unwrap();
    for sequence in 1..=200 {
        enqueue(&log, &[9; 200]);
        wait(&log, Sequence(sequence));
        log.release(Sequence(sequence));
        assert_eq!(log.displaced().unwrap(), None, "after record {sequence}");
    }
    assert!(log.first_retained() > Sequence(1), "the housekeeper removed nothing");
}

#[test]
fn an_abandoned_journal_acknowledges_nothing_and_takes_nothing() {
    let disk = FaultDisk::new(0);
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk), tiny()).unwrap();
    log.enqueue(b"safe").unwrap();
    steps.write_group();
    log.enqueue(b"waits").unwrap();
    log.abandon();
    assert_eq!(*log.durable().borrow(), Durable::Failed(Sequence(1)));
    assert!(!steps.write_group(), "it writes no more");
    assert_eq!(log.enqueue(b"late"), Err(EnqueueError::Stopped));
    assert_eq!(*log.durable().borrow(), Durable::Failed(Sequence(1)));
}

#[test]
fn a_journal_that_is_abandoned_in_the_middle_of_a_group_ends_without_a_panic() {
    for _ in 0..50 {
        let log = open(&FaultDisk::new(0), tiny());
        let queued = (0..10).map(|_| enqueue(&log, b"on its way")).last().unwrap();
        log.abandon();
        log.close();
        let Durable::Failed(safe) = *log.durable().borrow() else { panic!("it was abandoned") };
        assert!(safe <= queued);
    }
}
