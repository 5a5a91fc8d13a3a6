//! Bytes rot: at the end that is an unfinished group, before it a reason not to start.

use std::sync::Arc;

use mallcore_actors::journal::{
    Journal, ReadError, Sequence,
    disk::Disk,
    fault_disk::FaultDisk,
    format::{HEADER_BYTES, SegmentNumber, frame_bytes},
    segment_log::{OpenError, Options, Recovered, SegmentLog},
};
use proptest::prelude::*;

use super::setup::{payload, read_all, tiny};

fn open(disk: &FaultDisk) -> Result<(SegmentLog, Recovered), OpenError> {
    let (log, _steps, recovered) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny())?;
    Ok((log, recovered))
}

/// A journal whose first segment has records 1 to 3 in groups of `group` and which was then closed.
fn written(group: u64) -> FaultDisk {
    let disk = FaultDisk::new(0);
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
    for sequence in 1..=3 {
        log.enqueue(&payload(1, sequence)).unwrap();
        if sequence % group == 0 {
            steps.write_group();
        }
    }
    drop(log);
    disk
}

fn first_segment() -> String {
    SegmentNumber(1).file_name()
}

/// Where record `sequence` of `written` begins.
fn offset_of(sequence: u64) -> usize {
    HEADER_BYTES + (1..sequence).map(|before| frame_bytes(payload(1, before).len())).sum::<usize>()
}

fn flip(disk: &FaultDisk, name: &str, byte: usize, bit: u8) {
    let mut bytes = disk.content(name).unwrap();
    bytes[byte] ^= 1 << bit;
    disk.replace_content(name, bytes).unwrap();
}

fn expected(last: u64) -> Vec<(Sequence, Vec<u8>)> {
    (1..=last).map(|sequence| (Sequence(sequence), payload(1, sequence))).collect()
}

#[test]
fn a_segment_that_is_cut_while_it_is_read_says_which_record_is_missing() {
    let disk = written(3);
    let (log, _) = open(&disk).unwrap();
    for sequence in 1..=3 {
        let whole = disk.content(&first_segment()).unwrap();
        disk.replace_content(&first_segment(), whole[..offset_of(sequence) + 20].to_vec()).unwrap();
        let refused = read_all(&log, Sequence(1));
        assert!(matches!(refused, Err(ReadError::Damaged { sequence: missing, .. }) if missing == Sequence(sequence)), "{refused:?}");
        disk.replace_content(&first_segment(), whole).unwrap();
    }
    assert_eq!(read_all(&log, Sequence(1)).unwrap(), expected(3));
}

#[test]
fn a_flipped_bit_in_the_last_group_cuts_the_tail_there() {
    for damaged in 1..=3 {
        let disk = written(3);
        flip(&disk, &first_segment(), offset_of(damaged) + 30, 4);
        let (log, recovered) = open(&disk).unwrap();
        let cut = recovered.cut.expect("a tail was cut");
        assert_eq!((cut.segment, cut.offset, cut.sequence), (first_segment(), offset_of(damaged) as u64, Sequence(damaged)));
        assert_eq!(cut.bytes as usize, offset_of(4) - offset_of(damaged));
        assert_eq!(recovered.last, Sequence(damaged - 1));
        assert_eq!(read_all(&log, Sequence(1)).unwrap(), expected(damaged - 1));
        drop(log);
        assert_eq!(open(&disk).unwrap().1.cut, None, "the cut is made once");
    }
}

#[test]
fn a_flipped_bit_before_a_later_group_refuses_to_open_and_names_the_place() {
    let disk = written(1);
    flip(&disk, &first_segment(), offset_of(2) + 30, 0);
    let Err(OpenError::Damaged(damage)) = open(&disk) else { panic!("damage was accepted") };
    assert_eq!((damage.segment, damage.offset, damage.sequence), (first_segment(), offset_of(2) as u64, Sequence(2)));
}

#[test]
fn a_hole_of_zeros_before_a_later_group_refuses_to_open() {
    let disk = written(1);
    let mut bytes = disk.content(&first_segment()).unwrap();
    bytes[offset_of(2)..offset_of(3)].fill(0);
    disk.replace_content(&first_segment(), bytes).unwrap();
    let Err(OpenError::Damaged(damage)) = open(&disk) else { panic!("damage was accepted") };
    assert_eq!((damage.offset, damage.sequence), (offset_of(2) as u64, Sequence(2)));
}

#[test]
fn damage_in_a_segment_that_others_follow_refuses_to_open() {
    for life in ["flipped", "emptied", "missing"] {
        let disk = written(3);
        let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
        log.enqueue(b"in the next segment").unwrap();
        steps.write_group();
        drop(log);
        let second = SegmentNumber(2).file_name();
        let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
        log.enqueue(b"and in the one after").unwrap();
        steps.write_group();
        drop(log);
        match life {
            "flipped" => flip(&disk, &second, HEADER_BYTES + 26, 7),
            "emptied" => {
                let header = disk.content(&second).unwrap()[..HEADER_BYTES].to_vec();
                disk.replace_content(&second, header).unwrap();
            }
            _ => Disk::remove(&disk, &second).unwrap(),
        }
        let Err(OpenError::Damaged(damage)) = open(&disk) else { panic!("{life}: damage was accepted") };
        assert_eq!(damage.sequence, Sequence(4), "{life}: {damage}");
    }
}

