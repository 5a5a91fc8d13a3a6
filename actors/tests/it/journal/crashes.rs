//! The power fails at every moment: what was acknowledged is there, nothing else is invented.

use std::sync::Arc;

use mallcore_actors::journal::{
    Durable, Journal, Sequence,
    disk::Disk,
    fault_disk::{Fault, FaultDisk, OperationKind},
    segment_log::{OpenError, Options, Recovered, SegmentLog, Steps},
};
use rand::{Rng, SeedableRng, rngs::SmallRng};

use super::setup::{payload, read_all, tiny};

/// What the outside world knows about a journal, against which every opening is checked.
struct Auditor {
    disk: FaultDisk,
    options: Options,
    life: u64,
    /// Every record queued, as far as the journal may still have it.
    queued: Vec<Vec<u8>>,
    acknowledged: usize,
    released: u64,
}

struct Running {
    log: SegmentLog,
    steps: Steps,
}

impl Auditor {
    fn new(disk: FaultDisk) -> Self {
        Self { disk, options: tiny(), life: 0, queued: Vec::new(), acknowledged: 0, released: 0 }
    }

    /// Opens and compares with what is known; none if the disk refused.
    fn open(&mut self) -> Option<Running> {
        self.life += 1;
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        match SegmentLog::open_stepped(disk, self.options.clone()) {
            Ok((log, steps, recovered)) => {
                self.compare(&log, &recovered);
                Some(Running { log, steps })
            }
            Err(OpenError::Io { .. }) => None,
            Err(other) => panic!("a crash looks like damage: {other}"),
        }
    }

    fn compare(&mut self, log: &SegmentLog, recovered: &Recovered) {
        let last = recovered.last.0 as usize;
        assert!(last >= self.acknowledged, "{} records were acknowledged, {last} are left", self.acknowledged);
        assert!(last <= self.queued.len(), "{} records were queued, {last} are there", self.queued.len());
        assert!(recovered.first.0 <= self.released + 1, "record {} is gone, released is {}", recovered.first.0 - 1, self.released);
        self.queued.truncate(last);
        self.acknowledged = last;
        let expected: Vec<_> = (recovered.first.0..=last as u64).map(|at| (Sequence(at), self.queued[at as usize - 1].clone())).collect();
        assert_eq!(read_all(log, recovered.first).expect("recovered records can be read"), expected);
        assert_eq!(*log.durable().borrow(), Durable::Through(recovered.last));
        assert_eq!(log.identity(), recovered.identity);
    }

    /// Queues one record if the journal takes it.
    fn enqueue(&mut self, running: &Running) {
        let next = payload(self.life, self.queued.len() as u64 + 1);
        if let Ok(sequence) = running.log.enqueue(&next) {
            self.queued.push(next);
            assert_eq!(sequence.0 as usize, self.queued.len());
        }
    }

    fn write_group(&mut self, running: &mut Running) {
        running.steps.write_group();
        let (Durable::Through(durable) | Durable::Failed(durable)) = *running.log.durable().borrow();
        assert!(durable.0 as usize >= self.acknowledged);
        self.acknowledged = durable.0 as usize;
        // What a crash right now would surely leave has all of it.
        let (_, _, left) = SegmentLog::open_stepped(Arc::new(self.disk.synced_copy(0)), self.options.clone()).expect("opens");
        assert!(left.last >= durable, "{durable} was acknowledged and only {} is synced", left.last);
    }

    fn release(&mut self, running: &Running, through: u64) {
        self.released = self.released.max(through);
        running.log.release(Sequence(through));
    }
}

/// Rolls, groups that span segments, removal, preparation: a bit of everything, the same each time.
fn work(auditor: &mut Auditor, running: &mut Running) {
    for round in 0..12_u64 {
        for _ in 0..=(round % 5) * 2 {
            auditor.enqueue(running);
        }
        auditor.write_group(running);
        if round % 3 == 0 {
            let durable = auditor.acknowledged as u64;
            auditor.release(running, durable.saturating_sub(4));
        }
        while running.steps.keep_house() {}
    }
}

