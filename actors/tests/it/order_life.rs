//! The life of orders under any sequence of commands: money adds up, versions are dense, replay equals what is live.

use std::collections::BTreeMap;

use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::BodyFingerprint;
use mallcore_actors::ids::{ActivityId, FlashItemId, OrderId, SkuId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::{OrderNo, Partition};
use mallcore_actors::orders::{
    Basket, CloseReason, Decided, LineProgress, Order, OrderFact, OrderPlaced, OrderShard, PARCELS_MAX, ReceivedBy, Status, TakenIn,
};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::stock::{Buy, Purchase, QuotaPlan, Stock, StockFact};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;
use smallvec::SmallVec;

use crate::baskets::{basket, fen, key, line, parcel, payment, pieces, refund, sku, user};

const SKUS: u64 = 3;
const RECEIVED: u32 = 60;
const PAY_WINDOW_MILLIS: u64 = 500;
const WEEK_MILLIS: u64 = 7_000;
const FLASH_SKU: u64 = 1;
const FLASH_QUOTA: u32 = 20;

/// What may happen; SKUs and orders are chosen by number, modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Place { lines: Vec<(u64, u32, u64, u64)>, freight: u64 },
    Flash { count: u32 },
    Pay { nth: usize, payment: u64, short: bool },
    Ship { nth: usize, key: u64, pieces: Vec<(u64, u32)> },
    Complete { nth: usize, by_time: bool },
    Refund { nth: usize, id: u64, pieces: Vec<(u64, u32)>, freight: u64, restock: bool },
    Hide { nth: usize },
    Close { nth: usize, timed_out: bool },
    Release,
    ForgetQuota,
    LeaveAndReturn,
    Wait { millis: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
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
struct World {
    orders: OrderShard,
    database: OrderShard,
    stocks: BTreeMap<SkuId, Stock>,
    journal: Vec<(Timestamp, Fact)>,
    ids: Vec<OrderId>,
    now: Timestamp,
    money_in: BTreeMap<OrderId, u64>,
    money_out: BTreeMap<OrderId, u64>,
}

fn stocks() -> BTreeMap<SkuId, Stock> {
    (1..=SKUS).map(|id| (sku(id), Stock::new(sku(id), RECEIVED, 0, 0, Sequence::ZERO, None, SmallVec::new()))).collect()
}

fn item() -> FlashItemId {
    FlashItemId::new(1).unwrap()
}

impl World {
    fn new() -> Self {
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
        let carved = world.stocks[&sku(FLASH_SKU)].decide_carve(&plan).unwrap().unwrap();
        world.commit(Fact::Stock(StockFact::QuotaCarved(carved)));
        world
    }

    /// Through its bytes, as the journal keeps it.
    fn commit(&mut self, fact: Fact) {
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
            Fact::Orders(OrderFact::PaymentTaken(paid)) => *self.money_in.entry(paid.order).or_default() += paid.payment.amount.fen(),
            Fact::Orders(OrderFact::Refunded(refunded)) => {
                *self.money_out.entry(refunded.order).or_default() += refunded.refund.amount().unwrap().fen();
            }
            _ => {}
        }
        self.journal.push((self.now, record.fact));
    }

    fn order(&self, id: OrderId) -> &Order {
        self.orders.order(user(1), id).unwrap()
    }

    fn place(&mut self, lines: &[(u64, u32, u64, u64)], freight: u64) {
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

    fn flash(&mut self, count: u32) {
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

    fn decide(&mut self, nth: usize, decide: impl Fn(&Order, Timestamp) -> Result<Decided, Refusal>) {
        let Some(&id) = self.ids.get(nth % self.ids.len().max(1)) else { return };
        match decide(self.order(id), self.now) {
            Ok(Decided::Fresh(fact)) => {
                self.commit(Fact::Orders(fact));
                assert_eq!(decide(self.order(id), self.now), Ok(Decided::Repeat), "what was recorded is a repeat");
            }
            Ok(Decided::Repeat) | Err(_) => {}
        }
    }

    fn run(&mut self, step: &Step) {
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
            Step::Hide { nth } => self.decide(*nth, |order, _| order.decide_hide()),
            Step::Close { nth, timed_out } => {
                let stock = self.stocks[&sku(FLASH_SKU)].clone();
                let reason = if *timed_out { CloseReason::TimedOut } else { CloseReason::Cancelled };
                // A flash order is closed in its SKU's turn; where its pieces go is the SKU's to say.
                self.decide(*nth, |order, now| {
                    if !order.is_flash() || order.status != Status::PendingPayment {
                        return order.decide_close(reason, now);
                    }
                    order.decide(mallcore_actors::orders::OrderCommand::Close(reason), now)?;
                    let returns = order.lines.iter().map(|line| stock.returns(*line)).collect();
                    let (order, user, version) = (order.id, order.user, order.version + 1);
                    let closed = mallcore_actors::orders::OrderClosed { order, user, version, reason, returns, limit_returned: false };
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
fn spread(order: &Order, wants: &[(u64, u32)]) -> Vec<(u64, u32)> {
    wants.iter().map(|&(number, count)| (order.lines[number as usize % order.lines.len()].sku.get(), count)).collect()
}

/// What a line of these pieces, price and discount costs for the pieces that are kept, in fen: by the rule's words, not by the code.
fn kept_value(quantity: u64, price: u64, discount: u64, refunded: u64) -> u64 {
    let share = price * quantity - discount;
    share - share * refunded / quantity
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn money_in_less_money_out_is_the_value_of_what_is_kept(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.run(step);
            for id in &world.ids {
                let order = world.order(*id);
                prop_assert_eq!(order.broken(), None);
                let (paid, back) = (world.money_in.get(id).copied().unwrap_or(0), world.money_out.get(id).copied().unwrap_or(0));
                let Some(progress) = &order.progress else {
                    prop_assert_eq!((paid, back), (0, 0));
                    continue;
                };
                prop_assert_eq!(paid, order.payable.fen());
                let discounts: Vec<u64> = match &order.basket {
                    Some(basket) => basket.lines.iter().map(|line| line.discount.fen()).collect(),
                    None => vec![0],
                };
                let kept: u64 = order.lines.iter().zip(&discounts).zip(&progress.lines).map(|((line, discount), progress)| {
                    kept_value(line.quantity.get().into(), line.unit_price.fen(), *discount, progress.refunded.into())
                }).sum();
                prop_assert_eq!(paid - back, kept + progress.freight.fen() - progress.freight_refunded.fen());
                if order.status == Status::Refunded {
                    prop_assert_eq!(back, paid - progress.freight.fen() + progress.freight_refunded.fen(), "all pieces make all the money");
                }
            }
        }
    }

    #[test]
    fn versions_are_dense_and_statuses_only_move_along_the_table(steps in steps()) {
        let mut world = World::new();
        steps.iter().for_each(|step| world.run(step));
        let mut versions: BTreeMap<OrderId, u32> = BTreeMap::new();
        let mut replayed = OrderShard::default();
        for (nth, (at, fact)) in world.journal.iter().enumerate() {
            let Fact::Orders(order_fact) = fact else { continue };
            let (id, version) = order_fact.version();
            let before = replayed.order(user(1), id).map(|order| order.status);
            replayed.apply(Sequence(nth as u64 + 1), *at, fact);
            let after = replayed.order(user(1), id).unwrap();
            prop_assert_eq!(version, versions.get(&id).copied().unwrap_or(0) + 1, "O2");
            versions.insert(id, version);
            let is_allowed = match (before, after.status) {
                (None, Status::PendingPayment) => true,
                (Some(before), after) if before == after => before != Status::PendingPayment,
                (Some(Status::PendingPayment), Status::Paid | Status::Closed) => true,
                (Some(Status::Paid), Status::Shipped | Status::Refunded) => true,
                (Some(Status::Shipped), Status::Completed | Status::Refunded) => true,
                (Some(Status::Completed), Status::Refunded) => true,
                _ => false,
            };
            prop_assert!(is_allowed, "O1: {before:?} to {:?}", after.status);
            if let OrderFact::Closed(closed) = order_fact && closed.reason == CloseReason::TimedOut {
                prop_assert!(*at >= after.expires_at, "O3");
            }
        }
    }

    #[test]
    fn replay_equals_what_is_live(steps in steps()) {
        let mut world = World::new();
        steps.iter().filter(|step| !matches!(step, Step::ForgetQuota)).for_each(|step| world.run(step));
        let (mut orders, mut replayed) = (OrderShard::default(), stocks());
        for (nth, (at, fact)) in world.journal.iter().enumerate() {
            let sequence = Sequence(nth as u64 + 1);
            orders.apply(sequence, *at, fact);
            orders.apply(sequence, *at, fact);
            replayed.values_mut().for_each(|stock| stock.apply(sequence, *at, fact));
        }
        for id in &world.ids {
            prop_assert_eq!(orders.order(user(1), *id), Some(world.order(*id)));
        }
        for (live, replayed) in world.stocks.values().zip(replayed.values()) {
            let counts = |stock: &Stock| (stock.available(), stock.held(), stock.sold(), stock.broken());
            prop_assert_eq!(counts(live), counts(replayed));
        }
    }

    #[test]
    fn no_piece_appears_or_vanishes(steps in steps()) {
        let mut world = World::new();
        steps.iter().for_each(|step| world.run(step));
        let mut expected: BTreeMap<SkuId, i64> = (1..=SKUS).map(|id| (sku(id), i64::from(RECEIVED))).collect();
        for id in &world.ids {
            let order = world.order(*id);
            for line in &order.lines {
                let kept = |progress: &LineProgress| i64::from(line.quantity.get() - progress.refunded);
                let kept = match (order.status, &order.progress) {
                    (Status::PendingPayment | Status::Closed, _) => 0,
                    (_, progress) => progress.as_ref().and_then(|progress| progress.line(line.sku)).map_or(i64::from(line.quantity.get()), kept),
                };
                *expected.get_mut(&line.sku).unwrap() -= kept;
            }
        }
        for (_, fact) in &world.journal {
            if let Fact::Orders(OrderFact::Refunded(refunded)) = fact && !refunded.refund.restock {
                refunded.refund.lines.iter().for_each(|line| *expected.get_mut(&line.sku).unwrap() -= i64::from(line.quantity.get()));
            }
        }
        for (id, stock) in &world.stocks {
            let in_house = stock.available() + stock.held() + stock.quotas().iter().map(|quota| quota.remaining() + quota.held()).sum::<u32>();
            prop_assert_eq!(i64::from(in_house), expected[id], "{:?}: what is not with customers, and not gone, is here", id);
        }
    }
}

fn paid_order(lines: &[(u64, u32, u64, u64)], freight: u64) -> (World, OrderId) {
    let mut world = World::new();
    world.place(lines, freight);
    world.run(&Step::Pay { nth: 0, payment: 1, short: false });
    let id = world.ids[0];
    assert_eq!(world.order(id).status, Status::Paid);
    (world, id)
}

#[test]
fn three_refunds_of_ten_fen_over_three_pieces_give_three_three_and_four() {
    let (mut world, id) = paid_order(&[(2, 3, 4, 2)], 0);
    for (nth, amount) in [3, 3, 4].into_iter().enumerate() {
        let before = world.money_out.get(&id).copied().unwrap_or(0);
        world.run(&Step::Refund { nth: 0, id: nth as u64, pieces: vec![(0, 1)], freight: 0, restock: true });
        assert_eq!(world.money_out[&id] - before, amount);
    }
    assert_eq!(world.order(id).status, Status::Refunded);
    assert_eq!((world.stocks[&sku(2)].available(), world.stocks[&sku(2)].sold()), (RECEIVED, 0));
}

#[test]
fn an_order_is_shipped_once_every_piece_that_was_not_refunded_is_on_its_way() {
    let (mut world, id) = paid_order(&[(2, 3, 100, 0), (3, 1, 50, 0)], 0);
    let ship =
        |number, wants: &[(u64, u32)], world: &mut World| world.decide(0, |order, now| order.decide_ship(&parcel(number, wants), now));
    ship(1, &[(2, 2)], &mut world);
    assert_eq!(world.order(id).status, Status::Paid);
    assert_eq!(world.order(id).decide_ship(&parcel(2, &[(2, 2)]), world.now), Err(Refusal::ExceedsOrder), "one piece is left");
    world.decide(0, |order, now| order.decide_refund(&refund(1, &[(2, 2)], 0, true), now));
    assert_eq!(world.order(id).decide_ship(&parcel(2, &[(2, 1)]), world.now), Err(Refusal::ExceedsOrder), "a refunded piece stays here");
    ship(3, &[(3, 1)], &mut world);
    let order = world.order(id);
    assert_eq!((order.status, order.progress.as_ref().unwrap().shipped_at), (Status::Shipped, Some(world.now)));
}

#[test]
fn an_order_has_at_most_fifteen_parcels_and_the_last_takes_the_rest() {
    let (mut world, id) = paid_order(&[(2, 20, 100, 0)], 0);
    for number in 1..PARCELS_MAX as u64 {
        world.decide(0, |order, now| order.decide_ship(&parcel(number, &[(2, 1)]), now));
    }
    let too_many = Err(Refusal::TooManyParts { limit: PARCELS_MAX as u32 });
    assert_eq!(world.order(id).decide_ship(&parcel(99, &[(2, 1)]), world.now), too_many);
    world.decide(0, |order, now| order.decide_ship(&parcel(99, &[(2, 6)]), now));
    assert_eq!(world.order(id).status, Status::Shipped);
}

#[test]
fn an_order_completes_by_itself_a_week_after_it_was_shipped_and_not_before() {
    let (mut world, id) = paid_order(&[(2, 1, 100, 0)], 0);
    world.decide(0, |order, now| order.decide_ship(&parcel(1, &[(2, 1)]), now));
    let by_time = ReceivedBy::Time { after_millis: WEEK_MILLIS };
    world.now = world.now.plus_millis(WEEK_MILLIS - 1);
    assert_eq!(world.order(id).decide_complete(by_time, world.now), Err(Refusal::NotDue));
    assert!(matches!(world.order(id).decide_complete(ReceivedBy::Shopper, world.now), Ok(Decided::Fresh(_))));
    world.now = world.now.plus_millis(1);
    world.decide(0, |order, now| order.decide_complete(by_time, now));
    assert_eq!(world.order(id).status, Status::Completed);
}

#[test]
fn a_payment_that_comes_late_or_twice_or_is_not_the_sum_is_refused_by_name() {
    let mut world = World::new();
    world.place(&[(2, 1, 100, 0)], 20);
    world.place(&[(3, 1, 100, 0)], 0);
    let (first, second) = (world.ids[0], world.ids[1]);
    assert_eq!(world.order(first).decide_pay(&payment(1, fen(100)), world.now), Err(Refusal::AmountMismatch { payable: fen(120) }));
    world.run(&Step::Pay { nth: 0, payment: 1, short: false });
    assert_eq!(world.order(first).decide_pay(&payment(9, fen(120)), world.now), Err(Refusal::AlreadyPaid));
    assert_eq!(world.order(first).decide_pay(&payment(2, fen(119)), world.now), Err(Refusal::IdempotencyMismatch));
    world.run(&Step::Close { nth: 1, timed_out: false });
    assert_eq!(world.order(second).decide_pay(&payment(3, fen(100)), world.now), Err(Refusal::OrderClosed));
    assert_eq!(world.stocks[&sku(3)].available(), RECEIVED, "closing freed the pieces");
}

#[test]
fn freight_is_refunded_once_and_an_order_of_nothing_is_paid_with_nothing() {
    let (mut world, id) = paid_order(&[(2, 1, 100, 0)], 30);
    world.decide(0, |order, now| order.decide_refund(&refund(1, &[], 20, false), now));
    assert_eq!(world.order(id).decide_refund(&refund(2, &[], 11, false), world.now), Err(Refusal::ExceedsOrder));
    assert_eq!(world.order(id).decide_refund(&refund(2, &[], 0, false), world.now), Err(Refusal::ExceedsOrder), "nothing");
    world.decide(0, |order, now| order.decide_refund(&refund(2, &[(2, 1)], 10, false), now));
    assert_eq!((world.order(id).status, world.money_out[&id]), (Status::Refunded, 130));
    assert_eq!((world.stocks[&sku(2)].available(), world.stocks[&sku(2)].sold()), (RECEIVED - 1, 0), "the piece is gone");
    paid_order(&[(2, 1, 100, 100)], 0);
}

#[test]
fn a_refunded_flash_piece_is_neither_lost_nor_counted_below_zero_when_its_quota_is_forgotten() {
    for (is_forgotten, restock, available) in [(false, true, 60), (true, true, 60), (false, false, 57), (true, false, 57)] {
        let mut world = World::new();
        world.flash(3);
        world.run(&Step::Pay { nth: 0, payment: 1, short: false });
        world.run(&Step::Release);
        if is_forgotten {
            world.run(&Step::ForgetQuota);
            assert!(world.stocks[&sku(FLASH_SKU)].quota(item()).is_none());
        }
        world.run(&Step::Refund { nth: 0, id: 1, pieces: vec![(0, 3)], freight: 0, restock });
        let stock = &world.stocks[&sku(FLASH_SKU)];
        assert_eq!((stock.available(), stock.sold(), stock.broken()), (available, 0, None), "{is_forgotten} {restock}");
        assert_eq!(stock.quota(item()).map_or(0, |quota| quota.sold()), 0);
    }
}

#[test]
fn an_order_that_left_memory_comes_back_only_with_all_its_changes() {
    let (mut world, id) = paid_order(&[(2, 1, 100, 0)], 0);
    let before = world.order(id).clone();
    world.decide(0, |order, now| order.decide_ship(&parcel(1, &[(2, 1)]), now));
    let now = world.order(id).clone();
    assert_eq!(world.orders.take_in(before.clone(), Sequence(2)), TakenIn::Resident, "it is here");
    assert_eq!(world.order(id), &now, "and is not replaced");
    world.orders.evict(now.sequence);
    assert_eq!(world.orders.take_in(before.clone(), before.sequence), TakenIn::Stale);
    assert!(!world.orders.is_current(before.sequence));
    assert_eq!(world.orders.take_in(now.clone(), now.sequence), TakenIn::Resident);
    world.orders.evict(now.sequence);
    assert_eq!(world.orders.resident(), 0, "what was loaded leaves again");
    let mut restarted = OrderShard::default();
    restarted.require(Sequence(9));
    assert_eq!(restarted.take_in(now.clone(), Sequence(8)), TakenIn::Stale, "the journal may have more of it");
    assert_eq!(restarted.take_in(now, Sequence(9)), TakenIn::Resident);
}

#[test]
fn a_basket_that_could_not_be_recorded_is_refused() {
    use mallcore_actors::orders::{BadOrder, LINES_MAX, Title};
    let try_lines = |lines| Basket::new(user(1), lines, Money::ZERO, (key(1), BodyFingerprint::from_u64(1))).map(|_| ());
    assert_eq!(try_lines(vec![]), Err(BadOrder::Lines));
    assert_eq!(try_lines(vec![line(1, 1, 1, 0), line(1, 1, 1, 0)]), Err(BadOrder::Lines));
    assert_eq!(try_lines((1..=LINES_MAX as u64 + 1).map(|id| line(id, 1, 1, 0)).collect()), Err(BadOrder::Lines));
    assert_eq!(try_lines(vec![line(1, 1, 1, 2)]), Err(BadOrder::Amounts));
    assert_eq!(try_lines(vec![line(1, 2, 9_999_999_999, 0)]), Err(BadOrder::Amounts));
    let long = |id| {
        let mut line = line(id, 1, 1, 0);
        line.described.title = Title::parse(&"😀".repeat(255)).unwrap();
        line
    };
    assert_eq!(try_lines((1..=LINES_MAX as u64).map(long).collect()), Err(BadOrder::Texts));
    let most: Vec<_> = (1..=48).map(long).collect();
    assert_eq!(try_lines(most), Ok(()));
    let wants = basket(1, 1, &[(1, 2), (2, 3)]);
    assert_eq!((wants.amounts().payable, wants.wants().count()), (fen(500), 2));
}

#[test]
fn a_key_is_answered_for_a_day_and_for_as_long_as_its_order_is_in_memory() {
    use mallcore_actors::orders::{KEYS_MAX_PER_USER, REMEMBERED_MILLIS};
    let (mut world, id) = paid_order(&[(2, 1, 100, 0)], 0);
    let (request, receipt) = ((key(1), BodyFingerprint::from_u64(1)), world.orders.answered(user(1), key(1), BodyFingerprint::from_u64(1)));
    let a_day_later = world.order(id).placed_at.plus_millis(REMEMBERED_MILLIS);
    world.orders.forget_keys(a_day_later, 9);
    assert_eq!(world.orders.answered(user(1), request.0, request.1), receipt, "its order is here");
    assert_eq!(world.orders.answered(user(1), request.0, BodyFingerprint::from_u64(2)), Some(Err(Refusal::IdempotencyMismatch)));
    assert_eq!(world.orders.answered(user(2), request.0, request.1), None, "keys are each user's own");
    world.orders.evict(Sequence(99));
    world.orders.forget_keys(Timestamp::from_millis(a_day_later.millis() - 1), 9);
    assert_eq!(world.orders.answered(user(1), request.0, request.1), receipt);
    world.orders.forget_keys(a_day_later.plus_millis(REMEMBERED_MILLIS), 9);
    assert_eq!((world.orders.answered(user(1), request.0, request.1), world.orders.keys()), (None, 0));

    let mut many = World::new();
    many.place(&[(2, 1, 100, 0)], 0);
    let open = many.order(many.ids[0]).receipt();
    for number in 2..=KEYS_MAX_PER_USER as u64 + 5 {
        many.orders.remember(user(1), key(number), BodyFingerprint::from_u64(number), open_as(number, open));
    }
    assert_eq!(many.orders.keys(), KEYS_MAX_PER_USER);
    assert!(many.orders.answered(user(1), key(1), BodyFingerprint::from_u64(1)).is_some(), "an open order's key is never forgotten");
}

/// The receipt of another order, one that is not in memory.
fn open_as(number: u64, receipt: mallcore_actors::stock::Receipt) -> mallcore_actors::stock::Receipt {
    mallcore_actors::stock::Receipt { order: OrderId::new(number).unwrap(), ..receipt }
}
