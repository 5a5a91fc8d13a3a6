//! A shop of one SKU for property tests: drives the pure machines as the actors do, and keeps every record.
//! Not here: durability, concurrency, crashes (`simulation`).

use std::collections::BTreeMap;

use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AdjustmentId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{
    CloseReason, Line, Lines, OrderClosed, OrderCommand, OrderFact, OrderMoved, OrderPaid, OrderPlaced, OrderShard, Status,
};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::refusal::Refusal;
use mallcore_actors::stock::adjustment::{Delta, Operator, PIECES_MAX, Reason};
use mallcore_actors::stock::{Adjusting, Adjustment, Buy, Change, FlashQuota, Purchase, QuotaCarved, QuotaPlan, Receipt, Stock, StockFact};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

pub const SKU: u64 = 1;
pub const ACTIVITY: u64 = 9;
pub const RECEIVED: u32 = 40;
pub const UNPAID_MAX: u32 = 3;
pub const PAY_WINDOW_MILLIS: u64 = 300;
pub const STARTS_AT: u64 = 1_000;
pub const ENDS_AT: u64 = 3_000;
pub const USERS: u64 = 4;
pub const ITEMS: u64 = 2;

/// What may happen in the shop.
#[derive(Debug, Clone)]
pub enum Step {
    Carve { item: u64, quota: u32, limit: u32 },
    Release { item: u64 },
    Buy { user: u64, item: u64, pieces: u32, key: u8, body: u8 },
    Ask { nth: usize, command: OrderCommand },
    CloseDue,
    Adjust { id: u64, change: Adjust },
    Wait { millis: u64 },
}

/// A command of the shop's people; `To` may have looked at the newest counts or at older ones.
#[derive(Debug, Clone, Copy)]
pub enum Adjust {
    By(i32),
    To { pieces: u32, looked_records_ago: u64 },
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let command = prop_oneof![
        Just(OrderCommand::Pay),
        Just(OrderCommand::Ship),
        Just(OrderCommand::Complete),
        Just(OrderCommand::Close(CloseReason::Cancelled)),
        Just(OrderCommand::Close(CloseReason::TimedOut)),
    ];
    let step = prop_oneof![
        1 => (1..=ITEMS, 0..30u32, 1..6u32).prop_map(|(item, quota, limit)| Step::Carve { item, quota, limit }),
        1 => (1..=ITEMS).prop_map(|item| Step::Release { item }),
        8 => (1..=USERS, 1..=ITEMS, 1..5u32, 0..6u8, 0..10u8)
            .prop_map(|(user, item, pieces, key, body)| Step::Buy { user, item, pieces, key, body: u8::from(body == 0) }),
        5 => (any::<prop::sample::Index>(), command).prop_map(|(nth, command)| Step::Ask { nth: nth.index(1 << 20), command }),
        2 => Just(Step::CloseDue),
        2 => (1..40u64, adjust()).prop_map(|(id, change)| Step::Adjust { id, change }),
        2 => (0..500u64).prop_map(|millis| Step::Wait { millis }),
    ];
    let carve = (10..30u32, 1..6u32).prop_map(|(quota, limit)| Step::Carve { item: 1, quota, limit });
    (carve, prop::collection::vec(step, 1..120)).prop_map(|(carve, steps)| {
        let opening = [carve, Step::Wait { millis: STARTS_AT }];
        opening.into_iter().chain(steps).collect()
    })
}

fn adjust() -> impl Strategy<Value = Adjust> {
    let most = PIECES_MAX as i32;
    let by = prop_oneof![4 => -50..50i32, 1 => prop_oneof![Just(most), Just(-most), -most..=most]];
    prop_oneof![
        3 => by.prop_map(Adjust::By),
        2 => (prop_oneof![0..60u32, 0..=u32::MAX], 0..2u64).prop_map(|(pieces, looked_records_ago)| Adjust::To { pieces, looked_records_ago }),
    ]
}

pub fn adjustment(id: u64, change: Change) -> Adjustment {
    let (reason, operator) = (Reason::parse("盘点").unwrap(), Operator::parse("小王").unwrap());
    Adjustment { id: AdjustmentId::new(id).unwrap(), change, reason, operator }
}

