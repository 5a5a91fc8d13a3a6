//! One life of the server: actors with mailboxes, orders, coordinators, journal, projection. All in memory but the journal; dropped by a crash.
//! Each method is one step that the scheduler may put anywhere; within a step nothing else happens.

mod coordinators;
mod orders;
mod projection;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use mallcore_actors::checkpoint::{Batch, Progress};
use mallcore_actors::coordinator::{Action, Coordinator, Input, Outcome, Participant};
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{OrderId, SkuId, UserId};
use mallcore_actors::journal::fault_disk::FaultDisk;
use mallcore_actors::journal::segment_log::{OpenError, Options, SegmentLog, Steps};
use mallcore_actors::journal::{Durable, EnqueueError, Journal, ReadError, Sequence};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{Deadline, OrderCommand, OrderShard};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::record::{CloseReason, Event, IdsReserved, Line, Lines, OrderClosed, OrderPaid, OrderPlaced, Record, Return};
use mallcore_actors::refusal::{Refusal, Unavailable};
use mallcore_actors::registry::lifecycle::{Generation, Idle, Lifecycle, Route, State, Tail};
use mallcore_actors::stock::{Adjusting, Adjustment, Asked, Buy, Holds, Owner, Purchase, QuotaPlan, Receipt, Stock, Woken};
use mallcore_actors::time::Timestamp;

use super::database::Database;

const IDS_BLOCK: u32 = 5;

/// A client's request.
pub type RequestId = usize;

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Placed(Receipt),
    BasketPlaced(OrderId),
    Closed(OrderId),
    Paid(OrderId),
    Adjusted,
    Refused(Refusal),
    Unavailable(Unavailable),
}

/// A message for a SKU's actor.
#[derive(Debug, Clone)]
pub enum Mail {
    Buy(RequestId, Buy),
    Close(Closer, UserId, OrderId, CloseReason),
    Carve(QuotaPlan),
    Release(mallcore_actors::ids::FlashItemId),
    Adjust(RequestId, Adjustment),
    Hold(Owner, Quantity),
    Settle(Owner, Option<(Sequence, Timestamp, Event)>),
    Effect(Sequence, Timestamp, Event),
}

/// Who wants an order closed.
#[derive(Debug, Clone, Copy)]
pub enum Closer {
    Client(RequestId),
    Timer(Deadline),
}

/// One SKU's actor.
#[derive(Debug)]
struct Actor {
    life: Lifecycle,
    mailbox: VecDeque<Mail>,
    /// The journal's end when its entry was made.
    end: Sequence,
    stock: Option<Stock>,
    tail: Option<Tail>,
    holds: Holds,
}

struct Running {
    coordinator: Coordinator,
    request: RequestId,
    user: UserId,
    lines: Lines,
    inbox: VecDeque<Input>,
}

/// A batch that was read; projected or not, nobody has heard.
struct InFlight {
    batch: Batch,
    records: Vec<(Sequence, Record)>,
    is_committed: bool,
}

/// Settings of a run.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub unpaid_max: u32,
    pub pay_window_millis: u64,
}

/// The server's life.
pub struct Process {
    pub journal: SegmentLog,
    steps: Steps,
    rules: Rules,
    pub now: Timestamp,
    actors: BTreeMap<SkuId, Actor>,
    generations: u64,
    parked: BTreeMap<SkuId, Vec<Mail>>,
    pub orders: OrderShard,
    coordinators: BTreeMap<Owner, Running>,
    owners: u64,
    ids: (u64, u64),
    /// Answers that wait for the disk.
    waiting: Vec<(Sequence, RequestId, Answer)>,
    pub progress: Progress,
    in_flight: Option<InFlight>,
    /// Answers on their way to the clients, with the record that each relies on.
    pub answers: Vec<(RequestId, Answer, Sequence)>,
    /// Everything queued in this life, for comparison.
    pub queued: Vec<(Sequence, Record)>,
    scratch: Vec<u8>,
    /// A read failed: this life is over.
    disk_gave_out: bool,
}

