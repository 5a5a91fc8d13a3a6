//! Baskets through the real actors: all or nothing, whatever fails at whatever step.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mallcore_actors::engine::Engine;
use mallcore_actors::facts::{Header, Record};
use mallcore_actors::idempotency::BodyFingerprint;
use mallcore_actors::ids::{OrderId, SkuId};
use mallcore_actors::journal::memory::MemoryJournal;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::{BoxFuture, Provenance};
use mallcore_actors::lag::PARTS;
use mallcore_actors::orders::{Basket, CloseReason, Lane, Refused, Skus, Status, place};
use mallcore_actors::refusal::{Answer, Refusal, Unavailable};
use mallcore_actors::registry::Registry;
use mallcore_actors::stock::{Asked, CloseOrder, Closed, HoldPieces, Placed, Sku, SkuEffect};

use crate::baskets::{basket, fen, key, user};
use crate::floor::{Floor, PATIENT, SHOPPER, UNPAID_MAX, is_ready, on_a_floor};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Busy,
    SoldOut,
    PanicBefore,
    PanicAfter,
    HangBefore,
    HangAfter,
}

/// SKUs of which one hold goes wrong.
struct Faulty {
    registry: Arc<Registry<Sku>>,
    fault: Fault,
    at: usize,
    holds: AtomicUsize,
    is_reached: Arc<AtomicBool>,
}

impl Lane for Faulty {
    fn send(&self, sku: SkuId, effect: SkuEffect) {
        self.registry.effect(sku, effect);
    }
}

impl Skus for Faulty {
    fn hold(&self, sku: SkuId, hold: HoldPieces) -> BoxFuture<Answer<Asked>> {
        let asked = self.registry.hold(sku, hold);
        if self.holds.fetch_add(1, Ordering::SeqCst) != self.at {
            return asked;
        }
        let (fault, is_reached) = (self.fault, Arc::clone(&self.is_reached));
        Box::pin(async move {
            if matches!(fault, Fault::PanicAfter | Fault::HangAfter) {
                assert_eq!(asked.await, Ok(Ok(Asked::Granted)));
            }
            is_reached.store(true, Ordering::SeqCst);
            match fault {
                Fault::Busy => Err(Unavailable::Busy),
                Fault::SoldOut => Ok(Err(Refusal::SoldOut)),
                Fault::PanicBefore | Fault::PanicAfter => panic!("as the test wants"),
                Fault::HangBefore | Fault::HangAfter => std::future::pending().await,
            }
        })
    }

    fn close(&self, sku: SkuId, by: Provenance, close: CloseOrder) -> BoxFuture<Answer<Closed>> {
        self.registry.close(sku, by, close)
    }
}

const WANTS: [(u64, u32); 3] = [(1, 2), (2, 1), (3, 4)];

/// Fails a basket over three SKUs at every step in turn, in every way that `faults` has; `run` says how it is driven to its end.
async fn fail_every_step<F: Future<Output = ()>>(faults: &[Fault], holding_max_millis: u64, run: impl Fn(Arc<Engine>, Arc<Faulty>) -> F) {
    for &fault in faults {
        for at in 0..WANTS.len() {
            let floor = Floor::new(&[(1, 2), (2, 5), (3, 4)], MemoryJournal::durable_at_once(), holding_max_millis);
            let is_reached = Arc::new(AtomicBool::new(false));
            let faulty = Faulty { registry: Arc::clone(&floor.registry), fault, at, holds: AtomicUsize::new(0), is_reached };
            run(Arc::clone(&floor.engine), Arc::new(faulty)).await;
            floor.until(|| floor.engine.coordinators() == 0).await;
            floor.nothing_is_held().await;
            assert_eq!(floor.engine.orders.resident(), 0, "{fault:?} at {at}");
            // The same request, now that nothing fails.
            assert!(matches!(floor.place(1, 1, &WANTS).await, Ok(Ok(Placed { repeat: false, .. }))), "{fault:?} at {at}");
        }
    }
}

#[test]
fn whatever_fails_at_whatever_step_nothing_stays_held() {
    on_a_floor(|| {
        const FAULTS: [Fault; 4] = [Fault::Busy, Fault::SoldOut, Fault::PanicBefore, Fault::PanicAfter];
        fail_every_step(&FAULTS, PATIENT, |engine, faulty| async move {
            let expected = match faulty.fault {
                Fault::Busy => Err(Unavailable::Busy),
                Fault::SoldOut => Ok(Err(Refusal::SoldOut)),
                _ => Err(Unavailable::OutcomeUnknown),
            };
            assert_eq!(place(&engine, &(faulty as Arc<dyn Skus>), SHOPPER, basket(1, 1, &WANTS)).await.map(plain), expected);
        })
    });
}

