//! The model database: rows, and transactions that happen whole or not at all. It outlives processes.

use std::collections::{BTreeMap, BTreeSet};

use mallcore_actors::carts::{Cart, CartFold, CartLine, REQUESTS_REMEMBERED, Request};
use mallcore_actors::checkpoint::{Batch, Checkpoint};
use mallcore_actors::ids::{ActivityId, AdjustmentId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::fold::{self, Fold};
use mallcore_actors::orders::fold::{Happened, LineChange, OrderEvent, Placing, Standing, TradeFold};
use mallcore_actors::orders::{Attempt, AttemptState, CloseReason, Lines, Order, OrderBook, Part, Paying, Progress, Status};
use mallcore_actors::stock::{FlashQuota, QuotaCarved, Stock};
use mallcore_actors::time::Timestamp;

/// Who has a checkpoint of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Runner {
    Trade,
    Carts,
    Policy,
}

/// A SKU's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockRow {
    pub available: i64,
    pub held: i64,
    pub sold: i64,
    pub paid: i64,
    pub last_adjustment: Option<AdjustmentId>,
}

/// A flash item's row: its plan is there before it is carved.
#[derive(Debug, Clone)]
pub struct QuotaRow {
    pub plan: QuotaCarved,
    pub remaining: i64,
    pub held: i64,
    pub sold: i64,
    pub is_carved: bool,
    pub is_released: bool,
}

/// An order's row, and those of what happened to it.
#[derive(Debug, Clone)]
pub struct OrderRow {
    pub placed: Placing,
    pub at: Timestamp,
    pub status: Status,
    pub version: u32,
    pub sequence: Sequence,
    updated_at: Timestamp,
    close_reason: Option<CloseReason>,
    is_hidden: bool,
    events: Vec<OrderEvent>,
    /// Its pieces count towards the purchase limit.
    counts: bool,
}

/// A cart's rows.
#[derive(Debug, Clone, Default)]
pub struct CartRow {
    pub lines: BTreeMap<SkuId, CartLine>,
    requests: BTreeMap<u32, Request>,
    bought_through: Sequence,
    version: Sequence,
}

/// The rows that committed transactions left.
#[derive(Debug, Clone, Default)]
pub struct Database {
    pub is_up: bool,
    checkpoints: BTreeMap<Runner, Checkpoint>,
    pub stock: BTreeMap<SkuId, StockRow>,
    pub quotas: BTreeMap<FlashItemId, QuotaRow>,
    pub orders: BTreeMap<OrderId, OrderRow>,
    pub lines: BTreeMap<(OrderId, SkuId), LineChange>,
    pub carts: BTreeMap<UserId, CartRow>,
    limits_returned: BTreeSet<(UserId, ActivityId)>,
    pub ids_next: u64,
    /// Time of the last projected record: the clock of the next life starts no earlier.
    pub last_at: Timestamp,
}

/// A fold whose result the tables take in.
pub trait Projected: Fold {
    const RUNNER: Runner;
    fn write(&self, rows: &mut Database);
}

impl Projected for TradeFold {
    const RUNNER: Runner = Runner::Trade;

    fn write(&self, rows: &mut Database) {
        rows.write_trade(self);
    }
}

impl Projected for CartFold {
    const RUNNER: Runner = Runner::Carts;

    fn write(&self, rows: &mut Database) {
        for (user, change) in self.carts() {
            let row = rows.carts.entry(*user).or_default();
            if change.is_cleared {
                row.lines.clear();
            }
            for (sku, line) in &change.lines {
                match line {
                    Some(line) => drop(row.lines.insert(*sku, *line)),
                    None => drop(row.lines.remove(sku)),
                }
            }
            row.requests.extend(&change.requests);
            let newest = row.requests.last_key_value().map_or(0, |last| *last.0);
            row.requests.retain(|number, _| number + REQUESTS_REMEMBERED > newest);
            row.bought_through = row.bought_through.max(change.bought_through);
            assert!(change.version > row.version, "a cart went back");
            row.version = change.version;
        }
    }
}

impl Database {
    pub fn new(received: &BTreeMap<SkuId, u32>, plans: impl IntoIterator<Item = QuotaCarved>) -> Self {
        let row = |count: u32| StockRow { available: i64::from(count), held: 0, sold: 0, paid: 0, last_adjustment: None };
        let stock = received.iter().map(|(sku, count)| (*sku, row(*count))).collect();
        let quota = |plan| QuotaRow { plan, remaining: 0, held: 0, sold: 0, is_carved: false, is_released: false };
        let quotas = plans.into_iter().map(|plan| (plan.item, quota(plan))).collect();
        Self { is_up: true, stock, quotas, ids_next: 1, ..Self::default() }
    }

