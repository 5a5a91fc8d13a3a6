//! Answers that wait for the disk, kept by the thread whose actors gave them: one wake-up a thread and group commit releases all
//! that it made safe.
//! - D1 An answer leaves only when its record is durable.
//! - D2 After a failed sync every waiting answer is "outcome unknown".

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use crate::journal::{Durable, Journal, Sequence};
use crate::refusal::{Answer, Unavailable};
use crate::stock::{Adjusted, Closed, Placed};

/// What comes back for a message.
#[derive(Debug)]
pub enum Reply<T> {
    /// The answer.
    Answer(Answer<T>),
    /// The actor is leaving; its successor has to be asked.
    HandedBack,
}

/// Where an answer goes.
pub type ReplyTo<T> = oneshot::Sender<Reply<T>>;

/// An answer that is right as soon as its record is durable.
#[derive(Debug)]
pub enum Waiting {
    /// To a buy.
    Placed(ReplyTo<Placed>, Placed),
    /// To a close.
    Closed(ReplyTo<Closed>, Closed),
    /// To a change of a quota.
    Quota(ReplyTo<()>),
    /// To a change of stock.
    Adjusted(ReplyTo<Adjusted>, Adjusted),
}

impl Waiting {
    fn release(self, outcome: Result<(), Unavailable>) {
        // Whoever asked may have gone away; nobody else waits for this answer.
        match self {
            Self::Placed(to, placed) => drop(to.send(Reply::Answer(outcome.map(|()| Ok(placed))))),
            Self::Closed(to, closed) => drop(to.send(Reply::Answer(outcome.map(|()| Ok(closed))))),
            Self::Adjusted(to, adjusted) => drop(to.send(Reply::Answer(outcome.map(|()| Ok(adjusted))))),
            Self::Quota(to) => drop(to.send(Reply::Answer(outcome.map(Ok)))),
        }
    }
}

/// The waiting answers of one thread for one journal.
#[derive(Debug)]
pub struct Replies {
    durable: watch::Receiver<Durable>,
    waiting: RefCell<VecDeque<(Sequence, Waiting)>>,
}

thread_local! {
    static OF_THIS_THREAD: RefCell<Vec<(uuid::Uuid, u64, Rc<Replies>)>> = const { RefCell::new(Vec::new()) };
}

impl Replies {
    /// This thread's queue for a journal; starts its pump on the thread's arbiter the first time.
    pub fn of_this_thread(journal: &Arc<dyn Journal>) -> Rc<Self> {
        let identity = journal.identity();
        OF_THIS_THREAD.with_borrow_mut(|all| {
            all.retain(|(_, _, replies)| Rc::strong_count(replies) > 1);
            if let Some((_, _, replies)) = all.iter().find(|(uuid, epoch, _)| (*uuid, *epoch) == (identity.uuid, identity.epoch)) {
                return Rc::clone(replies);
            }
            let replies = Rc::new(Self { durable: journal.durable(), waiting: RefCell::default() });
            actix_rt::spawn(pump(Rc::clone(&replies), journal.durable()));
            all.push((identity.uuid, identity.epoch, Rc::clone(&replies)));
            replies
        })
    }

    /// Releases the answer now if its record is durable already, otherwise as soon as it is.
    pub fn when_durable(&self, sequence: Sequence, answer: Waiting) {
        let outcome = match *self.durable.borrow() {
            Durable::Through(through) if sequence <= through => Some(Ok(())),
            Durable::Through(_) => None,
            Durable::Failed(through) if sequence <= through => Some(Ok(())),
            Durable::Failed(_) => Some(Err(Unavailable::OutcomeUnknown)),
        };
        match outcome {
            Some(outcome) => answer.release(outcome),
            None => self.waiting.borrow_mut().push_back((sequence, answer)),
        }
    }

    fn release_through(&self, durable: Durable) {
        let (through, failed) = match durable {
            Durable::Through(through) => (through, false),
            Durable::Failed(through) => (through, true),
        };
        loop {
            // The borrow ends before the answer leaves: whoever is woken may ask again on this thread.
            let next = {
                let mut waiting = self.waiting.borrow_mut();
                match waiting.front() {
                    Some((sequence, _)) if failed || *sequence <= through => waiting.pop_front(),
                    _ => None,
                }
            };
            let Some((sequence, answer)) = next else { return };
            answer.release(if sequence <= through { Ok(()) } else { Err(Unavailable::OutcomeUnknown) });
        }
    }
}

async fn pump(replies: Rc<Replies>, mut durable: watch::Receiver<Durable>) {
    loop {
        let now = *durable.borrow_and_update();
        replies.release_through(now);
        if matches!(now, Durable::Failed(_)) || durable.changed().await.is_err() {
            // The journal is closed: what it made durable was published before, the rest is unknown.
            let last = match *durable.borrow() {
                Durable::Through(through) | Durable::Failed(through) => through,
            };
            return replies.release_through(Durable::Failed(last));
        }
    }
}
