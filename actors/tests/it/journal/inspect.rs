//! Operators look without touching.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use mallcore_actors::journal::{
    Journal, Sequence,
    disk::Disk,
    fault_disk::FaultDisk,
    format::{HEADER_BYTES, SegmentNumber},
    inspect::{Report, SegmentState, records, verify},
    os_disk::OsDisk,
    segment_log::{OpenError, SegmentLog},
};

use super::setup::{enqueue, payload, tiny, wait};

#[test]
fn an_empty_folder_is_an_empty_report() {
    let report = verify(&FaultDisk::new(0)).unwrap();
    assert_eq!(report, Report { uuid: None, epoch: 0, segments: vec![], records: None, unfinished: None, leftovers: vec![] });
}

#[test]
fn the_report_lists_segments_and_changes_nothing() {
    let disk = FaultDisk::new(0);
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
    while steps.keep_house() {}
    for sequence in 1..=10 {
        log.enqueue(&payload(1, sequence)).unwrap();
        steps.write_group();
    }
    let changes = disk.changes();
    let report = verify(&disk).unwrap();
    assert_eq!((report.uuid, report.epoch), (Some(log.identity().uuid), 1));
    assert_eq!(report.records, Some((Sequence(1), Sequence(10))));
    assert_eq!(report.segments[0].file, SegmentNumber(1).file_name());
    assert_eq!(report.segments[0].state, SegmentState::Good);
    assert_eq!(report.segments.last().unwrap().state, SegmentState::Empty);
    let places: Vec<_> = report.segments.iter().filter_map(|segment| segment.records).collect();
    assert!(places.windows(2).all(|pair| pair[1].0 == pair[0].1.next()), "{places:?}");
    let mut seen = Vec::new();
    let next = records(&disk, Sequence(4), &mut |sequence, payload| {
        seen.push((sequence.0, payload.to_vec()));
        sequence < Sequence(9)
    });
    assert_eq!(next.unwrap(), Sequence(10));
    assert_eq!(seen, (4..=9).map(|sequence| (sequence, payload(1, sequence))).collect::<Vec<_>>());
    assert_eq!(disk.changes(), changes);
}

#[test]
fn an_unfinished_tail_is_reported_and_left_alone() {
    let disk = FaultDisk::new(0);
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
    log.enqueue(b"whole").unwrap();
    steps.write_group();
    drop(log);
    let name = SegmentNumber(1).file_name();
    let mut bytes = disk.content(&name).unwrap();
    bytes[HEADER_BYTES + 32] = 1;
    disk.replace_content(&name, bytes.clone()).unwrap();
    let report = verify(&disk).unwrap();
    let cut = report.unfinished.unwrap();
    assert_eq!((cut.segment, cut.offset, cut.sequence, cut.bytes), (name.clone(), HEADER_BYTES as u64 + 32, Sequence(2), 8));
    assert_eq!(report.segments[0].state, SegmentState::Unfinished);
    assert_eq!(disk.content(&name).unwrap(), bytes);
}

#[test]
fn damage_is_reported_with_its_place() {
    let disk = FaultDisk::new(0);
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
    for sequence in 1..=3 {
        log.enqueue(&payload(1, sequence)).unwrap();
        steps.write_group();
    }
    let name = SegmentNumber(1).file_name();
    let mut bytes = disk.content(&name).unwrap();
    bytes[HEADER_BYTES + 25] ^= 1;
    disk.replace_content(&name, bytes).unwrap();
    let Err(OpenError::Damaged(damage)) = verify(&disk) else { panic!("damage was not seen") };
    assert_eq!((damage.segment, damage.offset, damage.sequence), (name, HEADER_BYTES as u64, Sequence(1)));
}

#[test]
fn looking_beside_a_running_journal_finds_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Arc::new(OsDisk::create_folder(folder.path()).unwrap()) as Arc<dyn Disk>;
    let (log, _) = SegmentLog::open(open(), tiny()).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for sequence in 1..=300 {
                let place = enqueue(&log, &payload(1, sequence));
                log.release(wait_some(&log, place));
            }
            stop.store(true, Ordering::Relaxed);
        });
        let disk = OsDisk::existing(folder.path()).unwrap();
        let mut looks = 0;
        while !stop.load(Ordering::Relaxed) || looks == 0 {
            verify(&disk).unwrap();
            looks += 1;
        }
    });
}

/// Every tenth record is waited for, so that groups differ in size; what is released then.
fn wait_some(log: &SegmentLog, place: Sequence) -> Sequence {
    if place.0.is_multiple_of(10) {
        wait(log, place);
        Sequence(place.0 - 5)
    } else {
        Sequence::ZERO
    }
}