    /// Projects a batch and moves the checkpoint; false, with nothing changed, if the checkpoint is not where the batch begins.
    pub fn transact<F: Projected>(&mut self, batch: &Batch, folded: &fold::Batch<F>) -> bool {
        let is_next = self.advance(F::RUNNER, batch);
        if is_next {
            folded.folded().write(self);
            self.last_at = self.last_at.max(folded.through_at());
        }
        is_next
    }

    /// Moves a checkpoint alone.
    pub fn advance(&mut self, runner: Runner, batch: &Batch) -> bool {
        assert!(self.is_up);
        let is_next = self.checkpoint(runner) == batch.from;
        if is_next {
            self.checkpoints.insert(runner, batch.to);
        }
        is_next
    }

    pub fn checkpoint(&self, runner: Runner) -> Option<Checkpoint> {
        self.checkpoints.get(&runner).copied()
    }

    pub fn sequence(&self, runner: Runner) -> Sequence {
        self.checkpoint(runner).map_or(Sequence::ZERO, |checkpoint| checkpoint.sequence)
    }

    fn write_trade(&mut self, trade: &TradeFold) {
        for (sku, change) in trade.skus() {
            let row = self.stock.get_mut(sku).expect("a known SKU");
            row.available += change.available;
            row.held += change.held;
            row.sold += change.sold;
            row.paid += change.paid;
            row.last_adjustment = row.last_adjustment.max(change.last_adjustment);
            assert!(row.available >= 0 && row.held >= 0 && row.sold >= 0 && row.paid >= 0, "a row would be negative: {row:?} {change:?}");
        }
        for (item, change) in trade.items() {
            let row = self.quotas.get_mut(item).expect("a planned item");
            row.remaining += change.remaining;
            row.held += change.held;
            row.sold += change.sold;
            assert!(row.remaining >= 0 && row.held >= 0 && row.sold >= 0, "a row would be negative: {row:?} {change:?}");
            let (is_carved, is_released) = (change.carved_at.is_some(), change.released_at.is_some());
            assert!(!(row.is_carved && is_carved || row.is_released && is_released), "carved or released twice: {row:?}");
            row.is_carved |= is_carved;
            row.is_released |= is_released;
        }
        for new in trade.new_orders() {
            let Standing { version, sequence, .. } = new.progress;
            let row = OrderRow {
                placed: new.placed.clone(),
                at: new.placed_at,
                status: Status::PendingPayment,
                version,
                sequence,
                updated_at: new.placed_at,
                close_reason: None,
                is_hidden: false,
                events: Vec::new(),
                counts: true,
            };
            assert!(self.orders.insert(new.placed.order(), row).is_none(), "an order id was given out twice");
            self.stand(new.placed.order(), &new.progress);
        }
        for (order, change) in trade.changes() {
            let row = self.orders.get(order).expect("an order is placed before it changes");
            // `… WHERE version = n − 1`.
            assert_eq!(row.version, change.from_version, "{order:?}");
            self.stand(*order, &change.progress);
        }
        for event in trade.events() {
            self.orders.get_mut(&event.order).expect("it is placed").events.push(event.clone());
        }
        for (line, change) in trade.lines() {
            let row = self.lines.entry(*line).or_default();
            row.shipped += change.shipped;
            row.refunded += change.refunded;
        }
        self.ids_next = trade.next_id().unwrap_or(self.ids_next);
    }

    fn stand(&mut self, order: OrderId, standing: &Standing) {
        let row = self.orders.get_mut(&order).expect("it is placed");
        row.status = standing.status.unwrap_or(row.status);
        row.version = standing.version;
        row.sequence = standing.sequence;
        row.updated_at = standing.updated_at;
        row.close_reason = standing.close_reason.or(row.close_reason);
        row.is_hidden |= standing.is_hidden;
        if standing.limit_returned {
            row.counts = false;
            let user = row.user();
            let activities = row.lines().into_iter().filter_map(|line| Some(line.flash?.activity));
            self.limits_returned.extend(activities.map(|activity| (user, activity)));
        }
    }

    /// A SKU and the checkpoint, in one read transaction. What can no longer move is not read.
    pub fn load_stock(&self, sku: SkuId) -> (Stock, Sequence) {
        let count = |pieces: i64| u32::try_from(pieces).expect("no count is negative");
        let mut quotas: Vec<FlashQuota> = Vec::new();
        let can_move = |row: &&QuotaRow| row.plan.sku == sku && row.is_carved && (!row.is_released || row.held > 0);
        for row in self.quotas.values().filter(can_move) {
            let mut quota = FlashQuota::restored(&row.plan, count(row.remaining), count(row.held), count(row.sold), row.is_released);
            for row in self.orders.values().filter(|_| !row.is_released) {
                if let Placing::Purchase(placed) = &row.placed
                    && placed.lines[0].flash.is_some_and(|flash| flash.item == quota.item())
                {
                    let receipt = row.order().receipt();
                    quota.restore_order(placed.user, placed.key, placed.body, receipt, placed.lines[0].quantity, row.counts);
                }
            }
            quotas.push(quota);
        }
        let row = self.stock[&sku];
        let (version, quotas) = (self.sequence(Runner::Trade), quotas.into_iter().collect());
        let stock = Stock::new(sku, count(row.available), count(row.held), count(row.sold), version, row.last_adjustment, quotas);
        (stock, version)
    }

