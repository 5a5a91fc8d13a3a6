//! The world around the server: clients, wall clock, disk, database, power. One seed decides everything.

mod back_office;
mod clients;
mod rest;
mod shoppers;
mod turns;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::carts::CartLine;
use mallcore_actors::coordinator::Input;
use mallcore_actors::engine;
use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::fault_disk::{Fault, FaultDisk, OperationKind};
use mallcore_actors::journal::segment_log::{Options, SegmentLog};
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::Fact;
use mallcore_actors::kernel::host::Keeping;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{self, Basket, CloseReason, OrderFact};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::{AdjustStock, Adjustment, Buy, CarveQuota, Change, QuotaCarved, QuotaPlan, ReleaseQuota, StockFact};
use mallcore_actors::time::{Clock, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use self::back_office::BackOffice;
use super::auditor::{Auditor, ItemPromise, Promises, PurchaseRequest, Told};
use super::database::{Database, Runner};
use super::process::{Answer, Asker, CartAsker, CartCommand, Closer, Command, Death, Process, RequestId, Rules, read};

const START: u64 = 1_795_451_405_000;
const SKUS: u64 = 3;
const STEPS: u32 = 900;
/// More steps than any quiet world needs to come to rest.
const REST_MAX: u32 = 20_000;

#[derive(Debug, Clone)]
enum Ask {
    Buy(SkuId, Buy),
    Basket(Box<Basket>),
    Order(orders::Command),
    Cart(UserId, CartCommand),
    Adjust(SkuId, Adjustment),
}

/// An order as its shopper knows it.
#[derive(Debug, Clone)]
struct Known {
    user: UserId,
    order: OrderId,
    payable: Money,
    is_paid: bool,
    lines: Vec<(u64, u32)>,
}

#[derive(Debug)]
struct Request {
    ask: Ask,
    is_open: bool,
    has_hung_up: bool,
}

struct FrozenClock;

impl Clock for FrozenClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(START)
    }
}

/// How busy a run was.
#[derive(Debug, Default, Clone, Copy)]
pub struct Summary {
    pub acknowledged: usize,
    pub restarts: usize,
    pub passivations: usize,
    pub records: usize,
    pub adjusted: usize,
    pub killed: usize,
    pub refunds: usize,
    pub attempts: usize,
    pub traded: usize,
    pub strays: usize,
    pub cart_changes: usize,
    pub bought_from_carts: usize,
    pub carts_left: usize,
}

pub struct World {
    random: SmallRng,
    disk: FaultDisk,
    database: Database,
    auditor: Auditor,
    rules: Rules,
    plans: Vec<(SkuId, QuotaPlan)>,
    wall: Timestamp,
    process: Option<Process>,
    requests: Vec<Request>,
    /// Orders that somebody was told of: what has to be paid, and what is in them.
    known: Vec<Known>,
    /// The cart that each shopper saw last.
    seen_carts: BTreeMap<UserId, Vec<CartLine>>,
    back_office: BackOffice,
    /// What was queued and can no longer be lost, and what was queued since.
    log: BTreeMap<Sequence, Record>,
    epoch: u64,
    summary: Summary,
}

fn options() -> Options {
    Options {
        segment_bytes: 4_096,
        payload_bytes_max: 1_024,
        group_window: Duration::ZERO,
        queue_bytes_max: 8_192,
        budget_bytes: 12 * 4_096,
        retain: Duration::ZERO,
        segments_ahead: 1,
        clock: Arc::new(FrozenClock),
        uuid_of_new: Some(uuid::Uuid::from_u128(7)),
    }
}

fn carved(sku: SkuId, plan: &QuotaPlan) -> QuotaCarved {
    let QuotaPlan { item, activity, quota, limit_per_user, unit_price, starts_at, ends_at } = *plan;
    QuotaCarved { sku, item, activity, quota, limit_per_user, unit_price, starts_at, ends_at }
}

