//! Messages that a full queue has refused: which of them are sent again, when, and how many together. No I/O and no clock.
//! A confirm does not say which queue has refused, so a message goes to all of its queues each time that it is sent.
//! - A1 A message that is set aside stays until it is accepted. The list is in order, oldest first.
//! - A2 After a refusal only the oldest is sent, alone, and after a pause. Each time that all were accepted twice as many are sent together. So
//!   the other queues get one repeat for each pause, and about two for each message that is accepted in the end.
//! - A3 A refusal of a new message never prolongs a pause: otherwise a busy shop would never ask again.
//! - A4 The list is bounded: whoever sends new messages sends no more of them at a time than [`SetAside::room`].

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::platform::backoff::Backoff;

/// Messages that are sent again together at most.
pub const WINDOW_MAX: usize = 1_024;
/// Between two attempts while the oldest is refused.
const PAUSES: Backoff = Backoff::between(Duration::from_secs(2), Duration::from_secs(30));

/// The messages of one publisher that were refused, by ids that grow with each new message.
#[derive(Debug)]
pub struct SetAside<Id> {
    /// Messages that wait, in ascending order.
    waiting: VecDeque<Id>,
    most: usize,
    window: usize,
    pauses: Backoff,
    /// None is sent again before this.
    not_before: Option<Instant>,
}

impl<Id: Copy + Ord> SetAside<Id> {
    /// An empty list of at most so many.
    pub const fn of_at_most(most: usize) -> Self {
        Self { waiting: VecDeque::new(), most, window: 1, pauses: PAUSES, not_before: None }
    }

    /// How many are set aside.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many new messages may be sent before their answers are settled: all of them may be refused.
    pub fn room(&self) -> usize {
        self.most.saturating_sub(self.waiting.len())
    }

    /// The oldest: everything before it was accepted.
    pub fn oldest(&self) -> Option<Id> {
        self.waiting.front().copied()
    }

    /// Whether this message was refused and not accepted since.
    pub fn contains(&self, id: Id) -> bool {
        self.waiting.binary_search(&id).is_ok()
    }

    /// Those that may be sent again now, oldest first: none during a pause.
    pub fn next(&self, now: Instant) -> Vec<Id> {
        match self.not_before {
            Some(not_before) if now < not_before => Vec::new(),
            _ => self.waiting.iter().take(self.window).copied().collect(),
        }
    }

    /// Ends a pause early: for whoever waits by pauses of its own.
    pub fn end_pause(&mut self) {
        self.not_before = None;
    }

    /// Notes the answers to messages that were sent together: whether all queues have accepted each. New ones among them are set aside if
    /// they were refused. A message without an answer (the connection broke) is not to be in `answers`; it stays what it was.
    pub fn settle(&mut self, answers: &[(Id, bool)], now: Instant) {
        let was_empty = self.waiting.is_empty();
        let (mut again_accepted, mut again_refused, mut new_refused) = (0, 0, 0);
        for &(id, is_accepted) in answers {
            match (self.waiting.binary_search(&id), is_accepted) {
                (Ok(place), true) => {
                    again_accepted += 1;
                    self.waiting.remove(place);
                }
                (Ok(_), false) => again_refused += 1,
                (Err(place), false) => {
                    new_refused += 1;
                    self.waiting.insert(place, id);
                }
                (Err(_), true) => {}
            }
        }
        if again_accepted > 0 || was_empty {
            self.pauses = PAUSES;
        }
        if again_refused > 0 || (was_empty && new_refused > 0) {
            self.not_before = Some(now + self.pauses.next_pause());
        }
        if again_refused > 0 || new_refused > 0 {
            self.window = 1;
        } else if again_accepted > 0 {
            self.window = (again_accepted * 2).min(WINDOW_MAX);
            self.not_before = None;
        }
    }

