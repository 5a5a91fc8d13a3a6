//! The whole way of an answer, over the real segment log with its threads on a disk that is as slow as a test wants: D1 and D2.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::{Arbiter, System};
use mallcore_actors::journal::fault_disk::{Fault, FaultDisk, OperationKind};
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::journal::segment_log::{Options, SegmentLog};
use mallcore_actors::journal::{Durable, Journal, Sequence};
use mallcore_actors::kernel::{Common, Provenance, Recorder};
use mallcore_actors::refusal::Unavailable;
use mallcore_actors::registry::Registry;
use mallcore_actors::replies::when_durable;
use mallcore_actors::time::Timestamp;
use tokio::sync::watch;

use super::registry::KEEPING;
use super::sum::{Add, Owe, Rows, Sum, Tell};
use crate::clock::SetClock;
use crate::floor::{is_ready, on_a_floor};
use crate::journal::setup::tiny;
use crate::journal::slow_disk::{Gate, SlowDisk};

const SHOPPER: Provenance = Provenance::SHOPPER;
/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3_600);

/// Sums whose journal is on a slow disk; they live on a thread of their own.
struct Slow {
    disk: FaultDisk,
    gate: Arc<Gate>,
    log: Arc<SegmentLog>,
    sums: Registry<Sum>,
    _projected: watch::Sender<Sequence>,
    _thread: Arbiter,
}

type Asked = Pin<Box<dyn Future<Output = mallcore_actors::refusal::Answer<u64>>>>;

impl Slow {
    fn new() -> Self {
        let (disk, gate) = (FaultDisk::new(1), Arc::new(Gate::default()));
        let writers = Arc::clone(&gate);
        let log = Arc::new(SegmentLog::open(SlowDisk::new(&disk, move || writers.pass()), tiny()).unwrap().0);
        let clock = Arc::new(SetClock::at(Timestamp::from_millis(1_000_000)));
        let recorder = Arc::new(Recorder::new(Arc::clone(&log) as _, clock));
        let common: Common<Sum> = Common::new(Arc::default(), recorder, KEEPING);
        let (projected, checkpoint) = watch::channel(Sequence::ZERO);
        let (sums, thread) = (Registry::new(common, Arc::new(Rows::default()), NEVER, [], checkpoint), Arbiter::new());
        sums.live_on(thread.handle());
        Self { disk, gate, log, sums, _projected: projected, _thread: thread }
    }

    /// Asks, and comes back once the actor has decided: what relies on no record is answered behind it.
    async fn add(&self, count: u32) -> Asked {
        let sums = self.sums.clone();
        let mut asked: Asked = Box::pin(async move { sums.ask(1, SHOPPER, Add(count)).await });
        assert!(!is_ready(&mut asked).await, "it was never sent to another thread");
        self.decided().await;
        asked
    }

    /// What was asked until now is decided, and the thread's answers have been looked through since.
    async fn decided(&self) {
        for _ in 0..4 {
            assert_eq!(self.sums.ask(1, SHOPPER, Owe(false)).await, Ok(Ok(())));
        }
    }

    fn durable(&self) -> Durable {
        *self.log.durable().borrow()
    }

    /// The last record that a power cut would leave.
    fn on_disk(&self) -> Sequence {
        SegmentLog::open_stepped(Arc::new(self.disk.synced_copy(0)), Options { ..tiny() }).unwrap().2.last
    }
}

#[test]
fn an_answer_leaves_when_the_sync_of_its_record_has_returned() {
    on_a_floor(|| async {
        let slow = Slow::new();
        let mut first = slow.add(5).await;
        slow.gate.wait_for(1);
        // Written, and its sync has begun. The second record waits for the next group.
        let mut second = slow.add(7).await;
        let mut reader: Asked = Box::pin({
            let sums = slow.sums.clone();
            async move { sums.ask(1, SHOPPER, Tell).await }
        });
        assert!(!is_ready(&mut reader).await);
        slow.decided().await;
        assert_eq!((slow.durable(), slow.on_disk()), (Durable::Through(Sequence::ZERO), Sequence::ZERO));
        assert!(!is_ready(&mut first).await, "answered while record 1 was being synced");
        assert!(!is_ready(&mut reader).await, "told of record 2 while record 1 was being synced");
        slow.gate.let_through(1);
        assert_eq!(first.await, Ok(Ok(5)));
        slow.gate.wait_for(2);
        slow.decided().await;
        assert_eq!((slow.durable(), slow.on_disk()), (Durable::Through(Sequence(1)), Sequence(1)));
        assert!(!is_ready(&mut second).await, "answered while record 2 was being synced");
        assert!(!is_ready(&mut reader).await, "told of record 2 while it was being synced");
        slow.gate.let_through(2);
        assert_eq!((second.await, reader.await), (Ok(Ok(12)), Ok(Ok(12))));
        assert_eq!(slow.on_disk(), Sequence(2));
    });
}

#[test]
fn an_answer_whose_sync_fails_is_unknown_and_so_is_every_later_one() {
    on_a_floor(|| async {
        let slow = Slow::new();
        let mut lost = slow.add(5).await;
        slow.gate.wait_for(1);
        let mut behind = slow.add(7).await;
        assert!(!is_ready(&mut lost).await && !is_ready(&mut behind).await);
        slow.disk.fail(OperationKind::Sync, 0, Fault::Error(std::io::ErrorKind::Other));
        slow.gate.let_through(u64::MAX);
        let unknown = Err(Unavailable::OutcomeUnknown);
        assert_eq!((lost.await, behind.await), (unknown, unknown));
        assert_eq!(slow.durable(), Durable::Failed(Sequence::ZERO));
        assert_eq!(slow.sums.ask(1, SHOPPER, Tell).await, unknown, "it tells of records that may be lost");
    });
}

#[test]
fn whoever_waits_for_a_record_without_an_actor_waits_for_its_sync_too() {
    System::new().block_on(async {
        let journal = Arc::new(MemoryJournal::durable_when_told());
        let wait = |sequence| {
            let journal = Arc::clone(&journal);
            Box::pin(async move { when_durable(&*journal, sequence).await })
        };
        assert_eq!(wait(Sequence::ZERO).await, Ok(()), "it relies on nothing");
        let first = journal.enqueue(b"first").unwrap();
        let mut early = wait(first);
        assert!(!is_ready(&mut early).await, "not synced yet");
        journal.sync();
        let second = journal.enqueue(b"second").unwrap();
        let mut late = wait(second);
        assert!(!is_ready(&mut late).await, "another record is synced, not this one");
        assert_eq!(early.await, Ok(()));
        journal.fail();
        assert_eq!(late.await, Err(Unavailable::OutcomeUnknown));
        assert_eq!((wait(first).await, wait(second).await), (Ok(()), Err(Unavailable::OutcomeUnknown)));
    });
}