/// The shop: live state, its journal, and what was answered.
pub struct Shop {
    pub stock: Stock,
    pub orders: OrderShard,
    pub journal: Vec<Record>,
    pub now: Timestamp,
    /// Every order ever placed, oldest first.
    pub placed: Vec<(UserId, OrderId)>,
    /// Pieces received at the opening and since.
    pub received: i64,
}

/// How a step was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Bought { command: Buy, receipt: Receipt },
    Repeated { command: Buy, receipt: Receipt },
    NotBought { command: Buy, refusal: Refusal },
    Adjusted { id: AdjustmentId, answer: Result<Adjusting, Refusal> },
    Other,
}

pub fn pieces(count: u32) -> Quantity {
    Quantity::new(count).unwrap()
}

pub fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

pub fn item(id: u64) -> FlashItemId {
    FlashItemId::new(id).unwrap()
}

pub fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

pub fn buy_command(user_id: u64, item_id: u64, count: u32, key: u8, body: u8) -> Buy {
    Buy {
        item: item(item_id),
        user: user(user_id),
        quantity: pieces(count),
        key: KeyHash::from_bytes([key; 16]),
        body: BodyFingerprint::from_u64(u64::from(body) << 32 | u64::from(count)),
        address: None,
    }
}

pub fn new_stock() -> Stock {
    Stock::new(SkuId::new(SKU).unwrap(), RECEIVED, 0, 0, Sequence::ZERO, None, Default::default())
}

impl Shop {
    pub fn new() -> Self {
        Self {
            stock: new_stock(),
            orders: OrderShard::default(),
            journal: Vec::new(),
            now: Timestamp::default(),
            placed: Vec::new(),
            received: i64::from(RECEIVED),
        }
    }

    pub fn run(&mut self, step: &Step) -> Outcome {
        match *step {
            Step::Wait { millis } => self.now = self.now.plus_millis(millis),
            Step::Carve { item, quota, limit } => {
                if let Ok(Some(carved)) = self.stock.decide_carve(&plan(item, quota, limit), self.now) {
                    self.record(StockFact::QuotaCarved(carved));
                }
            }
            Step::Release { item: id } => {
                if let Ok(Some(released)) = self.stock.decide_release(item(id), self.now) {
                    self.record(StockFact::QuotaReleased(released));
                }
            }
            Step::Buy { user, item, pieces, key, body } => return self.buy(buy_command(user, item, pieces, key, body)),
            Step::Ask { nth, command } => {
                if !self.placed.is_empty() {
                    let (user, order) = self.placed[nth % self.placed.len()];
                    let _refused = self.ask(user, order, command);
                }
            }
            Step::Adjust { id, change } => return self.adjust(id, change),
            Step::CloseDue => {
                for due in self.orders.take_due(self.now, 100) {
                    self.ask(due.user, due.order, OrderCommand::Close(CloseReason::TimedOut))
                        .expect("a due order that is open can be closed");
                }
            }
        }
        Outcome::Other
    }

    fn adjust(&mut self, id: u64, change: Adjust) -> Outcome {
        let change = match change {
            Adjust::By(delta) => match Delta::new(delta) {
                Ok(delta) => Change::By(delta),
                Err(_) => return Outcome::Other,
            },
            Adjust::To { pieces, looked_records_ago } => {
                Change::To { pieces, expected: Sequence(self.stock.version().0.saturating_sub(looked_records_ago)) }
            }
        };
        let command = adjustment(id, change);
        let answer = self.stock.decide_adjust(&command);
        if let Ok(Adjusting::Fresh(adjusted)) = &answer {
            self.received += i64::from(adjusted.delta.get());
            self.record(StockFact::Adjusted(adjusted.clone()));
        }
        Outcome::Adjusted { id: command.id, answer }
    }

