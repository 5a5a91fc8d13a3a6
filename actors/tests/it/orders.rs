//! Orders and their shards under any commands: O1 to O3 and U1 to U3.

use std::collections::HashMap;

use mallcore_actors::ids::OrderId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::{CloseReason, Order, OrderCommand, OrderFact, OrderShard, PaymentStatus, Status};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use crate::shop::{self, Outcome, PAY_WINDOW_MILLIS, STARTS_AT, Shop, Step, UNPAID_MAX, USERS, buy_command, user};

const STATUSES: [Status; 6] = [Status::PendingPayment, Status::Paid, Status::Shipped, Status::Completed, Status::Closed, Status::Refunded];
const CANCEL: OrderCommand = OrderCommand::Close(CloseReason::Cancelled);
const TIME_OUT: OrderCommand = OrderCommand::Close(CloseReason::TimedOut);

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nobody_has_more_open_orders_than_allowed(steps in shop::steps()) {
        let mut shop = Shop::new();
        for step in &steps {
            shop.run(step);
            for id in 1..=USERS {
                let open = shop.orders.orders(user(id)).filter(|order| order.status == Status::PendingPayment).count();
                prop_assert!(open <= UNPAID_MAX as usize, "U1");
                prop_assert_eq!(shop.orders.admit(user(id), UNPAID_MAX).is_ok(), open < UNPAID_MAX as usize, "U1: miscounted");
            }
        }
    }

    #[test]
    fn an_order_moves_only_along_the_table_one_version_at_a_time(steps in shop::steps()) {
        let mut shop = Shop::new();
        steps.iter().for_each(|step| { shop.run(step); });
        let mut stands: HashMap<OrderId, (Status, u32, Timestamp)> = HashMap::new();
        for record in &shop.journal {
            let Fact::Orders(fact) = &record.fact else { continue };
            let (order, version, status) = match fact {
                OrderFact::Placed(placed) => {
                    prop_assert!(stands.insert(placed.order, (Status::PendingPayment, 1, placed.expires_at)).is_none());
                    continue;
                }
                OrderFact::Paid(paid) => (paid.order, paid.version, Status::Paid),
                OrderFact::Shipped(moved) => (moved.order, moved.version, Status::Shipped),
                OrderFact::Completed(moved) => (moved.order, moved.version, Status::Completed),
                OrderFact::Closed(closed) => (closed.order, closed.version, Status::Closed),
                other => panic!("this shop sells flash items only: {other:?}"),
            };
            let stand = stands.get_mut(&order).expect("placed before it moves");
            prop_assert!(matches!(
                (stand.0, status),
                (Status::PendingPayment, Status::Paid | Status::Closed) | (Status::Paid, Status::Shipped) | (Status::Shipped, Status::Completed)
            ), "O1");
            prop_assert_eq!(version, stand.1 + 1, "O2");
            if let OrderFact::Closed(closed) = fact && closed.reason == CloseReason::TimedOut {
                prop_assert!(record.header.at >= stand.2, "O3");
            }
            *stand = (status, version, stand.2);
        }
    }

    #[test]
    fn what_the_database_has_leaves_memory_and_nothing_else(steps in shop::steps(), cut in any::<prop::sample::Index>()) {
        let mut shop = Shop::new();
        steps.iter().for_each(|step| { shop.run(step); });
        let projected = Sequence(cut.index(shop.journal.len() + 1) as u64);
        let expected: usize = (1..=USERS)
            .flat_map(|id| shop.orders.orders(user(id)))
            .filter(|order| order.status == Status::PendingPayment || order.sequence > projected)
            .count();
        let is_open = |order: &&Order| order.status == Status::PendingPayment;
        let open = (1..=USERS).map(|id| shop.orders.orders(user(id)).filter(is_open).count()).sum::<usize>();
        shop.orders.evict(projected);
        prop_assert_eq!((shop.orders.resident(), shop.orders.open_orders().count()), (expected, open), "U3");
    }
}

/// One open order of user 1 that expires at `STARTS_AT + PAY_WINDOW_MILLIS`.
fn one_order() -> (Shop, OrderId) {
    let mut shop = Shop::new();
    shop.run(&Step::Carve { item: 1, quota: 9, limit: 9 });
    shop.now = Timestamp::from_millis(STARTS_AT);
    assert!(matches!(shop.buy(buy_command(1, 1, 1, 0, 0)), Outcome::Bought { .. }));
    (shop, OrderId::new(1).unwrap())
}

