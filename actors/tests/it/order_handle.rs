//! Orders through their handle: loading, durability, timers, flash orders.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::Actor;
use mallcore_actors::idempotency::BodyFingerprint;
use mallcore_actors::ids::{ActivityId, FlashItemId, OrderId};
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::{LoadFailed, Provenance};
use mallcore_actors::orders::{AttemptNumber, CloseReason, Deadlines, Order, Status};
use mallcore_actors::refusal::{Refusal, Unavailable};
use mallcore_actors::stock::{Buy, CarveQuota, CloseOrder, PlaceOrder, QuotaPlan, ReleaseQuota};
use mallcore_actors::time::Timestamp;

use crate::baskets::{fen, key, parcel, payment, pieces, refund, sku, user};
use crate::floor::{Floor, PATIENT, SHOPPER, is_ready, on_a_floor};

#[test]
fn an_order_lives_through_its_handle_and_comes_back_after_it_left_memory() {
    on_a_floor(|| async {
        let floor = Floor::open(&[(1, 5), (2, 5)]);
        let (order, no_order) = (floor.placed(1, 1, &[(1, 2), (2, 1)]).await, OrderId::new(99).unwrap());
        let paid = floor.orders.pay(SHOPPER, user(1), order, &payment(1, fen(300))).await.unwrap().unwrap();
        assert_eq!((paid.order.status, paid.repeat), (Status::Paid, false));
        let (before, checkpoint) = (paid.order.clone(), paid.order.sequence);
        let shipped = floor.orders.ship(SHOPPER, user(1), order, &parcel(1, &[(1, 2)])).await.unwrap().unwrap().order;
        let last = shipped.sequence;
        floor.engine.orders.evict(last);
        assert_eq!(floor.order(1, order), None);
        // A row from before the parcel is read again, until the database has it.
        *floor.rows.0.lock() = vec![Ok((Some(before.clone()), checkpoint)), Ok((None, checkpoint)), Ok((Some(shipped.clone()), last))];
        let again = floor.orders.ship(SHOPPER, user(1), order, &parcel(1, &[(1, 2)])).await.unwrap().unwrap();
        assert_eq!((again.order, again.repeat), (shipped.clone(), true), "the parcel is known after the order left");
        assert_eq!(floor.rows.1.load(Ordering::SeqCst), 3);
        let all = floor.orders.ship(SHOPPER, user(1), order, &parcel(2, &[(2, 1)])).await.unwrap().unwrap();
        assert_eq!((all.order.status, floor.rows.1.load(Ordering::SeqCst)), (Status::Shipped, 3), "it is in memory");
        floor.clock.0.fetch_add(6_999, Ordering::SeqCst);
        assert_eq!(floor.orders.auto_complete(Provenance::SYSTEM, user(1), order).await, Ok(Err(Refusal::NotDue)));
        assert_eq!(floor.orders.hide(SHOPPER, user(1), order).await, Ok(Err(Refusal::WrongStatus)));
        floor.clock.0.fetch_add(1, Ordering::SeqCst);
        floor.orders.auto_complete(Provenance::SYSTEM, user(1), order).await.unwrap().unwrap();
        let back = floor.orders.refund(SHOPPER, user(1), order, &refund(1, &[(1, 2), (2, 1)], 0, true)).await.unwrap().unwrap();
        assert_eq!(back.order.status, Status::Refunded);
        assert!(floor.orders.hide(SHOPPER, user(1), order).await.unwrap().unwrap().order.is_hidden);
        assert!(floor.orders.hide(SHOPPER, user(1), order).await.unwrap().unwrap().repeat);
        floor.nothing_is_held().await;
        // Nobody else's, and nobody's.
        *floor.rows.0.lock() = vec![Ok((None, floor.journal.last_enqueued()))];
        assert_eq!(floor.orders.hide(SHOPPER, user(2), order).await, Ok(Err(Refusal::UnknownOrder)));
        assert_eq!(floor.orders.hide(SHOPPER, user(1), no_order).await, Ok(Err(Refusal::UnknownOrder)));
        // A row that never catches up, and a database that does not answer.
        floor.engine.orders.require(Sequence(1_000));
        *floor.rows.0.lock() = vec![Ok((Some(Order { id: no_order, ..before.clone() }), checkpoint))];
        assert_eq!(floor.orders.hide(SHOPPER, user(1), no_order).await, Err(Unavailable::Warming));
        *floor.rows.0.lock() = vec![Err(LoadFailed("away".into()))];
        assert_eq!(floor.orders.hide(SHOPPER, user(1), no_order).await, Err(Unavailable::Warming));
    });
}

#[test]
fn an_answer_to_a_command_waits_for_the_disk() {
    on_a_floor(|| async {
        let floor = Floor::new(&[(1, 5)], MemoryJournal::durable_when_told(), PATIENT);
        let place = floor.place(1, 1, &[(1, 1)]);
        let sync = async {
            floor.until(|| floor.engine.orders.resident() == 1).await;
            floor.journal.sync();
        };
        let (placed, ()) = tokio::join!(place, sync);
        let order = placed.unwrap().unwrap().receipt.order;
        let paid = payment(1, fen(100));
        let mut pay = Box::pin(floor.orders.pay(SHOPPER, user(1), order, &paid));
        assert!(!is_ready(&mut pay).await, "the record is not on disk");
        assert_eq!(floor.order(1, order).unwrap().status, Status::Paid);
        floor.journal.fail();
        assert_eq!(pay.await, Err(Unavailable::OutcomeUnknown));
    });
}

