//! One life of the server: the server's own hosts, orders, coordinators, journal and checkpoint; modelled are mailboxes and who comes and
//! goes. All in memory but the journal; dropped by a crash. Each method is one step that the scheduler may put anywhere; within a step
//! nothing else happens.

mod asks;
mod carts;
mod coordinators;
mod orders;
mod policy;
mod projection;
mod registry;
mod shards;

use std::collections::BTreeMap;
use std::sync::Arc;

use mallcore_actors::carts::CartFold;
use mallcore_actors::checkpoint::{Batch, Progress};
use mallcore_actors::coordinator::{Action, Coordinator, Input, Outcome, Participant};
use mallcore_actors::engine::{self, Engine};
use mallcore_actors::facts::Record;
use mallcore_actors::ids::{OrderId, SkuId, UserId};
use mallcore_actors::journal::fault_disk::FaultDisk;
use mallcore_actors::journal::segment_log::{OpenError, Options, SegmentLog, Steps};
use mallcore_actors::journal::{Journal, ReadError, Sequence};
use mallcore_actors::kernel::host::Keeping;
use mallcore_actors::kernel::{Committed, Fact, Provenance, Tail};
use mallcore_actors::orders::fold::TradeFold;
use mallcore_actors::orders::{CloseReason, Deadline, IdsFact, OrderFact, OrderIds};
use mallcore_actors::refusal::{Refusal, Unavailable};
use mallcore_actors::replies::Replies;
use mallcore_actors::stock::{self, Owner, Receipt, Sku, Stock};
use mallcore_actors::time::{Clock, Timestamp};

use self::asks::{Asking, Changing};
use self::carts::AskingCart;
use self::coordinators::Running;
use self::orders::Commanding;
use self::policy::Policy;
use self::projection::Projection;
use self::registry::Registry;
use self::shards::CartShards;
use super::database::{Database, Runner};
use super::ports::{Effects, Sender, Tapped};
use crate::clock::SetClock;

pub use self::asks::{Asker, Command};
pub use self::carts::{CartAsker, CartCommand, CartTold};
pub use self::policy::BOUGHT;
pub use self::registry::Death;

const IDS_BLOCK: u32 = 5;

/// A client's request.
pub type RequestId = usize;

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Placed(Receipt),
    BasketPlaced(Receipt),
    /// A command to an order was carried out, now or before.
    Changed(OrderId),
    Cart(CartTold),
    Adjusted,
    Refused(Refusal),
    Unavailable(Unavailable),
}

/// Who wants an order closed.
#[derive(Debug, Clone, Copy)]
pub enum Closer {
    Client(RequestId),
    Timer(Deadline),
}

/// Settings of a run.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub shop: engine::Rules,
    pub keeping: Keeping,
    pub cart_shards: usize,
}

/// The server's life.
pub struct Process {
    pub journal: Arc<Tapped>,
    pub clock: Arc<SetClock>,
    pub engine: Arc<Engine>,
    steps: Steps,
    registry: Registry,
    effects: Arc<Effects>,
    replies: Replies,
    /// Commands whose answer is awaited.
    asks: Vec<Asking>,
    /// Changes of orders whose record is not durable yet.
    changing: Vec<Changing>,
    coordinators: BTreeMap<Owner, Running>,
    /// Commands to orders that are not carried out yet.
    commands: Vec<Commanding>,
    carts: CartShards,
    /// Commands to carts whose answer is awaited.
    cart_asks: Vec<AskingCart>,
    trade: Projection<TradeFold>,
    cart_rows: Projection<CartFold>,
    policy: Policy,
    /// Answers on their way to the clients, with the record that each tells of.
    pub answers: Vec<(RequestId, Answer, Sequence)>,
    /// A read failed: this life is over.
    disk_gave_out: bool,
}

/// Durable records; none of them if the disk gave out, or if they were projected and released meanwhile. Anything else is a broken promise.
pub fn read(journal: &dyn Journal, from: Sequence, through: Sequence) -> Option<Vec<(Sequence, Record)>> {
    let mut records = Vec::new();
    read_bytes(journal, from, through, &mut |sequence, payload| {
        records.push((sequence, Record::decode(payload).expect("what was written is a record")));
    })?;
    Some(records)
}

/// As [`read`], the records not yet decoded.
fn read_bytes(journal: &dyn Journal, from: Sequence, through: Sequence, visit: &mut dyn FnMut(Sequence, &[u8])) -> Option<()> {
    let mut next = from;
    while next <= through {
        let before = next;
        let visited = journal.read(next, 4_096, &mut |sequence, payload| {
            if sequence <= through {
                visit(sequence, payload);
            }
        });
        next = match visited {
            Ok(next) => next,
            Err(ReadError::Io(_) | ReadError::Gone { .. }) => return None,
            Err(broken) => panic!("durable records {from} to {through} cannot be read: {broken}"),
        };
        assert!(next > before, "record {before} is durable and cannot be read");
    }
    Some(())
}

