//! What the server's code is given instead of the real world: a journal that notes what is queued, a lane whose effects
//! the scheduler delivers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use mallcore_actors::facts::Record;
use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::segment_log::SegmentLog;
use mallcore_actors::journal::{Durable, EnqueueError, Identity, Journal, ReadError, Sequence, Usage};
use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::Lane;
use mallcore_actors::stock::SkuEffect;
use tokio::sync::watch;

/// The journal, and everything queued in this life, read back from the bytes that were queued.
pub struct Tapped {
    log: SegmentLog,
    queued: Mutex<Vec<(Sequence, Record)>>,
}

impl Tapped {
    pub fn new(log: SegmentLog) -> Self {
        Self { log, queued: Mutex::default() }
    }

    /// What was queued since this was last asked.
    pub fn take_queued(&self) -> Vec<(Sequence, Record)> {
        std::mem::take(&mut self.queued.lock().unwrap())
    }

    pub fn is_failed(&self) -> bool {
        matches!(*self.durable().borrow(), Durable::Failed(_))
    }

    pub fn durable_through(&self) -> Sequence {
        match *self.durable().borrow() {
            Durable::Through(sequence) | Durable::Failed(sequence) => sequence,
        }
    }
}

impl Journal for Tapped {
    fn identity(&self) -> Identity {
        self.log.identity()
    }

    fn enqueue(&self, payload: &[u8]) -> Result<Sequence, EnqueueError> {
        let sequence = self.log.enqueue(payload)?;
        self.queued.lock().unwrap().push((sequence, Record::decode(payload).expect("what is queued is a record")));
        Ok(sequence)
    }

    fn last_enqueued(&self) -> Sequence {
        self.log.last_enqueued()
    }

    fn durable(&self) -> watch::Receiver<Durable> {
        self.log.durable()
    }

    fn read(&self, from: Sequence, bytes_max: usize, visit: &mut dyn FnMut(Sequence, &[u8])) -> Result<Sequence, ReadError> {
        self.log.read(from, bytes_max, visit)
    }

    fn first_retained(&self) -> Sequence {
        self.log.first_retained()
    }

    fn release(&self, through: Sequence) {
        self.log.release(through);
    }

    fn usage(&self) -> Usage {
        self.log.usage()
    }
}

/// Effects that were handed over and are not in a mailbox yet. The server puts them there while the user's shard is locked: those of one
/// user (or of one coordinator that gives up) keep their order, those of different users overtake each other.
#[derive(Debug, Default)]
pub struct Effects(Mutex<BTreeMap<Sender, VecDeque<(SkuId, SkuEffect)>>>);

/// Whose effects keep their order among each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    User(u64),
    Coordinator(u64),
}

impl Effects {
    pub fn senders(&self) -> Vec<Sender> {
        self.0.lock().unwrap().keys().copied().collect()
    }

    pub fn next_of(&self, sender: Sender) -> Option<(SkuId, SkuEffect)> {
        let mut effects = self.0.lock().unwrap();
        let of_sender = effects.get_mut(&sender)?;
        let next = of_sender.pop_front();
        if of_sender.is_empty() {
            effects.remove(&sender);
        }
        next
    }
}

impl Lane for Effects {
    fn send(&self, sku: SkuId, effect: SkuEffect) {
        let sender = match &effect {
            SkuEffect::Committed(committed) | SkuEffect::Confirmed(_, committed) => match &committed.record.fact {
                Fact::Orders(fact) => Sender::User(fact.user().get()),
                other => panic!("only changes of orders have effects elsewhere: {other:?}"),
            },
            SkuEffect::Released(owner) => Sender::Coordinator(owner.0),
        };
        self.0.lock().unwrap().entry(sender).or_default().push_back((sku, effect));
    }
}