    /// Forgets all before this one: nobody wants them any more.
    pub fn forget_before(&mut self, id: Id) {
        let forgotten = self.waiting.partition_point(|waiting| *waiting < id);
        self.waiting.drain(..forgotten);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const LONGER_THAN_ANY_PAUSE: Duration = Duration::from_secs(31);
    const SHORTER_THAN_ANY_PAUSE: Duration = Duration::from_millis(999);

    fn refused(ids: impl IntoIterator<Item = u64>) -> Vec<(u64, bool)> {
        ids.into_iter().map(|id| (id, false)).collect()
    }

    fn accepted(ids: impl IntoIterator<Item = u64>) -> Vec<(u64, bool)> {
        ids.into_iter().map(|id| (id, true)).collect()
    }

    #[test]
    fn a_queue_that_stays_full_is_asked_with_the_oldest_message_alone_after_each_pause() {
        let (mut aside, mut now) = (SetAside::of_at_most(1_000), Instant::now());
        aside.settle(&refused(1..=100), now);
        for new in 101..=150 {
            assert!(aside.next(now + SHORTER_THAN_ANY_PAUSE).is_empty());
            now += LONGER_THAN_ANY_PAUSE;
            assert_eq!(aside.next(now), [1]);
            // What comes meanwhile is refused as well, and prolongs nothing.
            aside.settle(&refused([new]), now);
            assert_eq!(aside.next(now), [1]);
            aside.settle(&refused([1]), now);
        }
        assert_eq!((aside.oldest(), aside.len(), aside.room()), (Some(1), 150, 850));
    }

    #[test]
    fn a_queue_with_room_again_gets_more_and_more_until_it_has_all() {
        let (mut aside, now) = (SetAside::of_at_most(1_000), Instant::now());
        aside.settle(&refused(1..=100), now);
        let later = now + LONGER_THAN_ANY_PAUSE;
        let (mut sizes, mut sent) = (Vec::new(), Vec::<u64>::new());
        while aside.len() > 0 {
            let next = aside.next(later);
            sizes.push(next.len());
            sent.extend(&next);
            aside.settle(&accepted(next), later);
        }
        assert_eq!(sizes, [1, 2, 4, 8, 16, 32, 37]);
        assert_eq!(sent, (1..=100).collect::<Vec<u64>>());
    }

    #[test]
    fn only_what_was_refused_is_set_aside_and_what_was_not_answered_stays() {
        let (mut aside, now) = (SetAside::of_at_most(1_000), Instant::now());
        aside.settle(&[(1, true), (2, false), (3, true), (4, false)], now);
        assert_eq!((aside.oldest(), aside.len(), aside.contains(3)), (Some(2), 2, false));
        aside.settle(&[(2, true)], now + LONGER_THAN_ANY_PAUSE);
        assert_eq!(aside.next(now + LONGER_THAN_ANY_PAUSE), [4]);
        aside.settle(&[], now + LONGER_THAN_ANY_PAUSE);
        assert_eq!(aside.oldest(), Some(4), "a broken connection says nothing about a queue");
    }

    #[test]
    fn what_nobody_wants_is_forgotten() {
        let (mut aside, now) = (SetAside::of_at_most(1_000), Instant::now());
        aside.settle(&refused([3, 5, 7]), now);
        aside.forget_before(7);
        assert_eq!((aside.oldest(), aside.len()), (Some(7), 1));
    }

    /// What may happen to a publisher between two of its turns.
    #[derive(Debug, Clone)]
    enum Step {
        /// So many new messages are sent; so many answers arrive before the connection breaks, if it does.
        Publish(usize, usize),
        /// So much time passes.
        Wait(Duration),
        /// A consumer of the limited queue takes so many.
        Consume(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1..20_usize, 0..40_usize).prop_map(|(sent, answered)| Step::Publish(sent, answered)),
            (0..40_000_u64).prop_map(|millis| Step::Wait(Duration::from_millis(millis))),
            (0..10_usize).prop_map(Step::Consume),
        ]
    }

    /// A queue with a limit beside one without, and a publisher as `events.rs` is one.
    struct World {
        aside: SetAside<u64>,
        now: Instant,
        /// All new messages up to this one were answered.
        sent: u64,
        limit: usize,
        in_queue: Vec<u64>,
        consumed: BTreeSet<u64>,
        healthy: Vec<u64>,
        refusals: usize,
        attempts: usize,
    }