#[test]
fn a_basket_that_takes_too_long_is_given_up_and_nothing_stays_held() {
    on_a_floor(|| {
        fail_every_step(&[Fault::HangBefore, Fault::HangAfter], 5, |engine, faulty| async move {
            let answer = place(&engine, &(faulty as Arc<dyn Skus>), SHOPPER, basket(1, 1, &WANTS)).await;
            assert_eq!(answer, Err(Unavailable::Busy));
        })
    });
}

#[test]
fn a_basket_whose_task_is_dropped_at_whatever_step_holds_nothing() {
    on_a_floor(|| {
        fail_every_step(&[Fault::HangBefore, Fault::HangAfter], PATIENT, |engine, faulty| async move {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
            let is_reached = Arc::clone(&faulty.is_reached);
            runtime.spawn(async move { place(&engine, &(faulty as Arc<dyn Skus>), SHOPPER, basket(1, 1, &WANTS)).await });
            while !is_reached.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            runtime.shutdown_background();
        })
    });
}

#[test]
fn a_basket_that_cannot_be_recorded_holds_nothing() {
    on_a_floor(|| async {
        let full = Floor::new(&[(1, 2)], MemoryJournal::new(true, 10), PATIENT);
        assert_eq!(full.place(1, 1, &[(1, 2)]).await, Err(Unavailable::JournalFull));
        // What was refused is the reservation of ids: it is told by the same door as every record.
        assert!(full.engine.recorder.is_journal_full());
        full.nothing_is_held().await;
        let failed = Floor::open(&[(1, 2)]);
        failed.journal.fail();
        assert_eq!(failed.place(1, 1, &[(1, 2)]).await, Err(Unavailable::OutcomeUnknown));
        failed.nothing_is_held().await;
    });
}

#[test]
fn nobody_places_more_than_may_be_unpaid_also_at_once() {
    on_a_floor(|| async {
        let floor = Floor::open(&[(1, 100), (2, 100)]);
        let mut placed = Vec::new();
        let all: Vec<_> = (1..=8)
            .map(|number| {
                actix_rt::spawn(client(Arc::clone(&floor.engine), Arc::clone(&floor.skus), basket(1, number, &[(1, 1), (2, 1)]), false))
            })
            .collect();
        for client in all {
            placed.push(client.await.unwrap().unwrap());
        }
        assert_eq!(placed.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count(), UNPAID_MAX as usize);
        assert!(placed.iter().all(|answer| matches!(answer, Ok(Ok(_) | Err(Refusal::TooManyUnpaid { limit: UNPAID_MAX })))));
        floor.is_free(1, 97).await;
        floor.is_free(2, 97).await;
    });
}

/// A client on another thread that wants its basket; one that hangs up does so as soon as its request is on its way.
async fn client(engine: Arc<Engine>, skus: Arc<dyn Skus>, basket: Basket, hangs_up: bool) -> Option<Answer<Placed>> {
    let mut placing = Box::pin(place(&engine, &skus, SHOPPER, basket));
    if hangs_up {
        assert!(!is_ready(&mut placing).await);
        return None;
    }
    Some(placing.await.map(plain))
}