#[test]
fn a_crash_at_any_operation_keeps_every_acknowledged_record() {
    for seed in 0..12 {
        for crash_after in 0.. {
            let disk = FaultDisk::new(seed * 1000 + crash_after);
            disk.end_power_after(crash_after);
            let mut auditor = Auditor::new(disk.clone());
            auditor.options.budget_bytes = 8 * 1024;
            auditor.options.retain = if seed % 2 == 0 { std::time::Duration::ZERO } else { auditor.options.retain };
            if let Some(mut running) = auditor.open() {
                work(&mut auditor, &mut running);
            }
            let finished = disk.changes() < crash_after;
            disk.crash();
            // The second life is cut off too, at another place, then the third has to be whole.
            disk.end_power_after(crash_after % 23);
            if let Some(mut running) = auditor.open() {
                work(&mut auditor, &mut running);
            }
            disk.crash();
            let mut running = auditor.open().expect("nothing is wrong with the disk");
            work(&mut auditor, &mut running);
            assert!(auditor.acknowledged > 0);
            if finished {
                assert!(crash_after > 100, "the work is too small to mean anything");
                break;
            }
        }
    }
}

#[test]
fn no_order_of_work_crashes_restarts_and_failures_loses_or_invents_a_record() {
    for seed in 0..300 {
        let mut random = SmallRng::seed_from_u64(seed);
        let disk = FaultDisk::new(seed);
        let mut auditor = Auditor::new(disk.clone());
        auditor.options.budget_bytes = 12 * 1024;
        let mut running = auditor.open();
        for _ in 0..200 {
            let Some(live) = running.as_mut() else {
                disk.fail_at_random(0.0);
                running = auditor.open();
                continue;
            };
            match random.random_range(0..100) {
                0..50 => auditor.enqueue(live),
                50..70 => auditor.write_group(live),
                70..85 => drop(live.steps.keep_house()),
                85..90 => {
                    let through = random.random_range(0..=auditor.acknowledged as u64);
                    auditor.release(live, through);
                }
                90..93 => disk.fail_at_random(0.02),
                93..95 => disk.fail_at_random(0.0),
                95..97 => {
                    running = None;
                    disk.crash();
                }
                _ => running = None,
            }
        }
    }
}

#[test]
fn after_a_failed_sync_and_a_restart_a_power_cut_takes_nothing_that_was_found() {
    for seed in 0..50 {
        let disk = FaultDisk::new(seed);
        let mut auditor = Auditor::new(disk.clone());
        let mut running = auditor.open().unwrap();
        for _ in 0..3 {
            auditor.enqueue(&running);
            auditor.write_group(&mut running);
        }
        auditor.enqueue(&running);
        disk.fail(OperationKind::Sync, 0, Fault::Error(std::io::ErrorKind::Other));
        auditor.write_group(&mut running);
        assert_eq!(*running.log.durable().borrow(), Durable::Failed(Sequence(3)));
        drop(running);
        // The page cache still has the fourth record, so opening finds it, and from then on it has to stay.
        drop(auditor.open().unwrap());
        assert_eq!(auditor.acknowledged, 4);
        disk.crash();
        drop(auditor.open().unwrap());
        assert_eq!(auditor.acknowledged, 4);
    }
}

#[test]
fn each_opening_is_a_new_epoch_of_the_same_journal() {
    let disk = FaultDisk::new(3);
    let mut uuids = Vec::new();
    for epoch in 1..=5 {
        let (log, _steps, recovered) = SegmentLog::open_stepped(Arc::new(disk.clone()), Options { uuid_of_new: None, ..tiny() }).unwrap();
        assert_eq!(recovered.identity.epoch, epoch);
        uuids.push(log.identity().uuid);
        drop(log);
        disk.crash();
    }
    uuids.dedup();
    assert_eq!(uuids.len(), 1);
}
