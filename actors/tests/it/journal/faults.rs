//! The disk refuses: full, failing, taken.

use std::{io, sync::Arc};

use mallcore_actors::journal::{
    Durable, EnqueueError, Journal, Sequence,
    disk::Disk,
    fault_disk::{Fault, FaultDisk, OperationKind},
    memory::MemoryJournal,
    os_disk::OsDisk,
    segment_log::{OpenError, Options, SegmentLog},
};

use super::setup::{enqueue, open, payload, read_all, tiny, wait};
use super::slow_disk::SlowDisk;

#[test]
fn a_full_disk_refuses_before_anything_is_queued_and_recovers_by_itself() {
    let disk = FaultDisk::new(0);
    disk.set_capacity(Some(4 * 1024));
    let log = open(&disk, tiny());
    let mut written = 0;
    // Unreleased records fill what the disk has, then the journal refuses and goes on refusing.
    let mut refusals = 0;
    while refusals < 1000 {
        match log.enqueue(&[9; 200]) {
            Ok(sequence) => {
                written = sequence.0;
                assert!(written <= 16, "more than fits on the disk");
            }
            Err(EnqueueError::Full { .. }) => {
                // Full only counts once nothing is on its way any more.
                wait(&log, Sequence(written));
                refusals = if written == 16 { refusals + 1 } else { 0 };
            }
            Err(EnqueueError::Stopped) => panic!("a full disk is no failure"),
        }
    }
    assert_eq!(wait(&log, Sequence(16)), Durable::Through(Sequence(16)));
    assert_eq!(read_all(&log, Sequence(1)).unwrap().len(), 16);
    disk.set_capacity(None);
    assert_eq!(enqueue(&log, b"there is room again"), Sequence(17));
    assert_eq!(wait(&log, Sequence(17)), Durable::Through(Sequence(17)));
}

#[test]
fn a_full_disk_takes_released_segments_first() {
    let disk = FaultDisk::new(0);
    disk.set_capacity(Some(4 * 1024));
    let log = open(&disk, tiny());
    for sequence in 1..=100 {
        enqueue(&log, &[9; 200]);
        wait(&log, Sequence(sequence));
        log.release(Sequence(sequence));
    }
    assert!(log.first_retained() > Sequence(80));
}

#[test]
fn a_full_queue_refuses_and_the_writer_empties_it() {
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(FaultDisk::new(0)), Options { queue_bytes_max: 600, ..tiny() }).unwrap();
    log.enqueue(&[1; 200]).unwrap();
    log.enqueue(&[2; 200]).unwrap();
    assert_eq!(log.enqueue(&[3; 200]), Err(EnqueueError::Full { used_bytes: 448, budget_bytes: 600 }));
    assert!(steps.write_group());
    assert_eq!(log.enqueue(&[3; 200]), Ok(Sequence(3)));
}

#[test]
fn after_a_failed_write_or_sync_nothing_is_acknowledged_any_more() {
    let faults = [
        (OperationKind::Sync, Fault::Error(io::ErrorKind::Other)),
        (OperationKind::Write, Fault::Error(io::ErrorKind::Other)),
        (OperationKind::Write, Fault::Short(io::ErrorKind::StorageFull)),
    ];
    for (kind, fault) in faults {
        let disk = FaultDisk::new(0);
        let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
        log.enqueue(b"safe").unwrap();
        steps.write_group();
        log.enqueue(b"lost").unwrap();
        disk.fail(kind, 0, fault);
        steps.write_group();
        assert_eq!(*log.durable().borrow(), Durable::Failed(Sequence(1)), "{kind:?} {fault:?}");
        assert_eq!(log.enqueue(b"too late"), Err(EnqueueError::Stopped));
        let changes = disk.changes();
        assert!(!steps.write_group());
        assert_eq!(disk.changes(), changes, "the disk is left alone");
        assert_eq!(*log.durable().borrow(), Durable::Failed(Sequence(1)));
        assert_eq!(read_all(&log, Sequence(1)).unwrap().len(), 1);
    }
}

#[test]
fn a_failed_memory_journal_stops_too() {
    let journal = MemoryJournal::durable_when_told();
    journal.enqueue(b"safe").unwrap();
    journal.sync();
    journal.enqueue(b"lost").unwrap();
    journal.fail();
    journal.sync();
    assert_eq!(*journal.durable().borrow(), Durable::Failed(Sequence(1)));
    assert_eq!(journal.enqueue(b"too late"), Err(EnqueueError::Stopped));
}