/// Durable records; none of them if the disk gave out, or if they were projected and released meanwhile. Anything else is a broken promise.
pub fn read(journal: &SegmentLog, from: Sequence, through: Sequence) -> Option<Vec<(Sequence, Record)>> {
    let mut records = Vec::new();
    let mut next = from;
    while next <= through {
        let before = next;
        let visited = journal.read(next, 4_096, &mut |sequence, payload| {
            if sequence <= through {
                records.push((sequence, Record::decode(payload).expect("what was written is a record")));
            }
        });
        next = match visited {
            Ok(next) => next,
            Err(ReadError::Io(_) | ReadError::Gone { .. }) => return None,
            Err(broken) => panic!("durable records {from} to {through} cannot be read: {broken}"),
        };
        assert!(next > before, "record {before} is durable and cannot be read");
    }
    Some(records)
}

impl Process {
    /// Opens the journal, refuses what does not belong together, folds the tail. None if the disk gave out meanwhile.
    pub fn start(disk: &FaultDisk, options: Options, database: &Database, wall: Timestamp, rules: Rules) -> Option<Self> {
        let (journal, steps, recovered) = match SegmentLog::open_stepped(Arc::new(disk.clone()), options) {
            Ok(opened) => opened,
            Err(OpenError::Io { .. }) => return None,
            Err(refused) => panic!("the journal does not open: {refused}"),
        };
        let progress = Progress::open(recovered.identity, database.checkpoint, journal.first_retained(), recovered.last)
            .expect("the database never gets ahead of the disk");
        let (mut orders, mut now, mut ids_next) = (database.load_orders(), wall.max(database.last_at), database.ids_next);
        for (sequence, record) in read(&journal, progress.sequence().next(), recovered.last)? {
            orders.apply(sequence, record.at, &record.event);
            now = now.max(record.at);
            if let IdsFact::Reserved(ids) = &record.event {
                ids_next = ids.first + u64::from(ids.count);
            }
        }
        Some(Self {
            journal,
            steps,
            rules,
            now,
            actors: BTreeMap::new(),
            generations: 0,
            parked: BTreeMap::new(),
            orders,
            coordinators: BTreeMap::new(),
            owners: 0,
            ids: (ids_next, ids_next),
            waiting: Vec::new(),
            progress,
            in_flight: None,
            answers: Vec::new(),
            queued: Vec::new(),
            scratch: Vec::new(),
            disk_gave_out: false,
        })
    }

    fn durable(&self) -> Durable {
        *self.journal.durable().borrow()
    }

    /// Nothing is acknowledged any more: this life is over.
    pub fn has_failed(&self) -> bool {
        self.disk_gave_out || matches!(self.durable(), Durable::Failed(_))
    }

    fn durable_through(&self) -> Sequence {
        match self.durable() {
            Durable::Through(sequence) | Durable::Failed(sequence) => sequence,
        }
    }

    pub fn send(&mut self, sku: SkuId, mail: Mail) {
        let actor = self.actors.entry(sku).or_insert_with(|| {
            self.generations += 1;
            Actor {
                life: Lifecycle::starting(Generation(self.generations)),
                mailbox: VecDeque::new(),
                end: self.journal.last_enqueued(),
                stock: None,
                tail: None,
                holds: Holds::default(),
            }
        });
        match actor.life.route() {
            Route::Deliver => actor.mailbox.push_back(mail),
            Route::HandBack => self.parked.entry(sku).or_default().push(mail),
        }
    }

    /// First step of passivation; true if it was taken.
    pub fn drain(&mut self, sku: SkuId) -> bool {
        let projected = self.progress.sequence();
        self.actors.get_mut(&sku).is_some_and(|actor| {
            let last = actor.stock.as_ref().map_or(Sequence::ZERO, Stock::version);
            actor.life.drain(&Idle { last, projected, owed: usize::from(!actor.holds.is_empty()) }).is_ok()
        })
    }

    fn remove(&mut self, sku: SkuId, generation: Generation, reorder: bool) {
        if self.actors.get(&sku).is_some_and(|actor| actor.life.may_remove(generation)) {
            self.actors.remove(&sku);
            let mut parked = self.parked.remove(&sku).unwrap_or_default();
            if reorder {
                parked.reverse();
            }
            parked.into_iter().for_each(|mail| self.send(sku, mail));
        }
    }

    pub fn resident(&self) -> Vec<SkuId> {
        self.actors.keys().copied().collect()
    }