/// Runs one world to its end; panics where a promise is broken.
pub fn run(seed: u64) -> Summary {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    world.rest();
    world.check_sums();
    // Long after: every unpaid order has timed out, every sale has ended.
    world.wall = world.wall.plus_millis(100_000_000);
    let wall = world.wall;
    world.life().clock.set(wall);
    world.rest();
    world.check_end();
    world.summary.acknowledged = world.auditor.acknowledged;
    world.summary.records = world.log.len();
    let count = |is: fn(&Fact) -> bool| world.log.values().filter(|record| is(&record.fact)).count();
    world.summary.refunds = count(|fact| matches!(fact, Fact::Orders(OrderFact::Refunded(_))));
    world.summary.attempts = count(|fact| matches!(fact, Fact::Orders(OrderFact::PaymentStarted(_))));
    world.summary.traded = count(|fact| matches!(fact, Fact::Orders(OrderFact::TradeTaken(_))));
    world.summary.strays = count(|fact| matches!(fact, Fact::Orders(OrderFact::PaymentStrayed(_))));
    world.summary.cart_changes = count(|fact| matches!(fact, Fact::Carts(_)));
    world.summary.bought_from_carts = count(|fact| matches!(fact, Fact::Orders(OrderFact::BasketPlaced(placed)) if placed.from_cart));
    world.summary.adjusted = world.log.values().filter(|record| matches!(record.fact, Fact::Stock(StockFact::Adjusted(_)))).count();
    world.summary
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let sku = |id| SkuId::new(id).expect("not zero");
        let received: BTreeMap<SkuId, u32> = (1..=SKUS).map(|id| (sku(id), random.random_range(4..40))).collect();
        let unpaid_max = random.random_range(1..6);
        let flash_pay_window_millis = random.random_range(100..2_000);
        let shop = engine::Rules {
            unpaid_max_per_user: unpaid_max,
            flash_pay_window_millis,
            pay_window_millis: flash_pay_window_millis,
            holding_max_millis: 1_000,
            auto_complete_after_millis: 7_000,
        };
        let keeping = Keeping {
            waiting_max: random.random_range(1..6),
            waiting_total_max: random.random_range(4..8),
            idle_millis: random.random_range(0..200),
            reload_millis: random.random_range(1..100),
        };
        let cart_shards = random.random_range(1..4);
        let mut plans = Vec::new();
        // An activity's items have its hours.
        let starts_at = Timestamp::from_millis(START + random.random_range(0..300));
        let ends_at = starts_at.plus_millis(random.random_range(1_000..8_000));
        for id in 1..=2 {
            let plan = QuotaPlan {
                item: FlashItemId::new(id).expect("not zero"),
                activity: ActivityId::new(1).expect("not zero"),
                quota: random.random_range(1..=received[&sku(id)]),
                limit_per_user: random.random_range(1..8),
                unit_price: Money::from_fen(100).expect("a small price"),
                starts_at,
                ends_at,
            };
            plans.push((sku(id), plan));
        }
        let promise = |plan: &QuotaPlan| ItemPromise {
            quota: plan.quota,
            limit_per_user: plan.limit_per_user,
            starts_at: plan.starts_at,
            ends_at: plan.ends_at,
        };
        let items = plans.iter().map(|(_, plan)| (plan.item, promise(plan))).collect();
        let mut world = Self {
            disk: FaultDisk::new(random.random()),
            database: Database::new(&received, plans.iter().map(|(sku, plan)| carved(*sku, plan))),
            auditor: Auditor::new(Promises { received, items, unpaid_max }),
            rules: Rules { shop, keeping, cart_shards },
            plans,
            wall: Timestamp::from_millis(START),
            process: None,
            requests: Vec::new(),
            known: Vec::new(),
            seen_carts: BTreeMap::new(),
            back_office: BackOffice::default(),
            log: BTreeMap::new(),
            epoch: 0,
            summary: Summary::default(),
            random,
        };
        world.start();
        world
    }

    fn life(&mut self) -> &mut Process {
        self.process.as_mut().expect("the process runs between steps")
    }

    fn chance(&mut self, of_a_thousand: u32) -> bool {
        self.random.random_range(0..1_000) < of_a_thousand
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { Some(from[self.random.random_range(0..from.len())]) }
    }

    /// Starts the server; the power may fail while it does.
    fn start(&mut self) {
        if self.epoch > 0 && self.chance(200) {
            let after = self.random.random_range(0..6);
            self.disk.end_power_after(after);
        }
        let process = loop {
            match Process::start(&self.disk, options(), &self.database, self.wall, self.rules) {
                Some(process) => break process,
                None => self.disk.crash(),
            }
        };
        let identity = process.journal.identity();
        assert!(identity.epoch > self.epoch, "an epoch came twice");
        self.epoch = identity.epoch;
        self.disk.end_power_after(u64::MAX / 2);
        let last = process.journal.last_enqueued();
        self.auditor.restarted(last);
        self.log.split_off(&last.next());
        assert_eq!(self.log.len() as u64, last.0, "recovered what was never queued");
        let first = process.journal.first_retained();
        for (sequence, record) in read(&*process.journal, first, last).expect("a journal that was just opened can be read") {
            assert_eq!(self.log[&sequence], record, "record {sequence} changed");
        }
        self.process = Some(process);
        self.inspect_disk();
    }

    fn die(&mut self, power_fails: bool) {
        self.absorb();
        self.process = None;
        if power_fails {
            self.disk.crash();
        }
        self.requests.iter_mut().for_each(|request| request.is_open = false);
        self.summary.restarts += 1;
        if self.chance(300) {
            // The wall clock is set while the server is down.
            let back = self.random.random_range(0..5_000);
            self.wall = Timestamp::from_millis((self.wall.millis() + 1_000).saturating_sub(back));
        }
        self.database.is_up = true;
        self.start();
    }

    fn step(&mut self) {
        let elapsed = self.random.random_range(0..25);
        self.wall = self.wall.plus_millis(elapsed);
        // Slewed: a little faster or slower than the wall.
        let slewed = elapsed * self.random.random_range(9..=11) / 10;
        let now = self.life().now().plus_millis(slewed);
        self.life().clock.set(now);
        match self.random.random_range(0..1_000) {
            0..300 => self.shop(),
            300..440 => self.step_actor(),
            440..510 => self.step_shard(),
            510..570 => self.step_command(),
            570..600 => self.deliver_effect(),
            600..660 => self.step_coordinator(),
            660..680 => self.send_again(),
            680..770 => {
                self.write_group();
            }
            770..790 => self.life().release_replies(),
            790..830 => {
                self.life().keep_house();
            }
            830..900 => {
                self.project();
                self.project();
            }
            900..930 => self.timers(),
            930..960 => self.passivate(),
            960..972 => self.interrupt(),
            972..975 => self.upset_actor(),
            975..982 => self.database.is_up = false,
            982..985 => self.disk.fail(OperationKind::Sync, 0, Fault::Error(std::io::ErrorKind::Other)),
            985..986 => self.disk.fail(OperationKind::Write, 0, Fault::Short(std::io::ErrorKind::Other)),
            986..988 => {
                let after = self.random.random_range(0..4);
                self.disk.end_power_after(after);
            }
            988..991 => self.die(true),
            991..994 => self.die(false),
            _ => self.database.is_up = true,
        }
        if !self.database.is_up && self.chance(50) {
            self.database.is_up = true;
        }
        self.absorb();
        if self.life().has_failed() {
            // Nothing is ever acknowledged again: the process has to go.
            let power_fails = self.chance(500);
            self.die(power_fails);
        }
    }

    fn write_group(&mut self) -> bool {
        let Some(process) = &mut self.process else { return false };
        let wrote = process.write_group();
        if wrote {
            self.inspect_disk();
            // The pump of the answers wakes up now or later.
            if self.chance(700) {
                self.life().release_replies();
            }
        }
        wrote
    }

    /// What would be left if the power failed now and took everything that it may take?
    fn inspect_disk(&mut self) {
        let (copy, _, recovered) = SegmentLog::open_stepped(Arc::new(self.disk.synced_copy(1)), options()).expect("a readable journal");
        drop(copy);
        self.auditor.disk_has(recovered.last);
    }

    fn project(&mut self) -> bool {
        let runner = [Runner::Trade, Runner::Carts, Runner::Policy][self.random.random_range(0..3)];
        self.project_one(runner)
    }

    fn project_one(&mut self, runner: Runner) -> bool {
        let most = self.random.random_range(1..8);
        let is_heard = !self.chance(100);
        let Some(process) = &mut self.process else { return false };
        process.project(runner, &mut self.database, most, is_heard)
    }

    fn timers(&mut self) {
        self.life().tick();
        let now = self.life().now();
        for (sku, plan) in self.plans.clone() {
            let command = if now < plan.ends_at { Command::Carve(CarveQuota(plan)) } else { Command::Release(ReleaseQuota(plan.item)) };
            self.life().ask(Asker::Schedule, sku, command);
        }
        self.relay();
    }

    /// Everybody's idle check.
    fn passivate(&mut self) {
        for sku in self.life().resident() {
            if self.life().idle_check(sku) {
                self.summary.passivations += 1;
            }
        }
        self.summary.carts_left += self.life().keep_carts();
    }
}