    /// The open orders, whose limits were given back, and which requests placed baskets, as at start.
    pub fn load_orders(&self) -> OrderBook {
        let orders = OrderBook::default();
        for row in self.orders.values() {
            let order = row.order();
            let (user, key, body, receipt) = (order.user, order.key, order.body, order.receipt());
            let is_basket = order.basket.is_some();
            if row.status == Status::PendingPayment || order.open_attempt().is_some() {
                orders.shard(user).place(order);
            }
            if is_basket {
                orders.shard(user).remember(user, key, body, receipt);
            }
        }
        for (user, activity) in &self.limits_returned {
            orders.shard(*user).note_limit_returned(*user, *activity);
        }
        orders
    }

    /// A user's order with all that happened to it, and the checkpoint.
    pub fn load_order(&self, user: UserId, order: OrderId) -> (Option<Order>, Sequence) {
        let row = self.orders.get(&order).filter(|row| row.user() == user);
        (row.map(OrderRow::order), self.sequence(Runner::Trade))
    }

    /// A cart and the carts' checkpoint.
    pub fn load_cart(&self, user: UserId) -> (Option<Cart>, Sequence) {
        let restored = self.carts.get(&user).map(|row| {
            let (lines, requests) = (row.lines.values().copied(), row.requests.values().copied());
            Cart::restored(user, lines, requests, row.bought_through, row.version).expect("rows of a cart")
        });
        (restored, self.sequence(Runner::Carts))
    }
}

impl OrderRow {
    pub fn user(&self) -> UserId {
        match &self.placed {
            Placing::Purchase(placed) => placed.user,
            Placing::Basket(placed) => placed.user,
        }
    }

    pub fn lines(&self) -> Lines {
        self.placed.lines()
    }

    /// As the server puts it together: the order as it was placed, then its payment, parcels and refunds.
    pub fn order(&self) -> Order {
        let mut order = match &self.placed {
            Placing::Purchase(placed) => Order::placed(self.sequence, self.at, placed),
            Placing::Basket(placed) => Order::basket_placed(self.sequence, self.at, placed),
        };
        let payment = self.events.iter().find_map(|event| match &event.what {
            Happened::Paid(payment) => payment.clone(),
            Happened::Traded(trade) => Some(trade.payment()),
            _ => None,
        });
        order.paying = self.paying().map(Box::new);
        if payment.is_some() {
            order.status = Status::Paid;
            let parts = self.events.iter().filter_map(|event| match &event.what {
                Happened::Shipped(None) => Some((event.at, Part::Whole)),
                Happened::Shipped(Some(parcel)) => Some((event.at, Part::Parcel(parcel.clone()))),
                Happened::Refunded(refund) => Some((event.at, Part::Refund(refund.clone()))),
                _ => None,
            });
            order.progress = Some(Box::new(Progress::restored(&order, payment, parts)));
        }
        order.status = self.status;
        order.version = self.version;
        order.updated_at = self.updated_at;
        order.close_reason = self.close_reason;
        order.is_hidden = self.is_hidden;
        order
    }

    /// Attempts to pay it, and what came of them; none if nobody has tried.
    fn paying(&self) -> Option<Paying> {
        let mut paying = Paying::default();
        for event in &self.events {
            let (settled, state) = match &event.what {
                Happened::PaymentStarted(number, expires_at) => {
                    let (number, started_at, expires_at) = (number.attempt, event.at, *expires_at);
                    paying.attempts.push(Attempt { number, started_at, expires_at, state: AttemptState::Open });
                    continue;
                }
                Happened::PaymentEnded(number) => (*number, AttemptState::Ended),
                Happened::Traded(trade) => {
                    paying.taken = Some((**trade).clone());
                    (trade.attempt, AttemptState::Paid)
                }
                Happened::Strayed(why, trade) => {
                    paying.strays.push((event.at, *why, (**trade).clone()));
                    (trade.attempt, AttemptState::Paid)
                }
                _ => continue,
            };
            paying.attempts.iter_mut().filter(|attempt| attempt.number == settled).for_each(|attempt| attempt.state = state);
        }
        (!paying.attempts.is_empty()).then_some(paying)
    }
}