    pub fn buy(&mut self, command: Buy) -> Outcome {
        let (line, payable) = match self.stock.decide_buy(&command, self.now) {
            Ok(Purchase::Repeat(receipt)) => return Outcome::Repeated { command, receipt },
            Ok(Purchase::Fresh(line, payable)) => (line, payable),
            Err(refusal) => return Outcome::NotBought { command, refusal },
        };
        if let Err(refusal) = self.orders.admit(command.user, UNPAID_MAX) {
            return Outcome::NotBought { command, refusal };
        }
        let order = OrderId::new(self.placed.len() as u64 + 1).unwrap();
        let expires_at = self.now.plus_millis(PAY_WINDOW_MILLIS);
        let no = OrderNo::new(order, self.now, 7);
        let (user, key, body) = (command.user, command.key, command.body);
        let lines = Lines::from([line]);
        let sequence =
            self.record(OrderFact::Placed(OrderPlaced { order, no, user, lines, payable, expires_at, key, body, address: None }));
        self.placed.push((command.user, order));
        Outcome::Bought { command, receipt: Receipt { order, no, payable, placed_at: self.now, expires_at, sequence } }
    }

    /// Asks something of an order, as the actors do: where it goes is the order's affair, what it moves the stock's.
    pub fn ask(&mut self, user: UserId, order: OrderId, command: OrderCommand) -> Result<Status, Refusal> {
        let found = self.orders.order(user, order).ok_or(Refusal::UnknownOrder)?;
        let status = found.decide(command, self.now)?;
        let (version, lines) = (found.version + 1, found.lines.clone());
        let fact = match command {
            OrderCommand::Pay => OrderFact::Paid(OrderPaid { order, user, version, lines }),
            OrderCommand::Ship => OrderFact::Shipped(OrderMoved { order, user, version }),
            OrderCommand::Complete => OrderFact::Completed(OrderMoved { order, user, version }),
            OrderCommand::Close(reason) => {
                let limit_returned =
                    lines.iter().filter_map(|line| line.flash).all(|flash| self.orders.gives_limit_back(user, flash.activity));
                let returns = lines.iter().map(|line: &Line| self.stock.returns(*line)).collect();
                OrderFact::Closed(OrderClosed { order, user, version, reason, returns, limit_returned })
            }
        };
        self.record(fact);
        Ok(status)
    }

    fn record(&mut self, fact: impl Into<Fact>) -> Sequence {
        let sequence = Sequence(self.journal.len() as u64 + 1);
        let record = Record::system(self.now, fact);
        self.stock.apply(sequence, self.now, &record.fact);
        self.orders.apply(sequence, self.now, &record.fact);
        self.journal.push(record);
        sequence
    }
}

pub fn plan(item_id: u64, quota: u32, limit_per_user: u32) -> QuotaPlan {
    QuotaPlan {
        item: item(item_id),
        activity: ActivityId::new(ACTIVITY).unwrap(),
        quota,
        limit_per_user,
        unit_price: fen(199),
        starts_at: Timestamp::from_millis(STARTS_AT),
        ends_at: Timestamp::from_millis(ENDS_AT),
    }
}

/// The rows that a database would have after a prefix of the journal, made without the machines' help.
#[derive(Default)]
pub struct Rows {
    carved: Vec<(QuotaCarved, u32, u32, u32, bool)>,
    available: i64,
    last_adjustment: Option<AdjustmentId>,
    orders: BTreeMap<OrderId, Row>,
    limits_returned: Vec<(UserId, ActivityId)>,
}

struct Row {
    sequence: Sequence,
    at: Timestamp,
    placed: OrderPlaced,
    status: Status,
    version: u32,
    counts: bool,
}

impl Rows {
    pub fn of(prefix: &[Record]) -> Self {
        let mut rows = Self { available: i64::from(RECEIVED), ..Self::default() };
        for (index, record) in prefix.iter().enumerate() {
            rows.project(Sequence(index as u64 + 1), record);
        }
        rows
    }

