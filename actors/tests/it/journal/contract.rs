//! What every journal promises.

use std::{collections::BTreeSet, sync::Arc};

use mallcore_actors::journal::{
    Durable, Journal, ReadError, Sequence,
    disk::Disk,
    fault_disk::FaultDisk,
    format::PAYLOAD_BYTES_MAX,
    memory::MemoryJournal,
    os_disk::OsDisk,
    segment_log::{Options, SegmentLog},
};

use super::setup::{enqueue, read_all, tiny, wait};

/// A journal, and how what is queued becomes durable.
struct Subject {
    name: &'static str,
    journal: Arc<dyn Journal>,
    settle: Box<dyn Fn()>,
    payload_bytes_max: usize,
}

impl Subject {
    fn settle(&self) {
        (self.settle)();
    }
}

fn of_log(name: &'static str, disk: Arc<dyn Disk>, options: Options) -> Subject {
    let payload_bytes_max = options.payload_bytes_max;
    let journal = Arc::new(SegmentLog::open(disk, options).unwrap().0);
    let waiting = journal.clone();
    let settle = Box::new(move || assert!(matches!(wait(&*waiting, waiting.last_enqueued()), Durable::Through(_))));
    Subject { name, journal, settle, payload_bytes_max }
}

/// Runs a check on every implementation, each fresh.
fn every_journal(check: impl Fn(&Subject)) {
    let folder = tempfile::tempdir().unwrap();
    let os = |name: &str| Arc::new(OsDisk::create_folder(folder.path().join(name)).unwrap());
    check(&of_log("tiny segments on a real disk", os("tiny"), tiny()));
    let large = Options { segment_bytes: 1 << 20, budget_bytes: 1 << 30, ..Options::default() };
    check(&of_log("large segments on a real disk", os("large"), large));
    check(&of_log("fault disk", Arc::new(FaultDisk::new(1)), tiny()));
    let at_once = Arc::new(MemoryJournal::durable_at_once());
    check(&Subject { name: "memory at once", journal: at_once, settle: Box::new(|| ()), payload_bytes_max: PAYLOAD_BYTES_MAX });
    let told = Arc::new(MemoryJournal::durable_when_told());
    let settle = Box::new({
        let told = told.clone();
        move || told.sync()
    });
    check(&Subject { name: "memory when told", journal: told, settle, payload_bytes_max: PAYLOAD_BYTES_MAX });
}

#[test]
fn an_empty_journal_has_nothing_to_read() {
    every_journal(|subject| {
        assert_eq!(subject.journal.last_enqueued(), Sequence::ZERO, "{}", subject.name);
        assert_eq!(subject.journal.first_retained(), Sequence(1), "{}", subject.name);
        assert_eq!(*subject.journal.durable().borrow(), Durable::Through(Sequence::ZERO), "{}", subject.name);
        assert_eq!(read_all(&*subject.journal, Sequence::ZERO).unwrap(), [], "{}", subject.name);
        let next = subject.journal.read(Sequence(9), 100, &mut |_, _| panic!("nothing is there")).unwrap();
        assert_eq!(next, Sequence(9), "{}", subject.name);
    });
}

#[test]
fn places_are_dense_from_one_and_records_read_back_in_order() {
    every_journal(|subject| {
        let mut written = Vec::new();
        for number in 1..=100_u64 {
            let payload = vec![number as u8; number as usize % 97];
            assert_eq!(enqueue(&*subject.journal, &payload), Sequence(number), "{}", subject.name);
            written.push((Sequence(number), payload));
        }
        subject.settle();
        assert_eq!(subject.journal.last_enqueued(), Sequence(100), "{}", subject.name);
        assert_eq!(*subject.journal.durable().borrow(), Durable::Through(Sequence(100)), "{}", subject.name);
        assert_eq!(read_all(&*subject.journal, Sequence(1)).unwrap(), written, "{}", subject.name);
        assert_eq!(read_all(&*subject.journal, Sequence(42)).unwrap(), written[41..], "{}", subject.name);
        assert_eq!(read_all(&*subject.journal, Sequence(101)).unwrap(), [], "{}", subject.name);
    });
}

#[test]
fn the_longest_record_fits_and_a_longer_one_is_our_mistake() {
    every_journal(|subject| {
        let longest = vec![7; subject.payload_bytes_max];
        enqueue(&*subject.journal, &longest);
        subject.settle();
        assert_eq!(read_all(&*subject.journal, Sequence(1)).unwrap(), [(Sequence(1), longest)], "{}", subject.name);
        let too_long = vec![7; subject.payload_bytes_max + 1];
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| subject.journal.enqueue(&too_long)));
        assert!(refused.is_err(), "{}", subject.name);
    });
}

