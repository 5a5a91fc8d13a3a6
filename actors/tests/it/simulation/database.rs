//! The model database: rows, and transactions that happen whole or not at all. It outlives processes.

use std::collections::{BTreeMap, BTreeSet};

use mallcore_actors::checkpoint::{Batch, Checkpoint};
use mallcore_actors::facts::Record;
use mallcore_actors::ids::{ActivityId, AdjustmentId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::{IdsFact, Line, Order, OrderBook, OrderFact, OrderPlaced, Status};
use mallcore_actors::stock::{FlashQuota, QuotaCarved, Receipt, Stock, StockFact};
use mallcore_actors::time::Timestamp;

/// A SKU's row: pieces available, held, sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockRow {
    pub available: i64,
    pub held: i64,
    pub sold: i64,
    pub last_adjustment: Option<AdjustmentId>,
}

/// A flash item's row.
#[derive(Debug, Clone)]
pub struct QuotaRow {
    pub carved: QuotaCarved,
    pub remaining: i64,
    pub held: i64,
    pub sold: i64,
    pub released: bool,
}

/// An order's row.
#[derive(Debug, Clone)]
pub struct OrderRow {
    pub placed: OrderPlaced,
    pub at: Timestamp,
    pub sequence: Sequence,
    pub status: Status,
    pub version: u32,
    /// Its pieces count towards the purchase limit.
    pub counts: bool,
}

/// The tables.
#[derive(Debug, Clone, Default)]
pub struct Database {
    pub is_up: bool,
    pub checkpoint: Option<Checkpoint>,
    pub stock: BTreeMap<SkuId, StockRow>,
    pub quotas: BTreeMap<FlashItemId, QuotaRow>,
    pub orders: BTreeMap<OrderId, OrderRow>,
    pub limits_returned: BTreeSet<(UserId, ActivityId)>,
    pub ids_next: u64,
    /// Time of the last projected record: the clock of the next life starts no earlier.
    pub last_at: Timestamp,
}

impl Database {
    pub fn new(received: &BTreeMap<SkuId, u32>) -> Self {
        let stock = received
            .iter()
            .map(|(sku, count)| (*sku, StockRow { available: i64::from(*count), held: 0, sold: 0, last_adjustment: None }))
            .collect();
        Self { is_up: true, stock, ids_next: 1, ..Self::default() }
    }

    /// Projects a batch and moves the checkpoint; false, with nothing changed, if the checkpoint is not where the batch begins.
    pub fn transact(&mut self, batch: &Batch, records: &[(Sequence, Record)]) -> bool {
        assert!(self.is_up);
        if self.checkpoint != batch.from {
            return false;
        }
        for (sequence, record) in records {
            self.project(*sequence, record);
            self.last_at = record.header.at;
        }
        self.checkpoint = Some(batch.to);
        true
    }

    pub fn sequence(&self) -> Sequence {
        self.checkpoint.map_or(Sequence::ZERO, |checkpoint| checkpoint.sequence)
    }

    fn project(&mut self, sequence: Sequence, record: &Record) {
        match &record.fact {
            Fact::Ids(IdsFact::Reserved(ids)) => self.ids_next = ids.first + u64::from(ids.count),
            Fact::Stock(StockFact::QuotaCarved(carved)) => {
                self.stock(carved.sku).available -= i64::from(carved.quota);
                let row = QuotaRow { carved: carved.clone(), remaining: i64::from(carved.quota), held: 0, sold: 0, released: false };
                assert!(self.quotas.insert(carved.item, row).is_none(), "{sequence}: carved twice");
            }
            Fact::Stock(StockFact::QuotaReleased(released)) => {
                self.stock(released.sku).available += i64::from(released.pieces);
                let row = self.quota(released.item);
                row.remaining -= i64::from(released.pieces);
                assert!(!std::mem::replace(&mut row.released, true), "{sequence}: released twice");
            }
            Fact::Orders(OrderFact::Placed(placed)) => {
                placed.lines.iter().for_each(|line| self.shift(line, [-1, 1, 0]));
                let row = OrderRow {
                    placed: placed.clone(),
                    at: record.header.at,
                    sequence,
                    status: Status::PendingPayment,
                    version: 1,
                    counts: true,
                };
                assert!(self.orders.insert(placed.order, row).is_none(), "{sequence}: an order id was given out twice");
            }
            Fact::Orders(OrderFact::Paid(paid)) => {
                paid.lines.iter().for_each(|line| self.shift(line, [0, -1, 1]));
                self.order(paid.order, paid.version, Status::Paid);
            }
            Fact::Orders(OrderFact::Shipped(moved)) => self.order(moved.order, moved.version, Status::Shipped),
            Fact::Orders(OrderFact::Completed(moved)) => self.order(moved.order, moved.version, Status::Completed),
            Fact::Stock(StockFact::Adjusted(adjusted)) => {
                let row = self.stock(adjusted.sku);
                row.available += i64::from(adjusted.delta.get());
                row.last_adjustment = Some(adjusted.adjustment);
                assert!(row.available >= 0, "{sequence}: {adjusted:?} took away more than there was");
            }
            Fact::Orders(OrderFact::Closed(closed)) => {
                for back in &closed.returns {
                    self.shift(&back.line, [i64::from(back.to_quota || back.line.flash.is_none()), -1, 0]);
                    if back.line.flash.is_some() && !back.to_quota {
                        self.stock(back.line.sku).available += i64::from(back.line.quantity.get());
                    }
                    if let (true, Some(flash)) = (closed.limit_returned, back.line.flash) {
                        self.limits_returned.insert((closed.user, flash.activity));
                    }
                }
                self.order(closed.order, closed.version, Status::Closed);
                if closed.limit_returned
                    && let Some(row) = self.orders.get_mut(&closed.order)
                {
                    row.counts = false;
                }
            }
            #[allow(unreachable_patterns, reason = "there is another as soon as a family has more facts")]
            other => panic!("{sequence}: the model has no rows for {other:?}"),
        }
    }

