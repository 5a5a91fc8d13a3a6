//! Messages that were sent and are not taken by all their queues: sent again in their order, and how many together. No I/O.
//! - A1 While any waits, nothing newer is sent: what waits is bounded by one batch.
//! - A2 After a refusal one message is sent alone, and twice as many after each time that all were taken: a queue that stays full costs the
//!   others one repeat each time, and one that takes some again about as many repeats as it takes.

use std::collections::VecDeque;

use mallcore_actors::journal::Sequence;

use super::Outgoing;

/// More than any batch.
const WINDOW_MAX: usize = 1 << 16;

/// A message, and the record that it tells of.
pub(super) type Numbered = (Sequence, Outgoing);

/// What waits to be sent again.
#[derive(Debug)]
pub(super) struct Again {
    waiting: VecDeque<Numbered>,
    /// Messages that are sent together.
    window: usize,
}

impl Again {
    pub const fn new() -> Self {
        Self { waiting: VecDeque::new(), window: WINDOW_MAX }
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The earliest record that a queue may lack.
    pub fn first(&self) -> Option<Sequence> {
        self.waiting.front().map(|(sequence, _)| *sequence)
    }

    /// How many may be sent together, if not more than `most` are wanted.
    pub fn window(&self, most: usize) -> usize {
        self.window.min(most)
    }

    /// The next to be sent; whatever becomes of them, they go through [`Again::settle`].
    pub fn next(&mut self) -> Vec<Numbered> {
        let count = self.window.min(self.waiting.len());
        self.waiting.drain(..count).collect()
    }

    /// Notes what became of messages that were sent together: `taken` says it of those that were answered, from the first on.
    pub fn settle(&mut self, sent: Vec<Numbered>, taken: &[bool]) {
        if taken.contains(&false) {
            self.window = 1;
        } else if taken.len() == sent.len() {
            self.window = (self.window * 2).min(WINDOW_MAX);
        }
        let left: Vec<_> = sent.into_iter().enumerate().filter(|(place, _)| taken.get(*place) != Some(&true)).collect();
        left.into_iter().rev().for_each(|(_, message)| self.waiting.push_front(message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(sequences: impl IntoIterator<Item = u64>) -> Vec<Numbered> {
        let message = |sequence: u64| {
            let id = sequence.to_string();
            (Sequence(sequence), Outgoing { id, kind: "a.b".into(), occurred_at: Default::default(), headers: vec![], body: vec![] })
        };
        sequences.into_iter().map(message).collect()
    }

    fn sequences(messages: &[Numbered]) -> Vec<u64> {
        messages.iter().map(|(sequence, _)| sequence.0).collect()
    }

    #[test]
    fn only_what_was_refused_or_not_answered_is_sent_again_in_its_order() {
        let mut again = Again::new();
        again.settle(messages(1..=6), &[true, false, true, false]);
        assert_eq!((again.first(), again.len()), (Some(Sequence(2)), 4));
        let mut sent = Vec::new();
        while !again.is_empty() {
            let next = again.next();
            sent.extend(sequences(&next));
            let taken = vec![true; next.len()];
            again.settle(next, &taken);
        }
        assert_eq!(sent, [2, 4, 5, 6]);
    }

    #[test]
    fn a_queue_that_stays_full_is_asked_with_one_message_and_always_the_same() {
        let mut again = Again::new();
        again.settle(messages(1..=100), &[false; 100]);
        for _ in 0..10 {
            let next = again.next();
            assert_eq!(sequences(&next), [1]);
            again.settle(next, &[false]);
        }
        assert_eq!(again.len(), 100);
    }

    #[test]
    fn a_queue_that_takes_them_again_gets_more_and_more() {
        let mut again = Again::new();
        again.settle(messages(1..=100), &[false; 100]);
        let mut sizes = Vec::new();
        while !again.is_empty() {
            let next = again.next();
            sizes.push(next.len());
            let taken = vec![true; next.len()];
            again.settle(next, &taken);
        }
        assert_eq!(sizes, [1, 2, 4, 8, 16, 32, 37]);
        assert_eq!(again.window(100), 100);
    }

    #[test]
    fn a_connection_that_breaks_says_nothing_about_a_queue() {
        let mut again = Again::new();
        again.settle(messages(1..=3), &[true]);
        assert_eq!(sequences(&again.next()), [2, 3]);
    }
}