#[test]
fn reading_in_small_bites_gives_every_record_once() {
    every_journal(|subject| {
        for number in 0..60_u8 {
            enqueue(&*subject.journal, &[number; 40]);
        }
        subject.settle();
        for bytes_max in [0, 1, 40, 100, 100_000] {
            let (mut from, mut seen) = (Sequence::ZERO, Vec::new());
            loop {
                let before = seen.len();
                from = subject.journal.read(from, bytes_max, &mut |sequence, _| seen.push(sequence.0)).unwrap();
                if seen.len() == before {
                    break;
                }
                let bite = (seen.len() - before) * 40;
                assert!(bite <= bytes_max.max(1) + 40, "{}: {bite} bytes of {bytes_max}", subject.name);
            }
            assert_eq!(seen, (1..=60).collect::<Vec<_>>(), "{}", subject.name);
            assert_eq!(from, Sequence(61), "{}", subject.name);
        }
    });
}

#[test]
fn a_segment_longer_than_what_is_read_at_a_time_comes_back_whole() {
    let options = || Options { segment_bytes: 1 << 20, payload_bytes_max: PAYLOAD_BYTES_MAX, budget_bytes: 1 << 24, ..Options::default() };
    let disk = FaultDisk::new(1);
    let (log, mut steps, _) = SegmentLog::open_stepped(Arc::new(disk.clone()), options()).unwrap();
    // Of lengths that end a read anywhere in a record.
    let written: Vec<_> =
        (1..=250_u64).map(|number| (Sequence(number), vec![number as u8; 3_000 + (number * 37 % 150) as usize])).collect();
    for (sequence, payload) in &written {
        assert_eq!(log.enqueue(payload), Ok(*sequence));
    }
    assert!(steps.write_group());
    assert_eq!(read_all(&log, Sequence(1)).unwrap(), written);
    drop(log);
    drop(steps);
    let (log, _steps, recovered) = SegmentLog::open_stepped(Arc::new(disk), options()).unwrap();
    assert_eq!((recovered.last, recovered.cut), (Sequence(250), None));
    assert_eq!(read_all(&log, Sequence(1)).unwrap(), written);
}

#[test]
fn appenders_on_many_threads_get_each_place_once_and_keep_their_order() {
    every_journal(|subject| {
        let places: Vec<Vec<u64>> = std::thread::scope(|scope| {
            let appenders: Vec<_> = (0..8_u8)
                .map(|appender| {
                    let journal = subject.journal.clone();
                    scope.spawn(move || (0..25_u8).map(|number| enqueue(&*journal, &[appender, number]).0).collect())
                })
                .collect();
            appenders.into_iter().map(|appender| appender.join().unwrap()).collect()
        });
        subject.settle();
        let records = read_all(&*subject.journal, Sequence(1)).unwrap();
        for (appender, places) in places.iter().enumerate() {
            assert!(places.is_sorted(), "{}", subject.name);
            for (number, place) in places.iter().enumerate() {
                assert_eq!(records[*place as usize - 1].1, [appender as u8, number as u8], "{}", subject.name);
            }
        }
        let all: BTreeSet<u64> = places.into_iter().flatten().collect();
        assert_eq!(all, (1..=200).collect(), "{}", subject.name);
    });
}

#[test]
fn only_durable_records_are_read() {
    let journal = MemoryJournal::durable_when_told();
    journal.enqueue(b"later").unwrap();
    assert_eq!(read_all(&journal, Sequence(1)).unwrap(), []);
    journal.sync();
    assert_eq!(read_all(&journal, Sequence(1)).unwrap().len(), 1);
}

#[test]
fn what_is_not_released_stays_and_what_is_gone_says_so() {
    every_journal(|subject| {
        for number in 0..60_u8 {
            enqueue(&*subject.journal, &[number; 40]);
        }
        subject.settle();
        subject.journal.release(Sequence(30));
        let first = subject.journal.first_retained();
        assert!(first <= Sequence(31), "{}", subject.name);
        assert_eq!(read_all(&*subject.journal, Sequence(31)).unwrap().len(), 30, "{}", subject.name);
        match read_all(&*subject.journal, Sequence(1)) {
            Ok(records) => assert_eq!(records.len(), 60, "{}", subject.name),
            Err(ReadError::Gone { wanted, first }) => {
                // They go while they are read, too: the first ones may have been there still.
                assert!(first > wanted && first <= Sequence(31), "{}: {first}", subject.name);
            }
            Err(other) => panic!("{}: {other}", subject.name),
        }
    });
}

#[test]
fn usage_grows_with_records() {
    every_journal(|subject| {
        let before = subject.journal.usage();
        for number in 0..20_u8 {
            enqueue(&*subject.journal, &[number; 40]);
        }
        subject.settle();
        let after = subject.journal.usage();
        assert!(after.used_bytes >= before.used_bytes + 20 * 64, "{}: {before:?} {after:?}", subject.name);
        assert!(after.used_bytes <= after.budget_bytes, "{}", subject.name);
    });
}
