//! Rules of orders, one by one: shares, parcels, payments, refunds, keys.

use mallcore_actors::facts::Record;
use mallcore_actors::idempotency::BodyFingerprint;
use mallcore_actors::ids::OrderId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::{OrderNo, Partition};
use mallcore_actors::orders::{Basket, Decided, OrderFact, OrderShard, PARCELS_MAX, ReceivedBy, Status, TakenIn};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::stock::Stock;
use mallcore_actors::time::Timestamp;

use crate::baskets::{basket, fen, key, line, parcel, payment, refund, sku, user};
use crate::order_world::{FLASH_SKU, RECEIVED, Step, WEEK_MILLIS, World, item, paid_order};

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
    let shipped_at = |world: &World| world.order(id).progress.as_ref().unwrap().shipped_at;
    ship(1, &[(2, 2)], &mut world);
    assert_eq!((world.order(id).status, shipped_at(&world)), (Status::Paid, None), "the week to confirm has not begun");
    world.now = world.now.plus_millis(1);
    assert_eq!(world.order(id).decide_ship(&parcel(2, &[(2, 2)]), world.now), Err(Refusal::ExceedsOrder), "one piece is left");
    world.decide(0, |order, now| order.decide_refund(&refund(1, &[(2, 2)], 0, true), now));
    assert_eq!(world.order(id).decide_ship(&parcel(2, &[(2, 1)]), world.now), Err(Refusal::ExceedsOrder), "a refunded piece stays here");
    ship(3, &[(3, 1)], &mut world);
    assert_eq!((world.order(id).status, shipped_at(&world)), (Status::Shipped, Some(world.now)));
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
    let mut open = World::new();
    open.place(&[(2, 1, 100, 0)], 0);
    let row = open.order(open.ids[0]).clone();
    assert_eq!(OrderShard::default().take_in(row, Sequence(9)), TakenIn::Stale, "an open order never leaves: the row is an old one");
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
fn a_late_or_repeated_effect_changes_nothing() {
    let (mut world, id) = paid_order(&[(2, 3, 100, 0)], 0);
    world.decide(0, |order, now| order.decide_refund(&refund(1, &[(2, 1)], 0, true), now));
    let stock = &world.stocks[&sku(2)];
    let loaded = || Stock::new(sku(2), stock.available(), stock.held(), stock.sold(), stock.version(), None, Default::default());
    let (mut late, mut order) = (loaded(), world.order(id).clone());
    for (nth, (at, fact)) in world.journal.iter().enumerate() {
        let sequence = Sequence(nth as u64 + 1);
        late.apply(sequence, *at, fact);
        if let Fact::Orders(fact) = fact {
            order.apply(sequence, *at, fact);
        }
    }
    let counts = |stock: &Stock| (stock.available(), stock.held(), stock.sold(), stock.broken());
    assert_eq!((counts(&late), counts(&late)), (counts(stock), (RECEIVED - 2, 0, 2, None)));
    assert_eq!(&order, world.order(id));
}

#[test]
fn the_longest_order_fits_the_journal() {
    use mallcore_actors::ids::{AddressId, ID_MAX, ProductId};
    use mallcore_actors::journal::format::PAYLOAD_BYTES_MAX;
    use mallcore_actors::orders::{ADDRESS_BYTES_MAX, AddressSnapshot, Delivery, LINES_MAX, Remark, TEXT_BYTES_MAX, Title};
    let lines = (0..LINES_MAX as u64).map(|nth| {
        let mut line = line(ID_MAX - nth, 1, 90_000_000, 80_000_000);
        line.described.product = ProductId::new(ID_MAX).unwrap();
        line.described.title = Title::parse(&"盘".repeat(TEXT_BYTES_MAX / LINES_MAX / 3)).unwrap();
        line
    });
    let snapshot = AddressSnapshot::try_from(vec![0; ADDRESS_BYTES_MAX]).unwrap();
    assert!(AddressSnapshot::try_from(vec![0; ADDRESS_BYTES_MAX + 1]).is_err());
    let basket = Basket::new(user(1), lines.collect(), fen(9_000_000), (key(1), BodyFingerprint::from_u64(u64::MAX))).unwrap();
    let basket = basket.sent_to(Delivery { address: AddressId::new(ID_MAX).unwrap(), snapshot });
    let (id, at) = (OrderId::new(ID_MAX).unwrap(), Timestamp::MAX);
    let mut placed = basket.from_cart().placed(id, OrderNo::in_partition(Partition::ONLY, id, at, u64::MAX), at);
    assert!(placed.from_cart && placed.delivery.is_some(), "recorded as it was ordered");
    // As earlier releases recorded it, in the clear beside the sealed address.
    placed.remark = Some(Remark::parse(&"😀".repeat(200)).unwrap());
    let mut bytes = Vec::new();
    let record = Record::system(at, OrderFact::BasketPlaced(placed));
    record.encode_into(&mut bytes);
    assert!((50_000..PAYLOAD_BYTES_MAX).contains(&bytes.len()), "{} bytes", bytes.len());
    assert_eq!(Record::decode(&bytes), Ok(record));
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