#[test]
fn the_table_of_transitions_is_the_one_in_the_rules() {
    let (shop, id) = one_order();
    let pending = shop.orders.order(user(1), id).unwrap();
    let table = [
        (OrderCommand::Pay, [Some(Status::Paid), None, None, None, None, None]),
        (OrderCommand::Ship, [None, Some(Status::Shipped), None, None, None, None]),
        (OrderCommand::Complete, [None, None, Some(Status::Completed), None, None, None]),
        (CANCEL, [Some(Status::Closed), None, None, None, None, None]),
        (TIME_OUT, [Some(Status::Closed), None, None, None, None, None]),
    ];
    for (command, row) in table {
        for (status, allowed) in STATUSES.into_iter().zip(row) {
            let order = Order { status, ..pending.clone() };
            assert_eq!(order.decide(command, pending.expires_at), allowed.ok_or(Refusal::WrongStatus), "{command:?} of {status:?}");
        }
    }
}

#[test]
fn an_order_times_out_from_its_expiry_and_not_before() {
    let (mut shop, id) = one_order();
    shop.now = Timestamp::from_millis(STARTS_AT + PAY_WINDOW_MILLIS - 1);
    assert_eq!(shop.orders.take_due(shop.now, 9), []);
    assert_eq!(shop.ask(user(1), id, TIME_OUT), Err(Refusal::NotDue));
    shop.now = shop.now.plus_millis(1);
    shop.run(&Step::CloseDue);
    assert_eq!(shop.orders.order(user(1), id).unwrap().close_reason, Some(CloseReason::TimedOut));
    assert_eq!(shop.stock.quota(shop::item(1)).unwrap().remaining(), 9);
}

#[test]
fn a_deadline_handed_back_comes_again_while_its_order_is_open() {
    let (mut shop, id) = one_order();
    let due = shop.orders.take_due(Timestamp::MAX, 9);
    assert_eq!((due.len(), shop.orders.take_due(Timestamp::MAX, 9).len()), (1, 0));
    shop.orders.postpone(due[0]);
    assert_eq!(shop.orders.take_due(Timestamp::MAX, 9), due);
    shop.ask(user(1), id, OrderCommand::Pay).unwrap();
    shop.orders.postpone(due[0]);
    assert_eq!(shop.orders.take_due(Timestamp::MAX, 9), []);
}

#[test]
fn anothers_order_is_unknown() {
    let (mut shop, id) = one_order();
    assert_eq!(shop.ask(user(2), id, CANCEL), Err(Refusal::UnknownOrder));
}

#[test]
fn numbers_of_statuses_are_those_of_the_columns() {
    for (number, status) in (1..).zip(STATUSES) {
        assert_eq!((status as u8, Status::from_number(number)), (number, Some(status)));
        let paid = matches!(number, 2..=4);
        assert_eq!(
            status.payment(),
            if number == 6 {
                PaymentStatus::Refunded
            } else if paid {
                PaymentStatus::Paid
            } else {
                PaymentStatus::Unpaid
            }
        );
    }
    assert_eq!((Status::from_number(0), Status::from_number(7)), (None, None));
    assert_eq!((PaymentStatus::Unpaid as u8, PaymentStatus::Paid as u8, PaymentStatus::Refunded as u8), (0, 1, 2));
}

#[test]
fn an_ended_activity_is_forgotten() {
    let (mut shop, id) = one_order();
    let activity = shop.orders.order(user(1), id).unwrap().lines[0].flash.unwrap().activity;
    assert!(shop.orders.gives_limit_back(user(1), activity));
    shop.ask(user(1), id, CANCEL).unwrap();
    assert!(!shop.orders.gives_limit_back(user(1), activity));
    shop.orders.evict(Sequence(99));
    assert!(!shop.orders.gives_limit_back(user(1), activity), "evicting must not allow a second return");
    shop.orders.forget_activity(activity);
    assert!(shop.orders.gives_limit_back(user(1), activity));
    assert_eq!(OrderShard::default().resident(), shop.orders.resident());
}
