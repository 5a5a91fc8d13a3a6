//! Answers that wait for the disk, kept by the thread whose actors gave them: one wake-up a thread and group commit releases all that it
//! made safe. Each type of reply has a queue of its own, so that no answer needs a box.
//! - D1 An answer leaves only when the record that it relies on is durable.
//! - D2 After a failed sync every waiting answer is "outcome unknown".

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::aggregate::Settled;
use crate::journal::{Durable, Journal, Sequence};
use crate::refusal::{Answer, Unavailable};

/// What comes back for a message.
#[derive(Debug)]
pub enum Reply<T> {
    /// What the command is answered.
    Answer(Answer<T>),
    /// The actor is leaving; its successor has to be asked.
    HandedBack,
}

/// Where an answer goes.
pub type ReplyTo<T> = oneshot::Sender<Reply<T>>;

/// What becomes of an answer that relies on a record, given how far the journal is safe: `None` while it has to wait.
fn outcome(relies_on: Sequence, durable: Durable) -> Option<Result<(), Unavailable>> {
    match durable {
        Durable::Through(through) | Durable::Failed(through) if relies_on <= through => Some(Ok(())),
        Durable::Through(_) => None,
        Durable::Failed(_) => Some(Err(Unavailable::OutcomeUnknown)),
    }
}

/// Waits until a record is durable: for answers that no actor gives (D1).
///
/// # Errors
/// [`Unavailable::OutcomeUnknown`] after a failed sync, or when the journal is closed before (D2).
pub async fn when_durable(journal: &dyn Journal, relies_on: Sequence) -> Result<(), Unavailable> {
    let mut durable = journal.durable();
    loop {
        let now = *durable.borrow_and_update();
        if let Some(outcome) = outcome(relies_on, now) {
            return outcome;
        }
        if durable.changed().await.is_err() {
            // Closed: what it made durable was published before.
            return outcome(relies_on, *durable.borrow()).unwrap_or(Err(Unavailable::OutcomeUnknown));
        }
    }
}

/// The waiting answers of one type, of one thread, for one journal.
#[derive(Debug)]
pub struct ReplyQueue<T> {
    durable: watch::Receiver<Durable>,
    waiting: RefCell<VecDeque<(Sequence, ReplyTo<T>, T)>>,
}

impl<T> ReplyQueue<T> {
    /// Refusals and failures leave at once: nothing was recorded for them. A reply waits for the record that it relies on.
    pub fn answer(&self, answer: Answer<Settled<T>>, to: ReplyTo<T>) {
        // Whoever asked may have gone away; nobody else waits for this answer.
        match answer {
            Ok(Ok(settled)) => self.when_durable(settled.relies_on, to, settled.reply),
            Ok(Err(refusal)) => drop(to.send(Reply::Answer(Ok(Err(refusal))))),
            Err(unavailable) => drop(to.send(Reply::Answer(Err(unavailable)))),
        }
    }

    /// Answers now if the record is durable already, otherwise as soon as it is.
    pub fn when_durable(&self, relies_on: Sequence, to: ReplyTo<T>, reply: T) {
        let durable = *self.durable.borrow();
        match outcome(relies_on, durable) {
            Some(outcome) => drop(to.send(Reply::Answer(outcome.map(|()| Ok(reply))))),
            None => self.waiting.borrow_mut().push_back((relies_on, to, reply)),
        }
    }
}

/// A queue of any type, as the pump sees it.
trait Release {
    fn release(&self, durable: Durable);
    fn as_any(self: Rc<Self>) -> Rc<dyn Any>;
}

