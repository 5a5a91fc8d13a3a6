//! Segments come and go: budget, age, release.

use std::{sync::Arc, time::Duration};

use mallcore_actors::{
    journal::{
        EnqueueError, Journal, ReadError, Sequence,
        fault_disk::FaultDisk,
        segment_log::{OpenError, Options, SegmentLog, Steps},
    },
    time::Timestamp,
};

use super::setup::{FixedClock, tiny};

fn open(disk: &FaultDisk, options: Options) -> (SegmentLog, Steps) {
    let (log, steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), options).unwrap();
    (log, steps)
}

/// Writes records of a quarter of a segment each until the journal is full; how many it took.
fn fill(log: &SegmentLog, steps: &mut Steps) -> u64 {
    let mut records = 0;
    loop {
        while steps.keep_house() {}
        match log.enqueue(&[1; 200]) {
            Ok(_) => records += 1,
            Err(EnqueueError::Full { used_bytes, budget_bytes }) => {
                assert!(used_bytes <= budget_bytes);
                return records;
            }
            Err(EnqueueError::Stopped) => panic!("stopped"),
        }
        steps.write_group();
    }
}

#[test]
fn the_budget_is_never_exceeded_and_release_makes_room() {
    let disk = FaultDisk::new(0);
    let (log, mut steps) = open(&disk, Options { budget_bytes: 8 * 1024, ..tiny() });
    let first = fill(&log, &mut steps);
    assert_eq!(first, 8 * 4, "eight segments of four records");
    assert_eq!(log.usage().budget_bytes, 8 * 1024);
    let names = mallcore_actors::journal::disk::Disk::list(&disk).unwrap();
    assert_eq!(names.len(), 8);
    log.release(Sequence(16));
    let second = fill(&log, &mut steps);
    assert_eq!((second, log.first_retained()), (16, Sequence(17)), "four released segments made room for four");
    let gone = log.read(Sequence(16), 1, &mut |_, _| panic!("it is gone"));
    assert!(matches!(gone, Err(ReadError::Gone { wanted: Sequence(16), first: Sequence(17) })), "{gone:?}");
    let mut seen = 0;
    log.read(Sequence(17), usize::MAX, &mut |_, _| seen += 1).unwrap();
    assert_eq!(seen, 32);
}

#[test]
fn unreleased_segments_stay_however_old() {
    let disk = FaultDisk::new(0);
    let (log, mut steps) = open(&disk, Options { budget_bytes: 8 * 1024, retain: Duration::ZERO, ..tiny() });
    fill(&log, &mut steps);
    while steps.keep_house() {}
    assert_eq!(log.first_retained(), Sequence(1));
}

#[test]
fn released_segments_stay_until_they_are_old() {
    let disk = FaultDisk::new(0);
    let hour = 3_600_000;
    disk.set_now(Timestamp::from_millis(10 * hour));
    let options = |now| Options { retain: Duration::from_secs(3600), clock: Arc::new(FixedClock(now)), ..tiny() };
    let (log, mut steps) = open(&disk, options(10 * hour));
    for _ in 0..12 {
        while steps.keep_house() {}
        log.enqueue(&[1; 200]).unwrap();
        steps.write_group();
    }
    log.release(Sequence(12));
    while steps.keep_house() {}
    assert_eq!(log.first_retained(), Sequence(1));
    drop((log, steps));
    // The age counts from the last write, across openings.
    let (log, mut steps) = open(&disk, options(11 * hour - 1));
    log.release(Sequence(12));
    while steps.keep_house() {}
    assert_eq!(log.first_retained(), Sequence(1));
    drop((log, steps));
    let (log, mut steps) = open(&disk, options(11 * hour));
    log.release(Sequence(12));
    while steps.keep_house() {}
    assert_eq!(log.first_retained(), Sequence(9), "the newest segment with records stays");
    drop((log, steps));
    let (log, _steps) = open(&disk, options(11 * hour));
    assert_eq!(log.enqueue(b"the next").unwrap(), Sequence(13));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let bad = [
        Options { budget_bytes: 3 * 1024, ..tiny() },
        Options { segment_bytes: 300, ..tiny() },
        Options { segment_bytes: 1025, ..tiny() },
        Options { segments_ahead: 0, ..tiny() },
        Options { queue_bytes_max: 100, ..tiny() },
        Options { payload_bytes_max: 1 << 20, segment_bytes: 1 << 24, ..tiny() },
    ];
    for options in bad {
        let refused = SegmentLog::open_stepped(Arc::new(FaultDisk::new(0)), options);
        assert!(matches!(refused, Err(OpenError::Options(_))));
    }
}