    impl World {
        fn send(&mut self, ids: &[u64], answered: usize) -> Vec<(u64, bool)> {
            let answers = ids.iter().map(|id| {
                self.healthy.push(*id);
                let has_room = self.in_queue.len() < self.limit;
                if has_room {
                    self.in_queue.push(*id);
                }
                self.refusals += usize::from(!has_room);
                (*id, has_room)
            });
            let mut answers: Vec<_> = answers.collect();
            answers.truncate(answered);
            answers
        }

        fn publish(&mut self, sent: usize, answered: usize) {
            let new = (sent as u64).min(self.aside.room() as u64);
            let ids: Vec<_> = (self.sent + 1..=self.sent + new).collect();
            let answers = self.send(&ids, answered);
            self.sent = answers.last().map_or(self.sent, |(id, _)| *id);
            self.aside.settle(&answers, self.now);
            self.again(answered);
        }

        fn again(&mut self, answered: usize) -> usize {
            let next = self.aside.next(self.now);
            self.attempts += next.len();
            let answers = self.send(&next, answered);
            self.aside.settle(&answers, self.now);
            answers.iter().filter(|(_, is_accepted)| *is_accepted).count()
        }
    }

    proptest! {
        #[test]
        fn every_message_reaches_both_queues_and_the_list_stays_bounded(steps in prop::collection::vec(step(), 1..60), limit in 1..8_usize) {
            const MOST: usize = 50;
            let (aside, now) = (SetAside::of_at_most(MOST), Instant::now());
            let (in_queue, consumed, healthy) = (Vec::new(), BTreeSet::new(), Vec::new());
            let mut world = World { aside, now, sent: 0, limit, in_queue, consumed, healthy, refusals: 0, attempts: 0 };
            for step in steps {
                match step {
                    Step::Publish(sent, answered) => world.publish(sent, answered),
                    Step::Wait(time) => world.now += time,
                    Step::Consume(messages) => {
                        let taken = messages.min(world.in_queue.len());
                        world.consumed.extend(world.in_queue.drain(..taken));
                    }
                }
                prop_assert!(world.aside.len() <= MOST);
                // What the checkpoint says both queues have, they have.
                let complete = world.aside.oldest().map_or(world.sent, |oldest| oldest - 1);
                let has = |id: &u64| world.consumed.contains(id) || world.in_queue.contains(id);
                prop_assert!((1..=complete).all(|id| has(&id)), "a gap before {complete}");
                prop_assert!((1..=world.sent).all(|id| world.healthy.contains(&id) && (has(&id) || world.aside.contains(id))));
            }
            // The consumer comes back.
            let mut rounds = 0;
            while world.aside.len() > 0 {
                world.now += LONGER_THAN_ANY_PAUSE;
                world.consumed.extend(world.in_queue.drain(..));
                prop_assert!(world.again(usize::MAX) > 0, "a queue with room was not asked");
                rounds += 1;
            }
            prop_assert!(rounds <= MOST);
            world.consumed.extend(world.in_queue.drain(..));
            prop_assert!((1..=world.sent).all(|id| world.consumed.contains(&id)));
        }
    }

    #[test]
    fn the_other_queue_gets_about_two_repeats_of_what_was_set_aside() {
        let (in_queue, consumed, healthy) = (Vec::new(), BTreeSet::new(), Vec::new());
        let aside = SetAside::of_at_most(10_000);
        let mut world = World { aside, now: Instant::now(), sent: 0, limit: 7, in_queue, consumed, healthy, refusals: 0, attempts: 0 };
        world.publish(5_000, usize::MAX);
        let mut pauses = 0;
        while world.aside.len() > 0 {
            if world.aside.next(world.now).is_empty() {
                world.now += LONGER_THAN_ANY_PAUSE;
                world.consumed.extend(world.in_queue.drain(..));
                pauses += 1;
            }
            world.again(usize::MAX);
        }
        assert!(world.attempts <= 2 * 5_000 + pauses, "{} repeats, {pauses} pauses", world.attempts);
    }
}