impl Process {
    /// Opens the journal, refuses what does not belong together, folds the tail. None if the disk gave out meanwhile.
    pub fn start(disk: &FaultDisk, options: Options, database: &Database, wall: Timestamp, rules: Rules) -> Option<Self> {
        let (log, steps, recovered) = match SegmentLog::open_stepped(Arc::new(disk.clone()), options) {
            Ok(opened) => opened,
            Err(OpenError::Io { .. }) => return None,
            Err(refused) => panic!("the journal does not open: {refused}"),
        };
        let open = |runner| {
            Progress::open(recovered.identity, database.checkpoint(runner), log.first_retained(), recovered.last)
                .expect("the database never gets ahead of the disk")
        };
        let (trade, cart_rows, policy) = (open(Runner::Trade), open(Runner::Carts), open(Runner::Policy));
        let (at, carts_at) = (trade.sequence(), cart_rows.sequence());
        let journal = Arc::new(Tapped::new(log));
        let (orders, mut now, mut ids_next) = (database.load_orders(), wall.max(database.last_at), database.ids_next);
        let mut warm: BTreeMap<SkuId, Stock> = database.stock.keys().map(|sku| (*sku, database.load_stock(*sku).0)).collect();
        let tail = Tail::default();
        for (sequence, record) in read(&*journal, at.min(carts_at).next(), recovered.last)? {
            let Record { header, fact } = &record;
            now = now.max(header.at);
            if let Fact::Carts(cart) = fact {
                if sequence > carts_at {
                    tail.push(cart.user(), Committed { sequence, record });
                }
                continue;
            }
            if sequence <= at {
                continue;
            }
            for sku in stock::skus(fact) {
                warm.get_mut(&sku).expect("a known SKU").apply(sequence, header.at, fact);
            }
            match fact {
                Fact::Orders(change) => orders.shard(change.user()).apply(sequence, header.at, fact),
                Fact::Ids(IdsFact::Reserved(ids)) => ids_next = ids.first + u64::from(ids.count),
                // What else there is has no part in purchases.
                _ => {}
            }
        }
        orders.require(recovered.last);
        // What the database has all of is loaded when it is asked for, but for running sales.
        let has_open_quota = |stock: &Stock| stock.quotas().iter().any(|quota| !quota.released());
        warm.retain(|_, stock| stock.version() > at || has_open_quota(stock));
        let clock = Arc::new(SetClock::at(now));
        let mut engine = Engine::new(Arc::clone(&journal) as _, Arc::clone(&clock) as _, orders, ids_next, rules.shop);
        engine.ids = OrderIds::in_blocks_of(IDS_BLOCK, ids_next);
        engine.order_nonce = || 0;
        let engine = Arc::new(engine);
        let carts = CartShards::new(rules.cart_shards, Arc::clone(&engine.recorder), rules.keeping, tail, carts_at);
        Some(Self {
            registry: Registry::new(Arc::clone(&engine), rules.keeping, warm),
            replies: Replies::over(journal.durable()),
            journal,
            clock,
            engine,
            steps,
            effects: Arc::default(),
            asks: Vec::new(),
            changing: Vec::new(),
            coordinators: BTreeMap::new(),
            commands: Vec::new(),
            carts,
            cart_asks: Vec::new(),
            trade: Projection::new(trade),
            cart_rows: Projection::new(cart_rows),
            policy: Policy::new(policy),
            answers: Vec::new(),
            disk_gave_out: false,
        })
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Nothing is acknowledged any more: this life is over.
    pub fn has_failed(&self) -> bool {
        self.disk_gave_out || self.journal.is_failed()
    }

    /// What is still held, waited for or on its way, if anything.
    pub fn leftover(&self) -> Option<String> {
        self.registry
            .leftover()
            .or_else(|| (!self.effects.senders().is_empty()).then(|| format!("effects that nobody took: {:?}", self.effects)))
            .or_else(|| (!self.asks.is_empty()).then(|| format!("never answered: {:?}", self.asks)))
            .or_else(|| (!self.cart_asks.is_empty()).then(|| format!("never answered: {:?}", self.cart_asks)))
            .or_else(|| (!self.commands.is_empty()).then(|| format!("never carried out: {:?}", self.commands)))
            .or_else(|| (!self.changing.is_empty()).then(|| "changes that were never answered".to_owned()))
            .or_else(|| (!self.coordinators.is_empty()).then(|| format!("coordinators hang: {:?}", self.coordinators())))
    }
}