    fn project(&mut self, sequence: Sequence, record: &Record) {
        match &record.fact {
            Fact::Stock(StockFact::QuotaCarved(carved)) => {
                self.available -= i64::from(carved.quota);
                self.carved.push((carved.clone(), carved.quota, 0, 0, false));
            }
            Fact::Stock(StockFact::QuotaReleased(released)) => {
                self.available += i64::from(released.pieces);
                let quota = self.carved.iter_mut().find(|quota| quota.0.item == released.item).expect("carved before");
                (quota.1, quota.4) = (quota.1 - released.pieces, true);
            }
            Fact::Orders(OrderFact::Placed(placed)) => {
                let quota = self.quota(placed.lines[0]);
                quota.1 -= placed.lines[0].quantity.get();
                quota.2 += placed.lines[0].quantity.get();
                let row = Row {
                    sequence,
                    at: record.header.at,
                    placed: placed.clone(),
                    status: Status::PendingPayment,
                    version: 1,
                    counts: true,
                };
                self.orders.insert(placed.order, row);
            }
            Fact::Orders(OrderFact::Paid(paid)) => {
                let quota = self.quota(paid.lines[0]);
                quota.2 -= paid.lines[0].quantity.get();
                quota.3 += paid.lines[0].quantity.get();
                self.order(paid.order, Status::Paid);
            }
            Fact::Orders(OrderFact::Shipped(moved)) => self.order(moved.order, Status::Shipped),
            Fact::Orders(OrderFact::Completed(moved)) => self.order(moved.order, Status::Completed),
            Fact::Orders(OrderFact::Closed(closed)) => {
                let back = closed.returns[0];
                let count = back.line.quantity.get();
                let quota = self.quota(back.line);
                quota.2 -= count;
                if back.to_quota {
                    quota.1 += count;
                } else {
                    self.available += i64::from(count);
                }
                self.order(closed.order, Status::Closed);
                if closed.limit_returned {
                    self.orders.get_mut(&closed.order).expect("placed before").counts = false;
                    self.limits_returned.push((closed.user, back.line.flash.expect("a flash line").activity));
                }
            }
            Fact::Stock(StockFact::Adjusted(adjusted)) => {
                self.available += i64::from(adjusted.delta.get());
                self.last_adjustment = Some(adjusted.adjustment);
            }
            Fact::Ids(_) => {}
            other => panic!("this shop sells flash items only: {other:?}"),
        }
    }

    fn quota(&mut self, line: Line) -> &mut (QuotaCarved, u32, u32, u32, bool) {
        let flash = line.flash.expect("a flash line");
        self.carved.iter_mut().find(|quota| quota.0.item == flash.item).expect("carved before")
    }

    fn order(&mut self, order: OrderId, status: Status) {
        let row = self.orders.get_mut(&order).expect("placed before");
        (row.status, row.version) = (status, row.version + 1);
    }

    /// What activation makes of the rows.
    pub fn load(&self, checkpoint: Sequence) -> (Stock, OrderShard) {
        let mut orders = OrderShard::default();
        let mut quotas: Vec<FlashQuota> = self
            .carved
            .iter()
            .map(|(carved, remaining, held, sold, released)| FlashQuota::restored(carved, *remaining, *held, *sold, *released))
            .collect();
        for row in self.orders.values() {
            let placed = &row.placed;
            let line = placed.lines[0];
            let quota = quotas.iter_mut().find(|quota| Some(quota.item()) == line.flash.map(|flash| flash.item)).expect("carved before");
            let receipt = Receipt {
                order: placed.order,
                no: placed.no,
                payable: placed.payable,
                placed_at: row.at,
                expires_at: placed.expires_at,
                sequence: row.sequence,
            };
            if !quota.released() {
                quota.restore_order(placed.user, placed.key, placed.body, receipt, line.quantity, row.counts);
            }
            let mut order = mallcore_actors::orders::Order::placed(row.sequence, row.at, placed);
            (order.status, order.version) = (row.status, row.version);
            orders.place(order);
        }
        for (user, activity) in &self.limits_returned {
            orders.note_limit_returned(*user, *activity);
        }
        let available = u32::try_from(self.available).expect("never oversold");
        let (sku, quotas) = (SkuId::new(SKU).unwrap(), quotas.into_iter().collect());
        (Stock::new(sku, available, 0, 0, checkpoint, self.last_adjustment, quotas), orders)
    }
}
