//! The life of orders under any sequence of commands: money adds up, versions are dense, replay equals what is live.

use std::collections::BTreeMap;

use mallcore_actors::ids::{OrderId, SkuId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::orders::{CloseReason, LineProgress, OrderFact, OrderShard, Status};
use mallcore_actors::stock::Stock;
use proptest::prelude::*;

use crate::baskets::{sku, user};
use crate::order_world::{RECEIVED, SKUS, Step, World, steps, stocks};

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
                (Some(before), after) if before == after => {
                    let is_attempt = matches!(order_fact, OrderFact::PaymentStarted(_) | OrderFact::PaymentEnded(_));
                    before != Status::PendingPayment || is_attempt
                }
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
