//! A shop of three SKUs and a flash item for tests of an order's life: drives the pure machines as the shells do, and keeps every record.

use std::collections::BTreeMap;

use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::BodyFingerprint;
use mallcore_actors::ids::{ActivityId, FlashItemId, OrderId, SkuId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::order_no::{OrderNo, Partition};
use mallcore_actors::orders::{
    AttemptNumber, Basket, CloseReason, Decided, Order, OrderClosed, OrderCommand, OrderFact, OrderPlaced, OrderShard, ReceivedBy, Status,
    TakenIn, Trade, Transaction,
};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::stock::{Buy, Purchase, QuotaPlan, Stock, StockFact};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;
use smallvec::SmallVec;

use crate::baskets::{fen, key, line, parcel, payment, pieces, refund, sku, user};

pub const SKUS: u64 = 3;
pub const RECEIVED: u32 = 60;
pub const PAY_WINDOW_MILLIS: u64 = 500;
pub const WEEK_MILLIS: u64 = 7_000;
pub const FLASH_SKU: u64 = 1;
pub const FLASH_QUOTA: u32 = 20;

/// What may happen; SKUs and orders are chosen by number, modulo what there is.
#[derive(Debug, Clone)]
pub enum Step {
    Place { lines: Vec<(u64, u32, u64, u64)>, freight: u64 },
    Flash { count: u32 },
    Pay { nth: usize, payment: u64, short: bool },
    Ship { nth: usize, key: u64, pieces: Vec<(u64, u32)> },
    Complete { nth: usize, by_time: bool },
    Refund { nth: usize, id: u64, pieces: Vec<(u64, u32)>, freight: u64, restock: bool },
    StartPayment { nth: usize },
    EndPayment { nth: usize, attempt: u8 },
    Take { nth: usize, attempt: u8, short: bool },
    Hide { nth: usize },
    Close { nth: usize, timed_out: bool },
    Release,
    ForgetQuota,
    LeaveAndReturn,
    Wait { millis: u64 },
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || prop::collection::vec((1..=SKUS, 1..4u32), 0..4);
    let nth = || 0..1_000usize;
    let step = prop_oneof![
        3 => (prop::collection::vec((1..=SKUS, 1..5u32, 0..1_000u64, 0..300u64), 1..4), 0..900u64)
            .prop_map(|(lines, freight)| Step::Place { lines, freight }),
        2 => (1..4u32).prop_map(|count| Step::Flash { count }),
        6 => (nth(), 0..40u64, prop::bool::weighted(0.1)).prop_map(|(nth, payment, short)| Step::Pay { nth, payment, short }),
        5 => (nth(), 0..30u64, some()).prop_map(|(nth, key, pieces)| Step::Ship { nth, key, pieces }),
        3 => (nth(), any::<bool>()).prop_map(|(nth, by_time)| Step::Complete { nth, by_time }),
        8 => (nth(), 0..60u64, some(), prop_oneof![2 => Just(0), 1 => 0..400u64], any::<bool>())
            .prop_map(|(nth, id, pieces, freight, restock)| Step::Refund { nth, id, pieces, freight, restock }),
        3 => nth().prop_map(|nth| Step::StartPayment { nth }),
        1 => (nth(), 1..3u8).prop_map(|(nth, attempt)| Step::EndPayment { nth, attempt }),
        3 => (nth(), 1..3u8, prop::bool::weighted(0.1)).prop_map(|(nth, attempt, short)| Step::Take { nth, attempt, short }),
        1 => nth().prop_map(|nth| Step::Hide { nth }),
        2 => (nth(), any::<bool>()).prop_map(|(nth, timed_out)| Step::Close { nth, timed_out }),
        1 => Just(Step::Release),
        1 => Just(Step::ForgetQuota),
        2 => Just(Step::LeaveAndReturn),
        2 => (0..3_000u64).prop_map(|millis| Step::Wait { millis }),
    ];
    prop::collection::vec(step, 1..150)
}

/// Orders and stock, live; the journal; and an "own database" that is folded from the journal and forgets nothing.
pub struct World {
    pub orders: OrderShard,
    pub database: OrderShard,
    pub stocks: BTreeMap<SkuId, Stock>,
    pub journal: Vec<(Timestamp, Fact)>,
    pub ids: Vec<OrderId>,
    pub now: Timestamp,
    pub money_in: BTreeMap<OrderId, u64>,
    pub money_out: BTreeMap<OrderId, u64>,
}

pub fn stocks() -> BTreeMap<SkuId, Stock> {
    (1..=SKUS).map(|id| (sku(id), Stock::new(sku(id), RECEIVED, 0, 0, Sequence::ZERO, None, SmallVec::new()))).collect()
}

pub fn item() -> FlashItemId {
    FlashItemId::new(1).unwrap()
}

impl World {
    pub fn new() -> Self {
        let mut world = Self {
            orders: OrderShard::default(),
            database: OrderShard::default(),
            stocks: stocks(),
            journal: Vec::new(),
            ids: Vec::new(),
            now: Timestamp::from_millis(1_000),
            money_in: BTreeMap::new(),
            money_out: BTreeMap::new(),
        };
        let plan = QuotaPlan {
            item: item(),
            activity: ActivityId::new(1).unwrap(),
            quota: FLASH_QUOTA,
            limit_per_user: 100,
            unit_price: fen(333),
            starts_at: Timestamp::default(),
            ends_at: Timestamp::MAX,
        };
        let carved = world.stocks[&sku(FLASH_SKU)].decide_carve(&plan, world.now).unwrap().unwrap();
        world.commit(Fact::Stock(StockFact::QuotaCarved(carved)));
        world
    }

    /// Through its bytes, as the journal keeps it.
    pub fn commit(&mut self, fact: Fact) {
        let record = Record::system(self.now, fact);
        let mut bytes = Vec::new();
        record.encode_into(&mut bytes);
        let record = Record::decode(&bytes).unwrap();
        assert_eq!(record.header.at, self.now);
        let sequence = Sequence(self.journal.len() as u64 + 1);
        self.orders.apply(sequence, self.now, &record.fact);
        self.database.apply(sequence, self.now, &record.fact);
        self.stocks.values_mut().for_each(|stock| stock.apply(sequence, self.now, &record.fact));
        match &record.fact {
            Fact::Orders(OrderFact::TradeTaken(paid)) => *self.money_in.entry(paid.taken.order).or_default() += paid.trade().amount.fen(),
            Fact::Orders(OrderFact::PaymentTaken(paid)) => *self.money_in.entry(paid.order).or_default() += paid.payment.amount.fen(),
            Fact::Orders(OrderFact::Refunded(refunded)) => {
                *self.money_out.entry(refunded.order).or_default() += refunded.refund.amount().unwrap().fen();
            }
            _ => {}
        }
        self.journal.push((self.now, record.fact));
    }

    pub fn order(&self, id: OrderId) -> &Order {
        self.orders.order(user(1), id).unwrap()
    }

    pub fn place(&mut self, lines: &[(u64, u32, u64, u64)], freight: u64) {
        let mut by_sku = BTreeMap::new();
        for &(id, count, price, discount) in lines {
            by_sku.insert(id, line(id, count, price, discount.min(price * u64::from(count))));
        }
        if by_sku.values().any(|line| self.stocks[&line.sku].available() < line.quantity.get()) {
            return;
        }
        let number = self.ids.len() as u64 + 1;
        let request = (key(number), BodyFingerprint::from_u64(number));
        let basket = Basket::new(user(1), by_sku.into_values().collect(), fen(freight), request).unwrap();
        let id = OrderId::new(number).unwrap();
        let no = OrderNo::in_partition(Partition::ONLY, id, self.now, number);
        self.ids.push(id);
        self.commit(Fact::Orders(OrderFact::BasketPlaced(basket.placed(id, no, self.now.plus_millis(PAY_WINDOW_MILLIS)))));
        assert_eq!(self.orders.answered(user(1), request.0, request.1), Some(Ok(self.order(id).receipt())));
    }

    pub fn flash(&mut self, count: u32) {
        let number = self.ids.len() as u64 + 1;
        let (key, body) = (key(number), BodyFingerprint::from_u64(number));
        let buy = Buy { item: item(), user: user(1), quantity: pieces(count), key, body, address: None };
        let Ok(Purchase::Fresh(line, payable)) = self.stocks[&sku(FLASH_SKU)].decide_buy(&buy, self.now) else { return };
        let id = OrderId::new(number).unwrap();
        self.ids.push(id);
        let no = OrderNo::in_partition(Partition::ONLY, id, self.now, number);
        let expires_at = self.now.plus_millis(PAY_WINDOW_MILLIS);
        let lines = SmallVec::from([line]);
        let placed = OrderPlaced { order: id, no, user: user(1), lines, payable, expires_at, key, body, address: None };
        self.commit(Fact::Orders(OrderFact::Placed(placed)));
    }

    pub fn decide(&mut self, nth: usize, decide: impl Fn(&Order, Timestamp) -> Result<Decided, Refusal>) {
        let Some(&id) = self.ids.get(nth % self.ids.len().max(1)) else { return };
        match decide(self.order(id), self.now) {
            Ok(Decided::Fresh(fact)) => {
                self.commit(Fact::Orders(fact));
                assert_eq!(decide(self.order(id), self.now), Ok(Decided::Repeat), "what was recorded is a repeat");
            }
            Ok(Decided::Repeat) | Err(_) => {}
        }
    }

    pub fn run(&mut self, step: &Step) {
        match step {
            Step::Place { lines, freight } => self.place(lines, *freight),
            Step::Flash { count } => self.flash(*count),
            Step::Pay { nth, payment: id, short } => self.decide(*nth, |order, now| {
                let short = if *short { 1 } else { 0 };
                order.decide_pay(&payment(id + 1, fen(order.payable.fen().saturating_sub(short))), now)
            }),
            Step::Ship { nth, key, pieces } => {
                self.decide(*nth, |order, now| order.decide_ship(&parcel(*key, &spread(order, pieces)), now))
            }
            Step::Complete { nth, by_time } => self.decide(*nth, |order, now| {
                order.decide_complete(if *by_time { ReceivedBy::Time { after_millis: WEEK_MILLIS } } else { ReceivedBy::Shopper }, now)
            }),
            Step::Refund { nth, id, pieces, freight, restock } => {
                self.decide(*nth, |order, now| order.decide_refund(&refund(id + 1, &spread(order, pieces), *freight, *restock), now))
            }
            Step::StartPayment { nth } => self.decide(*nth, |order, now| order.decide_start(now)),
            Step::EndPayment { nth, attempt } => self.decide(*nth, |order, _| order.decide_end(AttemptNumber::try_from(*attempt).unwrap())),
            Step::Take { nth, attempt, short } => self.decide(*nth, |order, now| {
                let short = if *short { 1 } else { 0 };
                let trade = Trade {
                    attempt: AttemptNumber::try_from(*attempt).unwrap(),
                    transaction: Transaction::parse(&format!("42000{}{attempt}", order.id)).unwrap(),
                    amount: fen(order.payable.fen().saturating_sub(short)),
                    payer: None,
                    paid_at: Timestamp::from_millis(1),
                };
                order.decide_take(&trade, now)
            }),
            Step::Hide { nth } => self.decide(*nth, |order, _| order.decide_hide()),
            Step::Close { nth, timed_out } => {
                let stock = self.stocks[&sku(FLASH_SKU)].clone();
                let reason = if *timed_out { CloseReason::TimedOut } else { CloseReason::Cancelled };
                // A flash order is closed in its SKU's turn; where its pieces go is the SKU's to say.
                self.decide(*nth, |order, now| {
                    if !order.is_flash() || order.status != Status::PendingPayment {
                        return order.decide_close(reason, now);
                    }
                    order.decide(OrderCommand::Close(reason), now)?;
                    let returns = order.lines.iter().map(|line| stock.returns(*line)).collect();
                    let (order, user, version) = (order.id, order.user, order.version + 1);
                    let closed = OrderClosed { order, user, version, reason, returns, limit_returned: false };
                    Ok(Decided::Fresh(OrderFact::Closed(closed)))
                });
            }
            Step::Release => {
                if let Ok(Some(released)) = self.stocks[&sku(FLASH_SKU)].decide_release(item(), Timestamp::MAX) {
                    self.commit(Fact::Stock(StockFact::QuotaReleased(released)));
                }
            }
            Step::ForgetQuota => {
                // The SKU left memory and came back without the item: nobody can close or pay for anything of it any more.
                let stock = &self.stocks[&sku(FLASH_SKU)];
                if stock.quota(item()).is_some_and(|quota| quota.released() && quota.held() == 0) {
                    let (available, held, sold, version) = (stock.available(), stock.held(), stock.sold(), stock.version());
                    let loaded = Stock::new(sku(FLASH_SKU), available, held, sold, version, None, SmallVec::new());
                    self.stocks.insert(sku(FLASH_SKU), loaded);
                }
            }
            Step::LeaveAndReturn => {
                let through = Sequence(self.journal.len() as u64);
                self.orders.evict(through);
                for id in &self.ids {
                    let row = self.database.order(user(1), *id).unwrap();
                    if self.orders.order(user(1), *id).is_none() {
                        assert_eq!(self.orders.take_in(row.clone(), through), TakenIn::Resident);
                    }
                }
            }
            Step::Wait { millis } => self.now = self.now.plus_millis(*millis),
        }
    }
}

/// Pieces of SKUs that the order has; sometimes more than it has.
pub fn spread(order: &Order, wants: &[(u64, u32)]) -> Vec<(u64, u32)> {
    wants.iter().map(|&(number, count)| (order.lines[number as usize % order.lines.len()].sku.get(), count)).collect()
}

/// An order of these lines that was paid.
pub fn paid_order(lines: &[(u64, u32, u64, u64)], freight: u64) -> (World, OrderId) {
    let mut world = World::new();
    world.place(lines, freight);
    world.run(&Step::Pay { nth: 0, payment: 1, short: false });
    let id = world.ids[0];
    assert_eq!(world.order(id).status, Status::Paid);
    (world, id)
}
