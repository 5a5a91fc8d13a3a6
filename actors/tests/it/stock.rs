//! Stock and its flash quotas under any commands: S1 to S3 and Q1 to Q3.

use std::collections::HashMap;

use mallcore_actors::ids::{OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::{CloseReason, Line, Lines, OrderClosed, OrderFact, OrderPaid, OrderPlaced, OrderShard, Return};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::stock::adjustment::{Delta, PIECES_MAX};
use mallcore_actors::stock::{Adjusting, Buy, Change, Purchase, Receipt, Stock, StockFact};
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use crate::shop::{self, ENDS_AT, ITEMS, Outcome, RECEIVED, Rows, STARTS_AT, Shop, Step, USERS, buy_command, fen, item, pieces, user};

/// Everything that anybody can see of a stock: its counts, and the answer to every command.
fn observed(stock: &Stock, now: Timestamp) -> Vec<String> {
    let mut seen = vec![format!("{} {} {} {:?}", stock.available(), stock.held(), stock.sold(), stock.last_adjustment())];
    for quota in stock.quotas() {
        seen.push(format!("{} {} {} {} {}", quota.item(), quota.remaining(), quota.held(), quota.sold(), quota.released()));
    }
    for (user, item, key, count) in (1..=USERS)
        .flat_map(|user| (1..=ITEMS).flat_map(move |item| (0..6).flat_map(move |key| (1..6).map(move |count| (user, item, key, count)))))
    {
        seen.push(format!("{:?}", stock.decide_buy(&buy_command(user, item, count, key, 0), now)));
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_commands_oversells(steps in shop::steps()) {
        let mut shop = Shop::new();
        let mut last_adjustment = None;
        let mut first: HashMap<(UserId, [u8; 16], u64), (Buy, Receipt)> = HashMap::new();
        for step in &steps {
            let before = shop.journal.len();
            match shop.run(step) {
                Outcome::Bought { command, receipt } => {
                    prop_assert!((STARTS_AT..ENDS_AT).contains(&shop.now.millis()), "sold outside the sale's hours");
                    prop_assert!(first.insert((command.user, *command.key.as_bytes(), command.item.get()), (command, receipt)).is_none(), "a key bought twice");
                }
                Outcome::Repeated { command, receipt } => {
                    let (original, answered) = &first[&(command.user, *command.key.as_bytes(), command.item.get())];
                    prop_assert_eq!((original.body, answered), (command.body, &receipt), "Q3");
                    prop_assert_eq!(before, shop.journal.len());
                }
                Outcome::NotBought { command, refusal } => {
                    prop_assert_eq!(before, shop.journal.len(), "a refusal leaves nothing behind");
                    let known = first.get(&(command.user, *command.key.as_bytes(), command.item.get()));
                    let released = shop.stock.quota(command.item).is_some_and(|quota| quota.released());
                    if let Some((original, _)) = known && !released {
                        prop_assert!(original.body != command.body && refusal == Refusal::IdempotencyMismatch, "{refusal:?} to a known key");
                    }
                }
                Outcome::Adjusted { id, answer } => {
                    prop_assert_eq!(last_adjustment.is_some_and(|last| id <= last), answer == Ok(Adjusting::Repeat), "S4");
                    match answer {
                        Ok(Adjusting::Fresh(adjusted)) => {
                            prop_assert_eq!((adjusted.adjustment, before + 1), (id, shop.journal.len()));
                            prop_assert!(adjusted.delta.get() < 0 || shop.stock.available() <= PIECES_MAX);
                            last_adjustment = Some(id);
                        }
                        Ok(Adjusting::Repeat | Adjusting::Unchanged) | Err(_) => prop_assert_eq!(before, shop.journal.len()),
                    }
                }
                Outcome::Other => {}
            }
            prop_assert_eq!(shop.stock.broken(), None);
            for quota in shop.stock.quotas() {
                prop_assert_eq!(quota.broken_limit(), None);
            }
        }
        // From the records alone: what was received is what is left, held, sold.
        let rows_total: u32 = shop.stock.quotas().iter().map(|quota| quota.remaining() + quota.held() + quota.sold()).sum();
        prop_assert_eq!(i64::from(rows_total + shop.stock.available()), shop.received);
    }

    #[test]
    fn nobody_has_more_than_the_limit_beyond_one_given_back(steps in shop::steps()) {
        let mut shop = Shop::new();
        steps.iter().for_each(|step| { shop.run(step); });
        let mut counting: HashMap<(UserId, u64), u32> = HashMap::new();
        let mut given_back: HashMap<UserId, u32> = HashMap::new();
        for record in &shop.journal {
            match &record.fact {
                Fact::Orders(OrderFact::Placed(placed)) => {
                    let line = placed.lines[0];
                    let flash = line.flash.unwrap().item;
                    let has = counting.entry((placed.user, flash.get())).or_default();
                    *has += line.quantity.get();
                    prop_assert!(*has <= shop.stock.quota(flash).unwrap().limit_per_user(), "Q2");
                }
                Fact::Orders(OrderFact::Closed(closed)) if closed.limit_returned => {
                    let line = closed.returns[0].line;
                    *counting.entry((closed.user, line.flash.unwrap().item.get())).or_default() -= line.quantity.get();
                    *given_back.entry(closed.user).or_default() += 1;
                    prop_assert_eq!(given_back[&closed.user], 1, "U2: given back twice in one activity");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn replay_from_any_point_gives_the_live_state(steps in shop::steps(), cut in any::<prop::sample::Index>()) {
        let mut shop = Shop::new();
        steps.iter().for_each(|step| { shop.run(step); });
        for cut in [0, cut.index(shop.journal.len() + 1), shop.journal.len()] {
            let (mut stock, mut orders) = Rows::of(&shop.journal[..cut]).load(Sequence(cut as u64));
            // From the very beginning: what the rows have changes nothing.
            for (index, record) in shop.journal.iter().enumerate() {
                stock.apply(Sequence(index as u64 + 1), record.header.at, &record.fact);
                if index >= cut {
                    orders.apply(Sequence(index as u64 + 1), record.header.at, &record.fact);
                }
            }
            prop_assert_eq!(observed(&stock, shop.now), observed(&shop.stock, shop.now));
            prop_assert_eq!(open(&orders), open(&shop.orders));
        }
    }

    #[test]
    fn effects_of_different_orders_commute(orders in prop::collection::vec((1..5u32, 0..3u8), 1..8), seed: u64) {
        // Each order's own records stay in order; between orders, any interleaving.
        let line = |count| Line { sku: SkuId::new(shop::SKU).unwrap(), flash: None, quantity: pieces(count), unit_price: fen(100) };
        let mut queues: Vec<Vec<(Sequence, Fact)>> = Vec::new();
        let mut sequence = Sequence::ZERO;
        for (nth, (count, fate)) in orders.iter().enumerate() {
            let id = OrderId::new(nth as u64 + 1).unwrap();
            let command = buy_command(1, 1, *count, nth as u8, 0);
            let (user, key, body) = (command.user, command.key, command.body);
            let no = OrderNo::new(id, Timestamp::default(), 0);
            let mut facts = vec![OrderFact::Placed(OrderPlaced { order: id, no, user, lines: Lines::from([line(*count)]), payable: fen(100), expires_at: Timestamp::MAX, key, body, address: None })];
            match fate {
                1 => facts.push(OrderFact::Paid(OrderPaid { order: id, user, version: 2, lines: Lines::from([line(*count)]) })),
                2 => facts.push(OrderFact::Closed(OrderClosed { order: id, user, version: 2, reason: CloseReason::Cancelled, returns: [Return { line: line(*count), to_quota: false }].into_iter().collect(), limit_returned: false })),
                _ => {}
            }
            queues.push(facts.into_iter().map(|fact| { sequence = sequence.next(); (sequence, Fact::from(fact)) }).collect());
        }
        let (mut in_order, mut shuffled) = (shop::new_stock(), shop::new_stock());
        for (sequence, fact) in queues.iter().flatten() {
            in_order.apply(*sequence, Timestamp::default(), fact);
        }
        let mut state = seed | 1;
        while queues.iter().any(|queue| !queue.is_empty()) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = (state >> 33) as usize % queues.len();
            if !queues[pick].is_empty() {
                let (sequence, fact) = queues[pick].remove(0);
                shuffled.apply(sequence, Timestamp::default(), &fact);
            }
        }
        prop_assert_eq!(observed(&shuffled, Timestamp::default()), observed(&in_order, Timestamp::default()));
        prop_assert_eq!(shuffled.version(), in_order.version());
    }
}

fn open(orders: &OrderShard) -> Vec<(OrderId, u32, Sequence)> {
    let mut open: Vec<_> = orders.open_orders().map(|order| (order.id, order.version, order.sequence)).collect();
    open.sort_unstable();
    open
}

fn opened(quota: u32, limit: u32) -> Shop {
    let mut shop = Shop::new();
    shop.run(&Step::Carve { item: 1, quota, limit });
    shop.now = Timestamp::from_millis(STARTS_AT);
    shop
}

fn refused(shop: &mut Shop, command: Buy) -> Refusal {
    match shop.buy(command) {
        Outcome::NotBought { refusal, .. } => refusal,
        other => panic!("should be refused: {other:?}"),
    }
}

#[test]
fn a_repeat_gets_the_first_answer_also_when_sold_out() {
    let mut shop = opened(1, 1);
    let Outcome::Bought { receipt, .. } = shop.buy(buy_command(1, 1, 1, 1, 0)) else { panic!("one is left") };
    assert_eq!(refused(&mut shop, buy_command(2, 1, 1, 1, 0)), Refusal::SoldOut);
    assert_eq!(shop.stock.decide_buy(&buy_command(1, 1, 1, 1, 0), shop.now), Ok(Purchase::Repeat(receipt)));
    assert_eq!(refused(&mut shop, buy_command(1, 1, 1, 1, 1)), Refusal::IdempotencyMismatch);
    shop.now = Timestamp::from_millis(ENDS_AT);
    assert_eq!(shop.stock.decide_buy(&buy_command(1, 1, 1, 1, 0), shop.now), Ok(Purchase::Repeat(receipt)));
}

#[test]
fn the_sale_is_open_from_its_first_moment_and_closed_from_its_end() {
    let mut shop = opened(9, 9);
    shop.now = Timestamp::from_millis(STARTS_AT - 1);
    assert_eq!(refused(&mut shop, buy_command(1, 1, 1, 1, 0)), Refusal::NotStarted { starts_at: Timestamp::from_millis(STARTS_AT) });
    shop.now = Timestamp::from_millis(ENDS_AT);
    assert_eq!(refused(&mut shop, buy_command(1, 1, 1, 1, 0)), Refusal::Ended);
    shop.now = Timestamp::from_millis(ENDS_AT - 1);
    assert!(matches!(shop.buy(buy_command(1, 1, 1, 1, 0)), Outcome::Bought { .. }));
}

#[test]
fn the_limit_is_checked_before_the_stock() {
    let mut shop = opened(2, 1);
    assert_eq!(refused(&mut shop, buy_command(1, 1, 3, 1, 0)), Refusal::PurchaseLimit { limit: 1 });
    assert_eq!(refused(&mut shop, buy_command(1, 2, 1, 1, 0)), Refusal::UnknownItem);
}

#[test]
fn a_rest_goes_back_once_and_not_before_the_end() {
    let mut shop = opened(5, 5);
    assert!(matches!(shop.buy(buy_command(1, 1, 2, 1, 0)), Outcome::Bought { .. }));
    assert_eq!(shop.stock.decide_release(item(1), shop.now), Err(Refusal::NotDue));
    shop.now = Timestamp::from_millis(ENDS_AT);
    shop.run(&Step::Release { item: 1 });
    assert_eq!(shop.stock.available(), RECEIVED - 2);
    assert_eq!(shop.stock.decide_release(item(1), shop.now), Ok(None));
    // The order is closed after the release: its pieces go to the SKU, not to a quota that nobody can buy from.
    shop.ask(user(1), OrderId::new(1).unwrap(), mallcore_actors::orders::OrderCommand::Close(CloseReason::Cancelled)).unwrap();
    assert_eq!(shop.stock.available(), RECEIVED);
}

#[test]
fn more_than_is_available_is_not_carved_nor_twice() {
    let mut stock = shop::new_stock();
    assert_eq!(stock.decide_carve(&shop::plan(1, RECEIVED + 1, 1), Timestamp::default()), Err(Refusal::SoldOut));
    let carved = stock.decide_carve(&shop::plan(1, RECEIVED, 1), Timestamp::default()).unwrap().unwrap();
    stock.apply(Sequence(1), Timestamp::default(), &StockFact::QuotaCarved(carved).into());
    assert_eq!((stock.available(), stock.quota(item(1)).unwrap().remaining()), (0, RECEIVED));
    assert_eq!(stock.decide_carve(&shop::plan(1, RECEIVED, 1), Timestamp::default()), Ok(None));
    assert_eq!(stock.decide_carve(&shop::plan(2, 1, 1), Timestamp::default()), Err(Refusal::SoldOut));
    let ended = shop::plan(3, 1, 1).ends_at;
    assert_eq!(stock.decide_carve(&shop::plan(3, 1, 1), ended), Err(Refusal::Ended), "it may have been released and forgotten");
    assert_eq!(stock.decide_carve(&shop::plan(1, 1, 1), ended), Ok(None));
}

#[test]
fn an_adjustment_moves_available_pieces_once() {
    let mut stock = shop::new_stock();
    let command = shop::adjustment(5, Change::By(Delta::new(-7).unwrap()));
    let Ok(Adjusting::Fresh(adjusted)) = stock.decide_adjust(&command) else { panic!("there are enough") };
    stock.apply(Sequence(1), Timestamp::default(), &StockFact::Adjusted(adjusted).into());
    assert_eq!(stock.available(), RECEIVED - 7);
    for id in [5, 4] {
        let again = shop::adjustment(id, Change::By(Delta::new(1).unwrap()));
        assert_eq!(stock.decide_adjust(&again), Ok(Adjusting::Repeat));
    }
}

#[test]
fn more_than_is_available_is_not_taken_away_and_too_much_is_not_added() {
    let mut stock = shop::new_stock();
    let by = |delta| shop::adjustment(1, Change::By(Delta::new(delta).unwrap()));
    let carved = stock.decide_carve(&shop::plan(1, RECEIVED - 3, 1), Timestamp::default()).unwrap().unwrap();
    stock.apply(Sequence(1), Timestamp::default(), &StockFact::QuotaCarved(carved).into());
    assert_eq!(stock.decide_adjust(&by(-4)), Err(Refusal::InsufficientStock { available: 3 }), "a quota's pieces are not there to take");
    assert!(matches!(stock.decide_adjust(&by(-3)), Ok(Adjusting::Fresh(_))));
    assert!(matches!(stock.decide_adjust(&by(PIECES_MAX as i32 - 3)), Ok(Adjusting::Fresh(_))));
    assert_eq!(stock.decide_adjust(&by(PIECES_MAX as i32 - 2)), Err(Refusal::TooMuchStock { most: PIECES_MAX }));
}

#[test]
fn set_to_needs_the_version_that_was_looked_at() {
    let mut stock = shop::new_stock();
    let to = |pieces, expected| shop::adjustment(1, Change::To { pieces, expected: Sequence(expected) });
    assert_eq!(stock.decide_adjust(&to(RECEIVED, 0)), Ok(Adjusting::Unchanged));
    let carved = stock.decide_carve(&shop::plan(1, 1, 1), Timestamp::default()).unwrap().unwrap();
    stock.apply(Sequence(9), Timestamp::default(), &StockFact::QuotaCarved(carved).into());
    assert_eq!(stock.decide_adjust(&to(0, 0)), Err(Refusal::VersionMismatch { version: Sequence(9) }));
    let Ok(Adjusting::Fresh(adjusted)) = stock.decide_adjust(&to(0, 9)) else { panic!("looked at the newest counts") };
    assert_eq!(adjusted.delta.get(), 1 - RECEIVED as i32);
    assert_eq!(stock.decide_adjust(&to(u32::MAX, 9)), Err(Refusal::TooMuchStock { most: PIECES_MAX }));
}
