//! Answers that wait for the disk: D1 and D2, with a disk that is as slow as a test wants.

use std::sync::Arc;

use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::journal::{Durable, Journal, Sequence};
use mallcore_actors::kernel::Settled;
use mallcore_actors::refusal::{Refusal, Unavailable};
use mallcore_actors::replies::{Replies, Reply, ReplyTo};
use proptest::prelude::*;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{oneshot, watch};

/// A disk, the answers that wait for it, and a way for one.
fn slow() -> (watch::Sender<Durable>, Replies) {
    let (disk, durable) = watch::channel(Durable::Through(Sequence::ZERO));
    (disk, Replies::over(durable))
}

fn waiting<T>(ask: impl FnOnce(ReplyTo<T>)) -> oneshot::Receiver<Reply<T>> {
    let (to, answer) = oneshot::channel();
    ask(to);
    answer
}

/// None: nothing has come yet.
fn heard<T>(answer: &mut oneshot::Receiver<Reply<T>>) -> Option<Result<T, Unavailable>> {
    match answer.try_recv() {
        Ok(Reply::Answer(answer)) => Some(answer.map(|answer| answer.expect("nothing is refused here"))),
        Ok(Reply::HandedBack) => panic!("handed back"),
        Err(TryRecvError::Empty) => None,
        Err(TryRecvError::Closed) => panic!("an answer was dropped"),
    }
}

#[test]
fn an_answer_leaves_with_its_record_and_not_before() {
    let (disk, replies) = slow();
    let mut third = waiting(|to| replies.queue().when_durable(Sequence(3), to, "third"));
    let through = |sequence| {
        disk.send_replace(Durable::Through(Sequence(sequence)));
        replies.release(Durable::Through(Sequence(sequence)));
    };
    through(2);
    assert_eq!(heard(&mut third), None, "record 3 is not on disk");
    through(3);
    assert_eq!(heard(&mut third), Some(Ok("third")));
    let mut at_once = waiting(|to| replies.queue().when_durable(Sequence(3), to, "again"));
    assert_eq!(heard(&mut at_once), Some(Ok("again")), "its record is on disk already");
}

#[test]
fn one_release_serves_every_type_also_one_that_came_later() {
    let (_disk, replies) = slow();
    let mut number = waiting(|to| replies.queue().when_durable(Sequence(1), to, 7_u32));
    let mut text = waiting(|to| replies.queue().when_durable(Sequence(2), to, "text"));
    replies.release(Durable::Through(Sequence(1)));
    assert_eq!((heard(&mut number), heard(&mut text)), (Some(Ok(7)), None));
    let mut unit = waiting(|to| replies.queue().when_durable(Sequence(2), to, ()));
    replies.release(Durable::Through(Sequence(2)));
    assert_eq!((heard(&mut text), heard(&mut unit)), (Some(Ok("text")), Some(Ok(()))));
}

#[test]
fn after_a_failed_sync_what_is_not_on_disk_is_unknown() {
    let (disk, replies) = slow();
    let mut on_disk = waiting(|to| replies.queue().when_durable(Sequence(4), to, 4_u32));
    let mut lost = waiting(|to| replies.queue().when_durable(Sequence(5), to, 5_u32));
    let failed = Durable::Failed(Sequence(4));
    disk.send_replace(failed);
    replies.release(failed);
    let unknown = Some(Err(Unavailable::OutcomeUnknown));
    assert_eq!((heard(&mut on_disk), heard(&mut lost)), (Some(Ok(4)), unknown));
    let mut late = waiting(|to| replies.queue().when_durable(Sequence(6), to, 6_u32));
    assert_eq!(heard(&mut late), unknown, "nothing is ever acknowledged again");
}

#[test]
fn what_left_no_record_is_told_at_once() {
    let (_disk, replies) = slow();
    let queue = replies.queue::<u32>();
    for refused in [Ok(Err(Refusal::SoldOut)), Err(Unavailable::JournalFull)] {
        let mut answer = waiting(|to| queue.answer(refused, to));
        assert!(
            matches!(answer.try_recv(), Ok(Reply::Answer(told)) if told == refused.map(|refused| refused.map(|settled: Settled<u32>| settled.reply)))
        );
    }
    let mut kept = waiting(|to| queue.answer(Ok(Ok(Settled::on(Sequence(1), 1))), to));
    assert_eq!(heard(&mut kept), None);
}

proptest! {
    #[test]
    fn nothing_leaves_too_early_and_nothing_stays(steps in prop::collection::vec((any::<bool>(), 1..20u64), 1..60)) {
        let (disk, replies) = slow();
        let (mut through, mut waiting_for) = (0, Vec::new());
        for (asks, sequence) in steps {
            if asks {
                waiting_for.push((sequence, waiting(|to| replies.queue().when_durable(Sequence(sequence), to, sequence))));
            } else {
                through = through.max(sequence);
                disk.send_replace(Durable::Through(Sequence(through)));
                replies.release(Durable::Through(Sequence(through)));
            }
            let mut still = Vec::new();
            for (sequence, mut answer) in waiting_for {
                match heard(&mut answer) {
                    Some(told) => prop_assert!(told == Ok(sequence) && sequence <= through, "{sequence} left at {through}"),
                    None => still.push((sequence, answer)),
                }
            }
            waiting_for = still;
        }
        replies.release(Durable::Through(Sequence(20)));
        for (sequence, mut answer) in waiting_for {
            prop_assert_eq!(heard(&mut answer), Some(Ok(sequence)));
        }
    }
}

#[test]
fn a_threads_pump_lets_go_what_a_group_commit_made_safe() {
    actix_rt::System::new().block_on(async {
        let journal = Arc::new(MemoryJournal::durable_when_told());
        let replies = Replies::of_this_thread(&(Arc::clone(&journal) as Arc<dyn Journal>));
        let sequence = journal.enqueue(b"record").unwrap();
        let mut answer = waiting(|to| replies.queue().when_durable(sequence, to, 1_u32));
        tokio::task::yield_now().await;
        assert_eq!(heard(&mut answer), None);
        journal.sync();
        assert!(matches!(answer.await, Ok(Reply::Answer(Ok(Ok(1))))));
        let lost = journal.enqueue(b"lost").unwrap();
        let answer = waiting(|to| replies.queue().when_durable(lost, to, 2_u32));
        journal.fail();
        assert!(matches!(answer.await, Ok(Reply::Answer(Err(Unavailable::OutcomeUnknown)))));
    });
}