#[test]
fn of_two_opposite_baskets_exactly_one_wins_also_when_clients_hang_up() {
    const ROUNDS: u64 = 2_000;
    on_a_floor(|| async {
        let floor = Floor::open(&[(1, 1), (2, 1)]);
        let other = actix_rt::Arbiter::new();
        floor.registry.live_on(other.handle());
        let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        let open = || -> Vec<(u64, OrderId)> {
            let of = |id| {
                let shard = floor.engine.orders.shard(user(id));
                let open = shard.orders(user(id)).filter(|order| order.status == Status::PendingPayment);
                open.map(|order| (id, order.id)).collect::<Vec<_>>()
            };
            [of(1), of(2)].concat()
        };
        let mut won = [0, 0];
        for round in 0..ROUNDS {
            let mut wants = [(1, [(1, 1), (2, 1)]), (2, [(2, 1), (1, 1)])];
            wants.rotate_left(round as usize % 2);
            let hangs_up = round % 3 == 0;
            let [first, second] = wants.map(|(id, wants)| {
                let (engine, skus) = (Arc::clone(&floor.engine), Arc::clone(&floor.skus));
                clients.spawn(client(engine, skus, basket(id, 2 * round + id, &wants), hangs_up))
            });
            let mut answers = [first.await.unwrap(), second.await.unwrap()];
            answers.sort_by_key(|answer| matches!(answer, Some(Ok(Err(_)))));
            if !hangs_up {
                assert!(matches!(answers[0], Some(Ok(Ok(Placed { repeat: false, .. })))), "{round}: {answers:?}");
                assert_eq!(answers[1], Some(Ok(Err(Refusal::SoldOut))), "{round}");
            }
            floor.until(|| open().len() == 1 && floor.engine.baskets_on_their_way() == 0).await;
            floor.is_free(1, 0).await;
            floor.is_free(2, 0).await;
            let (winner, order) = open()[0];
            won[winner as usize - 1] += 1;
            let closed = floor.orders.close(SHOPPER, user(winner), order, CloseReason::Cancelled).await.unwrap().unwrap();
            assert_eq!((closed.order.status, closed.repeat), (Status::Closed, false));
        }
        floor.nothing_is_held().await;
        assert!(won.iter().all(|won| *won > 0), "both win sometimes: {won:?}");
        other.stop();
        clients.shutdown_background();
    });
}

#[test]
fn a_hold_that_is_loaded_after_its_basket_was_given_up_holds_nothing() {
    on_a_floor(|| async {
        let floor = Floor::new(&[(1, 2)], MemoryJournal::durable_at_once(), 5);
        floor.database.send_replace(false);
        assert_eq!(floor.place(1, 1, &[(1, 2)]).await, Err(Unavailable::Busy));
        floor.database.send_replace(true);
        floor.nothing_is_held().await;
    });
}

#[test]
fn a_repeat_gets_the_first_answer_and_one_on_its_way_is_busy() {
    on_a_floor(|| async {
        let floor = Floor::new(&[(1, 2)], MemoryJournal::durable_when_told(), PATIENT);
        let (mut first, second) = (Box::pin(floor.place(1, 1, &[(1, 2)])), floor.place(1, 1, &[(1, 2)]));
        assert!(!is_ready(&mut first).await);
        assert_eq!(second.await, Err(Unavailable::Busy));
        floor.until(|| floor.engine.orders.resident() == 1).await;
        assert!(!is_ready(&mut first).await, "not durable yet");
        floor.journal.sync();
        let receipt = first.await.unwrap().unwrap().receipt;
        assert_eq!(receipt.no.to_string().len(), 31);
        // Sold out, and the shop lets nobody in: the repeat has its answer all the same.
        floor.engine.admission.turn_away(PARTS);
        assert_eq!(floor.place(1, 1, &[(1, 2)]).await, Ok(Ok(Placed { receipt, repeat: true })));
        assert_eq!(floor.place(1, 2, &[(1, 1)]).await, Err(Unavailable::LagFull));
        let other = Basket::new(user(1), vec![crate::baskets::line(1, 1, 1, 0)], fen(0), (key(1), BodyFingerprint::from_u64(9)));
        assert_eq!(place(&floor.engine, &floor.skus, SHOPPER, other.unwrap()).await.map(plain), Ok(Err(Refusal::IdempotencyMismatch)));
    });
}

#[test]
fn ids_are_reserved_by_the_process_itself_before_the_order_of_a_shopper() {
    on_a_floor(|| async {
        let floor = Floor::open(&[(1, 2)]);
        floor.placed(1, 1, &[(1, 1)]).await;
        let mut records = Vec::new();
        floor.journal.read(Sequence(1), usize::MAX, &mut |_, bytes| records.push(Record::decode(bytes).unwrap())).unwrap();
        let [reserved, placed] = &records[..] else { panic!("{records:?}") };
        assert_eq!((reserved.fact.name(), reserved.header), ("ids.reserved", Header::system(placed.header.at)));
        assert_eq!((placed.fact.name(), placed.header.origin), ("order.placed", SHOPPER.origin));
    });
}

/// The refusal without the SKU that it is about.
fn plain<T>(answer: Result<T, Refused>) -> Result<T, Refusal> {
    answer.map_err(|refused| refused.refusal)
}