    /// SKUs whose actors have something to do.
    pub fn runnable_actors(&self) -> Vec<SkuId> {
        let durable = self.durable_through();
        let can_run = |actor: &Actor| match actor.life.state() {
            State::Loading => actor.tail.is_none_or(|tail| tail.through() <= durable),
            State::Active => !actor.mailbox.is_empty(),
            State::Draining => true,
            State::Gone => false,
        };
        self.actors.iter().filter(|(_, actor)| can_run(actor)).map(|(sku, _)| *sku).collect()
    }

    /// One step of one actor. `reorder`: messages that are sent again lose their order.
    pub fn step_actor(&mut self, sku: SkuId, database: &Database, reorder: bool) {
        let Some(actor) = self.actors.get_mut(&sku) else { return };
        match actor.life.state() {
            State::Loading => self.step_loading(sku, database, reorder),
            State::Active => {
                if let Some(mail) = actor.mailbox.pop_front() {
                    self.handle(sku, mail);
                }
            }
            State::Draining => match actor.mailbox.pop_front() {
                Some(mail) => {
                    // Before those that came while it drained.
                    let handed_back = actor.mailbox.drain(..);
                    let all: Vec<Mail> = [mail].into_iter().chain(handed_back).collect();
                    let parked = self.parked.entry(sku).or_default();
                    parked.splice(0..0, all);
                }
                None => {
                    if let Some(generation) = actor.life.drained() {
                        self.remove(sku, generation, reorder);
                    }
                }
            },
            State::Gone => {}
        }
    }

    fn step_loading(&mut self, sku: SkuId, database: &Database, reorder: bool) {
        let durable = self.durable_through();
        let Some(actor) = self.actors.get_mut(&sku) else { return };
        let Some(tail) = actor.tail else {
            if database.is_up {
                let (stock, checkpoint) = database.load_stock(sku);
                actor.stock = Some(stock);
                actor.tail = Some(Tail::new(checkpoint, actor.end));
            } else if let Some(generation) = actor.life.load_failed() {
                let lost: Vec<Mail> = actor.mailbox.drain(..).collect();
                lost.into_iter().for_each(|mail| self.refuse(mail));
                self.remove(sku, generation, reorder);
            }
            return;
        };
        if tail.through() > durable {
            return;
        }
        if let Some(stock) = &mut actor.stock {
            let Some(records) = tail.first().map_or_else(|| Some(Vec::new()), |first| read(&self.journal, first, tail.through())) else {
                // Projected and released since the row was read: the row is newer now. Or the disk gave out, and this life is over.
                actor.tail = None;
                self.disk_gave_out = tail.first() >= Some(self.journal.first_retained());
                return;
            };
            for (sequence, record) in records {
                assert!(tail.wants(sequence));
                stock.apply(sequence, record.at, &record.event);
            }
            stock.folded_through(tail.through());
            assert!(actor.life.loaded());
        }
    }

    /// The SKU cannot be loaded. Effects need no messenger: whoever loads it next finds them in the journal.
    fn refuse(&mut self, mail: Mail) {
        match mail {
            Mail::Buy(request, _) | Mail::Adjust(request, _) => self.answer(request, Answer::Unavailable(Unavailable::Warming)),
            Mail::Close(Closer::Client(request), ..) => self.answer(request, Answer::Unavailable(Unavailable::Warming)),
            Mail::Close(Closer::Timer(deadline), ..) => self.orders.postpone(deadline),
            Mail::Hold(owner, _) => self.tell(owner, Input::Unavailable(Unavailable::Warming)),
            Mail::Settle(..) | Mail::Effect(..) | Mail::Carve(_) | Mail::Release(_) => {}
        }
    }