#[test]
fn a_segment_of_another_journal_is_refused() {
    let (disk, other) = (written(1), FaultDisk::new(0));
    let options = Options { uuid_of_new: Some(uuid::Uuid::from_u128(8)), ..tiny() };
    drop(SegmentLog::open_stepped(Arc::new(other.clone()), options.clone()).unwrap());
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(other.clone()), options).unwrap();
    log.enqueue(b"foreign").unwrap();
    steps.write_group();
    let second = SegmentNumber(2).file_name();
    Disk::create(&disk, &second).unwrap();
    disk.replace_content(&second, other.content(&second).unwrap()).unwrap();
    assert!(matches!(open(&disk), Err(OpenError::Foreign { .. })));
}

#[test]
fn a_version_of_another_release_is_named() {
    let disk = written(1);
    let mut bytes = disk.content(&first_segment()).unwrap();
    bytes[8] = 9;
    let crc = crc32fast::hash(&bytes[..60]);
    bytes[60..64].copy_from_slice(&crc.to_le_bytes());
    disk.replace_content(&first_segment(), bytes).unwrap();
    let Err(OpenError::Version { version, .. }) = open(&disk) else { panic!("another version was read") };
    assert_eq!(version, 9);
}

#[test]
fn files_that_a_crash_left_half_made_are_cleared_away() {
    let disk = written(3);
    for (name, bytes) in
        [("000000000002.segment", vec![]), ("000000000003.segment", vec![0; 1024]), ("000000000004.segment.preparing", vec![1; 10])]
    {
        Disk::create(&disk, name).unwrap();
        disk.replace_content(name, bytes).unwrap();
    }
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!((recovered.last, recovered.cut), (Sequence(3), None));
    let mut names = Disk::list(&disk).unwrap();
    names.sort();
    assert_eq!(names, [SegmentNumber(1).file_name(), SegmentNumber(4).file_name()]);
}

#[test]
fn records_of_an_earlier_life_behind_the_cut_never_come_back() {
    let disk = written(3);
    let stale = disk.content(&first_segment()).unwrap();
    flip(&disk, &first_segment(), offset_of(1) + 30, 1);
    let (log, mut steps, recovered) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
    assert_eq!(recovered.last, Sequence::ZERO);
    log.enqueue(&payload(2, 1)).unwrap();
    steps.write_group();
    drop(log);
    // The old bytes show up again behind the new record, as if the new segment lay where the old one was.
    let second = SegmentNumber(2).file_name();
    let mut bytes = disk.content(&second).unwrap();
    let end = HEADER_BYTES + frame_bytes(payload(2, 1).len());
    let behind = &stale[offset_of(2)..offset_of(4)];
    bytes[end..end + behind.len()].copy_from_slice(behind);
    disk.replace_content(&second, bytes).unwrap();
    let (log, recovered) = open(&disk).unwrap();
    assert!(recovered.cut.is_some());
    assert_eq!(read_all(&log, Sequence(1)).unwrap(), [(Sequence(1), payload(2, 1))]);
}

#[test]
fn damage_that_appears_while_running_is_an_error_of_reading() {
    let disk = FaultDisk::new(0);
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), tiny()).unwrap();
    log.enqueue(&payload(1, 1)).unwrap();
    steps.write_group();
    flip(&disk, &first_segment(), HEADER_BYTES + 30, 0);
    let read = read_all(&log, Sequence(1));
    let Err(ReadError::Damaged { sequence, place }) = read else { panic!("read {read:?}") };
    assert_eq!((sequence, place), (Sequence(1), format!("byte {HEADER_BYTES} of {}", first_segment())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever happens to the bytes of a segment, a record that is given back is the one that was written.
    #[test]
    fn any_change_of_bytes_gives_original_records_or_none(
        group in 1..=3_u64,
        changes in prop::collection::vec((0..1024_usize, any::<u8>()), 1..20),
        length in 0..1100_usize,
    ) {
        let disk = written(group);
        let mut bytes = disk.content(&first_segment()).unwrap();
        for (at, value) in changes {
            bytes[at] = value;
        }
        bytes.resize(length, 0);
        disk.replace_content(&first_segment(), bytes).unwrap();
        if let Ok((log, recovered)) = open(&disk) {
            prop_assert!(recovered.last <= Sequence(3));
            prop_assert_eq!(read_all(&log, Sequence(1)).unwrap(), expected(recovered.last.0));
        }
    }
}