#[test]
fn the_timer_closes_baskets_that_were_not_paid_in_time_and_never_before() {
    on_a_floor(|| async {
        let floor = Floor::open(&[(1, 5), (2, 5)]);
        let order = floor.placed(1, 1, &[(1, 5), (2, 5)]).await;
        floor.clock.0.fetch_add(499, Ordering::SeqCst);
        assert_eq!(floor.orders.close(Provenance::SYSTEM, user(1), order, CloseReason::TimedOut).await, Ok(Err(Refusal::NotDue)));
        let _timer = Deadlines::new(Arc::clone(&floor.engine), floor.orders.clone()).start();
        floor.clock.0.fetch_add(1, Ordering::SeqCst);
        floor.until(|| floor.order(1, order).unwrap().status == Status::Closed).await;
        assert_eq!(floor.order(1, order).unwrap().close_reason, Some(CloseReason::TimedOut));
        floor.nothing_is_held().await;
        assert_eq!(floor.orders.pay(SHOPPER, user(1), order, &payment(1, fen(1_000))).await, Ok(Err(Refusal::OrderClosed)));
        let in_sku = CloseOrder { user: user(1), order, reason: CloseReason::Cancelled };
        assert_eq!(floor.registry.ask(sku(1), SHOPPER, in_sku).await.map(|answer| answer.err()), Ok(Some(Refusal::WrongStatus)));
    });
}

#[test]
fn a_key_is_answered_after_the_end_for_as_long_as_its_order_can_be_paid() {
    on_a_floor(|| async {
        let floor = Floor::open(&[(1, 5)]);
        let item = FlashItemId::new(1).unwrap();
        let plan = QuotaPlan {
            item,
            activity: ActivityId::new(1).unwrap(),
            quota: 5,
            limit_per_user: 5,
            unit_price: fen(100),
            starts_at: Timestamp::default(),
            ends_at: Timestamp::from_millis(2_000),
        };
        floor.registry.ask(sku(1), Provenance::SYSTEM, CarveQuota(plan)).await.unwrap().unwrap();
        let buy = |number| Buy {
            item,
            user: user(1),
            quantity: pieces(2),
            key: key(number),
            body: BodyFingerprint::from_u64(number),
            address: None,
        };
        floor.clock.0.store(1_999, Ordering::SeqCst);
        let first = floor.registry.ask(sku(1), SHOPPER, PlaceOrder(buy(1))).await.unwrap().unwrap();
        floor.clock.0.store(2_000, Ordering::SeqCst);
        floor.registry.ask(sku(1), Provenance::SYSTEM, ReleaseQuota(item)).await.unwrap().unwrap();
        let order = first.receipt.order;
        let repeated = async || {
            floor.registry.ask(sku(1), SHOPPER, PlaceOrder(buy(1))).await.unwrap().map(|placed| (placed.repeat, placed.receipt.no))
        };
        assert_eq!(repeated().await, Ok((true, first.receipt.no)));
        floor.orders.start_payment(SHOPPER, user(1), order).await.unwrap().unwrap();
        assert_eq!(repeated().await, Ok((true, first.receipt.no)), "its shopper is at the cashier");
        floor.orders.end_payment(SHOPPER, user(1), order, AttemptNumber::FIRST).await.unwrap().unwrap();
        assert_eq!(repeated().await, Ok((true, first.receipt.no)), "and may come back");
        let other_body = Buy { body: BodyFingerprint::from_u64(7), ..buy(1) };
        assert_eq!(floor.registry.ask(sku(1), SHOPPER, PlaceOrder(other_body)).await, Ok(Err(Refusal::IdempotencyMismatch)));
        assert_eq!(floor.registry.ask(sku(1), SHOPPER, PlaceOrder(buy(2))).await, Ok(Err(Refusal::Ended)));
        // It is paid, sent and refunded like any other order, after its sale too; closing goes through its SKU.
        floor.orders.pay(SHOPPER, user(1), order, &payment(1, fen(200))).await.unwrap().unwrap();
        assert_eq!(repeated().await, Err(Refusal::Ended), "there is nothing to pay any more");
        floor.orders.refund(SHOPPER, user(1), order, &refund(1, &[(1, 2)], 0, true)).await.unwrap().unwrap();
        floor.is_free(1, 5).await;
    });
}

#[test]
fn a_flash_order_is_closed_through_the_handle_and_once() {
    on_a_floor(|| async {
        let floor = Floor::open(&[(1, 5)]);
        let item = FlashItemId::new(1).unwrap();
        let (starts_at, ends_at) = (Timestamp::default(), Timestamp::MAX);
        let plan = QuotaPlan {
            item,
            activity: ActivityId::new(1).unwrap(),
            quota: 5,
            limit_per_user: 5,
            unit_price: fen(100),
            starts_at,
            ends_at,
        };
        floor.registry.ask(sku(1), Provenance::SYSTEM, CarveQuota(plan)).await.unwrap().unwrap();
        let buy = Buy { item, user: user(1), quantity: pieces(5), key: key(1), body: BodyFingerprint::from_u64(1), address: None };
        let order = floor.registry.ask(sku(1), SHOPPER, PlaceOrder(buy)).await.unwrap().unwrap().receipt.order;
        let cancel = || floor.orders.close(SHOPPER, user(1), order, CloseReason::Cancelled);
        assert_eq!(cancel().await.unwrap().map(|closed| (closed.order.status, closed.repeat)), Ok((Status::Closed, false)));
        assert!(cancel().await.unwrap().unwrap().repeat);
        assert_eq!(floor.orders.close(SHOPPER, user(1), order, CloseReason::TimedOut).await, Ok(Err(Refusal::WrongStatus)));
        let again = Buy { key: key(2), ..buy };
        assert!(floor.registry.ask(sku(1), SHOPPER, PlaceOrder(again)).await.unwrap().is_ok(), "the pieces are in the quota again");
    });
}