#[test]
fn failing_syncs_on_threads_wake_whoever_waits() {
    let disk = FaultDisk::new(0);
    let log = open(&disk, Options { segment_bytes: 64 * 1024, budget_bytes: 1 << 20, segments_ahead: 1, ..tiny() });
    disk.fail_at_random(1.0);
    let sequence = log.enqueue(b"never").unwrap();
    assert_eq!(wait(&log, sequence), Durable::Failed(Sequence::ZERO));
    assert_eq!(log.enqueue(b"too late"), Err(EnqueueError::Stopped));
}

#[test]
fn a_writer_that_panics_fails_the_journal() {
    let disk = SlowDisk::new(&FaultDisk::new(0), || panic!("a writer that is to die"));
    let (log, _) = SegmentLog::open(disk, tiny()).unwrap();
    log.enqueue(b"never acknowledged").unwrap();
    // Comes back when the writer is gone, however it went.
    log.close();
    assert_eq!(*log.durable().borrow(), Durable::Failed(Sequence::ZERO), "whoever waits would wait for ever");
}

#[test]
fn closing_writes_what_is_queued() {
    let disk = FaultDisk::new(0);
    let log = open(&disk, Options { segment_bytes: 64 * 1024, budget_bytes: 1 << 20, ..tiny() });
    for sequence in 1..=10 {
        log.enqueue(&payload(1, sequence)).unwrap();
    }
    log.close();
    assert_eq!(*log.durable().borrow(), Durable::Through(Sequence(10)));
    assert_eq!(log.enqueue(b"too late"), Err(EnqueueError::Stopped));
    drop(log);
    assert_eq!(
        read_all(&open(&disk.synced_copy(1), Options { segment_bytes: 64 * 1024, budget_bytes: 1 << 20, ..tiny() }), Sequence(1))
            .unwrap()
            .len(),
        10
    );
}

#[test]
fn a_second_opener_is_refused_by_name_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let disk = || Arc::new(OsDisk::create_folder(folder.path()).unwrap()) as Arc<dyn Disk>;
    let (log, _) = SegmentLog::open(disk(), tiny()).unwrap();
    let refused = SegmentLog::open(disk(), tiny()).err().expect("two openers at once");
    assert!(matches!(&refused, OpenError::Locked(place) if *place == folder.path().display().to_string()), "{refused}");
    drop(log);
    SegmentLog::open(disk(), tiny()).unwrap();
}

#[test]
fn every_acknowledgement_follows_the_sync_that_covers_it() {
    let disk = FaultDisk::new(0);
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
    while steps.keep_house() {}
    for round in 0..8 {
        for _ in 0..round {
            log.enqueue(&payload(1, round)).unwrap();
        }
        let before = *log.durable().borrow();
        let traced = disk.trace().len();
        let wrote = steps.write_group();
        assert_eq!(before != *log.durable().borrow(), wrote);
        let trace = disk.trace();
        let mut unsynced = None;
        for operation in &trace[traced..] {
            match operation.kind {
                OperationKind::Write => unsynced = Some(operation.name.clone()),
                OperationKind::Sync if unsynced.as_ref() == Some(&operation.name) => unsynced = None,
                _ => {}
            }
        }
        assert_eq!(unsynced, None, "a write was acknowledged without its sync");
        while steps.keep_house() {}
    }
}

#[test]
fn appends_write_whole_blocks_so_that_the_disk_is_never_read_for_them() {
    const BLOCK: u64 = 4096;
    let disk = FaultDisk::new(0);
    let options = Options { segment_bytes: 4 * BLOCK, budget_bytes: 64 * BLOCK, ..tiny() };
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), options).unwrap();
    while steps.keep_house() {}
    // Over several segments, with groups of other lengths each time.
    for round in 1..=60 {
        for number in 0..round % 7 + 1 {
            log.enqueue(&payload(round, number)).unwrap();
        }
        let traced = disk.trace().len();
        assert!(steps.write_group());
        let trace = disk.trace();
        let writes: Vec<_> = trace[traced..].iter().filter(|operation| operation.kind == OperationKind::Write).collect();
        assert!(!writes.is_empty());
        for write in writes {
            assert_eq!((write.offset % BLOCK, write.bytes % BLOCK), (0, 0), "{write:?}");
        }
        while steps.keep_house() {}
    }
    assert_eq!(read_all(&log, Sequence(1)).unwrap().len() as u64, (1..=60).map(|round| round % 7 + 1).sum::<u64>());
}