    fn handle(&mut self, sku: SkuId, mail: Mail) {
        let Some(Actor { stock: Some(stock), holds, .. }) = self.actors.get_mut(&sku) else { unreachable!("active actors have stock") };
        match mail {
            Mail::Buy(request, wish) => {
                let decided = stock.decide_buy(&wish, self.now);
                self.place(request, sku, &wish, decided);
            }
            Mail::Close(closer, user, order, reason) => {
                let Some(found) = self.orders.order(user, order) else { return self.closing_refused(closer, Refusal::UnknownOrder) };
                let returns = found.lines.iter().map(|line| stock.returns(*line)).collect();
                if let Some((sequence, at, event)) = self.commit_close(closer, user, order, reason, returns) {
                    self.apply(sku, sequence, at, &event);
                }
            }
            Mail::Carve(plan) => {
                if let Ok(Some(carved)) = holds.decide_carve(stock, &plan) {
                    self.commit(sku, StockFact::QuotaCarved(carved));
                }
            }
            Mail::Release(item) => {
                if let Ok(Some(released)) = stock.decide_release(item, self.now) {
                    self.commit(sku, StockFact::QuotaReleased(released));
                }
            }
            Mail::Adjust(request, wish) => {
                let (decided, version) = (holds.decide_adjust(stock, &wish), stock.version());
                self.adjust(request, sku, decided, version);
            }
            Mail::Hold(owner, quantity) => match holds.hold(stock, owner, quantity) {
                Asked::Granted => self.tell(owner, Input::Granted),
                Asked::Waiting => {}
                Asked::SoldOut => self.tell(owner, Input::Refused(Refusal::SoldOut)),
                Asked::Busy => self.tell(owner, Input::Unavailable(Unavailable::Busy)),
            },
            Mail::Settle(owner, record) => {
                let woken = match record {
                    Some((sequence, at, event)) => holds.confirm(stock, owner, sequence, at, &event),
                    None => holds.release(stock, owner),
                };
                woken.into_iter().for_each(|woken| self.wake(woken));
            }
            Mail::Effect(sequence, at, event) => self.apply(sku, sequence, at, &event),
        }
    }

    fn place(&mut self, request: RequestId, sku: SkuId, wish: &Buy, decided: Result<Purchase, Refusal>) {
        let (line, payable) = match decided {
            Ok(Purchase::Repeat(receipt)) => return self.waiting.push((receipt.sequence, request, Answer::Placed(receipt))),
            Ok(Purchase::Fresh(line, payable)) => (line, payable),
            Err(refusal) => return self.answer(request, Answer::Refused(refusal)),
        };
        match self.enqueue_placed(wish.user, Lines::from([line]), payable, wish.key, wish.body) {
            Ok((sequence, at, event)) => {
                self.apply(sku, sequence, at, &event);
                let OrderFact::Placed(placed) = event else { unreachable!("just made") };
                let (order, no, expires_at) = (placed.order, placed.no, placed.expires_at);
                let receipt = Receipt { order, no, payable, placed_at: at, expires_at, sequence };
                self.waiting.push((sequence, request, Answer::Placed(receipt)));
            }
            Err(Ok(refusal)) => self.answer(request, Answer::Refused(refusal)),
            Err(Err(weather)) => self.answer(request, Answer::Unavailable(weather)),
        }
    }

    fn adjust(&mut self, request: RequestId, sku: SkuId, decided: Result<Adjusting, Refusal>, version: Sequence) {
        let adjusted = match decided {
            Ok(Adjusting::Repeat | Adjusting::Unchanged) => return self.waiting.push((version, request, Answer::Adjusted)),
            Ok(Adjusting::Fresh(adjusted)) => adjusted,
            Err(refusal) => return self.answer(request, Answer::Refused(refusal)),
        };
        match self.enqueue(StockFact::Adjusted(adjusted)) {
            Ok((sequence, at, event)) => {
                self.apply(sku, sequence, at, &event);
                self.waiting.push((sequence, request, Answer::Adjusted));
            }
            Err(weather) => self.answer(request, Answer::Unavailable(weather)),
        }
    }

    fn commit(&mut self, sku: SkuId, event: Event) {
        if let Ok((sequence, at, event)) = self.enqueue(event) {
            self.apply(sku, sequence, at, &event);
        }
    }

    fn apply(&mut self, sku: SkuId, sequence: Sequence, at: Timestamp, event: &Event) {
        let Some(Actor { stock: Some(stock), holds, .. }) = self.actors.get_mut(&sku) else { unreachable!("active actors have stock") };
        let woken = holds.apply(stock, sequence, at, event);
        assert!(stock.quotas().iter().all(|quota| quota.broken_limit().is_none()), "Q2");
        woken.into_iter().for_each(|woken| self.wake(woken));
    }
}

fn counts(stock: &Stock) -> Vec<u32> {
    let mut quotas: Vec<_> = stock.quotas().iter().map(|quota| (quota.item(), [quota.remaining(), quota.held(), quota.sold()])).collect();
    quotas.sort_unstable();
    [stock.available(), stock.held(), stock.sold()].into_iter().chain(quotas.into_iter().flat_map(|quota| quota.1)).collect()
}