impl<T: 'static> Release for ReplyQueue<T> {
    fn release(&self, durable: Durable) {
        // An answer that relies on an early record may stand behind one that relies on a later one; it then waits a group longer.
        loop {
            // The borrow ends before the answer leaves: whoever is woken may ask again on this thread.
            let (outcome, to, reply) = {
                let mut waiting = self.waiting.borrow_mut();
                let Some(outcome) = waiting.front().and_then(|(relies_on, ..)| outcome(*relies_on, durable)) else { return };
                let Some((_, to, reply)) = waiting.pop_front() else { return };
                (outcome, to, reply)
            };
            drop(to.send(Reply::Answer(outcome.map(|()| Ok(reply)))));
        }
    }

    fn as_any(self: Rc<Self>) -> Rc<dyn Any> {
        self
    }
}

/// The waiting answers of one thread for one journal.
pub struct Replies {
    durable: watch::Receiver<Durable>,
    queues: RefCell<Vec<(TypeId, Rc<dyn Release>)>>,
}

thread_local! {
    static OF_THIS_THREAD: RefCell<Vec<(uuid::Uuid, u64, Rc<Replies>)>> = const { RefCell::new(Vec::new()) };
}

impl Replies {
    /// This thread's answers for a journal; starts their pump on the thread's arbiter the first time.
    pub fn of_this_thread(journal: &Arc<dyn Journal>) -> Rc<Self> {
        let identity = journal.identity();
        OF_THIS_THREAD.with_borrow_mut(|all| {
            all.retain(|(_, _, replies)| Rc::strong_count(replies) > 1);
            if let Some((_, _, replies)) = all.iter().find(|(uuid, epoch, _)| (*uuid, *epoch) == (identity.uuid, identity.epoch)) {
                return Rc::clone(replies);
            }
            let replies = Rc::new(Self::over(journal.durable()));
            actix_rt::spawn(pump(Rc::clone(&replies), journal.durable()));
            all.push((identity.uuid, identity.epoch, Rc::clone(&replies)));
            replies
        })
    }

    /// Answers that wait for what this says; whoever makes them calls [`Self::release`] when it changes.
    pub fn over(durable: watch::Receiver<Durable>) -> Self {
        Self { durable, queues: RefCell::default() }
    }

    /// The queue of a reply type; made at the first call.
    pub fn queue<T: 'static>(&self) -> Rc<ReplyQueue<T>> {
        let wanted = TypeId::of::<T>();
        let known = self.queues.borrow().iter().find(|(of, _)| *of == wanted).map(|(_, queue)| Rc::clone(queue));
        // A queue stands under its own type's id, so the downcast succeeds for every known one.
        if let Some(queue) = known.and_then(|queue| queue.as_any().downcast::<ReplyQueue<T>>().ok()) {
            return queue;
        }
        debug_assert!(self.queues.borrow().iter().all(|(of, _)| *of != wanted), "two queues of one type: the pump releases both, late");
        let queue = Rc::new(ReplyQueue { durable: self.durable.clone(), waiting: RefCell::default() });
        self.queues.borrow_mut().push((wanted, Rc::clone(&queue) as Rc<dyn Release>));
        queue
    }

    /// Lets every answer go whose record is safe by now.
    pub fn release(&self, durable: Durable) {
        let queues: Vec<_> = self.queues.borrow().iter().map(|(_, queue)| Rc::clone(queue)).collect();
        queues.iter().for_each(|queue| queue.release(durable));
    }
}

impl std::fmt::Debug for Replies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replies").field("queues", &self.queues.borrow().len()).finish_non_exhaustive()
    }
}

async fn pump(replies: Rc<Replies>, mut durable: watch::Receiver<Durable>) {
    let mut released = Sequence::ZERO;
    loop {
        let now = *durable.borrow_and_update();
        let (Durable::Through(through) | Durable::Failed(through)) = now;
        debug_assert!(released <= through, "J2: what is durable went back from {released} to {through}");
        released = through;
        replies.release(now);
        if matches!(now, Durable::Failed(_)) || durable.changed().await.is_err() {
            // The journal is closed: what it made durable was published before, the rest is unknown.
            let last = match *durable.borrow() {
                Durable::Through(through) | Durable::Failed(through) => through,
            };
            return replies.release(Durable::Failed(last));
        }
    }
}