    /// Moves a line's pieces between left, held, sold.
    fn shift(&mut self, line: &Line, by: [i64; 3]) {
        let pieces = i64::from(line.quantity.get());
        let [left, held, sold] = match line.flash {
            Some(flash) => {
                let row = self.quota(flash.item);
                [&mut row.remaining, &mut row.held, &mut row.sold]
            }
            None => {
                let row = self.stock(line.sku);
                [&mut row.available, &mut row.held, &mut row.sold]
            }
        };
        *left += by[0] * pieces;
        *held += by[1] * pieces;
        *sold += by[2] * pieces;
        assert!(*left >= 0 && *held >= 0 && *sold >= 0, "a row would be negative: {line:?}");
    }

    /// `… WHERE version = n − 1`.
    fn order(&mut self, order: OrderId, version: u32, status: Status) {
        let row = self.orders.get_mut(&order).expect("an order is placed before it changes");
        assert_eq!(row.version, version - 1, "{order:?}");
        (row.version, row.status) = (version, status);
    }

    fn stock(&mut self, sku: SkuId) -> &mut StockRow {
        self.stock.get_mut(&sku).expect("a known SKU")
    }

    fn quota(&mut self, item: FlashItemId) -> &mut QuotaRow {
        self.quotas.get_mut(&item).expect("carved before")
    }

    /// A SKU and the checkpoint, in one read transaction.
    pub fn load_stock(&self, sku: SkuId) -> (Stock, Sequence) {
        let count = |pieces: i64| u32::try_from(pieces).expect("no count is negative");
        let mut quotas: Vec<FlashQuota> = Vec::new();
        for row in self.quotas.values().filter(|row| row.carved.sku == sku) {
            let mut quota = FlashQuota::restored(&row.carved, count(row.remaining), count(row.held), count(row.sold), row.released);
            let of_item = |line: &Line| line.flash.is_some_and(|flash| flash.item == row.carved.item);
            for order in self.orders.values().filter(|order| !row.released && order.placed.lines.iter().any(of_item)) {
                let placed = &order.placed;
                let receipt = Receipt {
                    order: placed.order,
                    no: placed.no,
                    payable: placed.payable,
                    placed_at: order.at,
                    expires_at: placed.expires_at,
                    sequence: order.sequence,
                };
                quota.restore_order(placed.user, placed.key, placed.body, receipt, placed.lines[0].quantity, order.counts);
            }
            quotas.push(quota);
        }
        let row = self.stock[&sku];
        let (version, quotas) = (self.sequence(), quotas.into_iter().collect());
        let stock = Stock::new(sku, count(row.available), count(row.held), count(row.sold), version, row.last_adjustment, quotas);
        (stock, self.sequence())
    }

    /// The open orders and whose limits were given back, as at start.
    pub fn load_orders(&self) -> OrderBook {
        let orders = OrderBook::default();
        for row in self.orders.values().filter(|row| row.status == Status::PendingPayment) {
            orders.shard(row.placed.user).place(Order::placed(row.sequence, row.at, &row.placed));
        }
        for (user, activity) in &self.limits_returned {
            orders.shard(*user).note_limit_returned(*user, *activity);
        }
        orders
    }
}
