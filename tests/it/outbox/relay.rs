//! The relay between destinations that come and go, on both engines.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mallcore::platform::clock::SystemClock;
use mallcore::platform::database::Database;
use mallcore::platform::outbox::{AfterSaleCompleted, CompletedLine, Message, PriceChanged, RefundAfterSale, SkuPrice, Topic};
use mallcore::platform::outbox::{Destination, Effects, Relay, RelaySettings, Rounds, Subscriptions, ToBroker, repository};
use mallcore_actors::ids::{AfterSaleId, ID_MAX, OrderId, RefundId, SkuId, UserId};
use mallcore_actors::money::{MONEY_MAX_FEN, Money};
use mallcore_actors::quantity::{QUANTITY_MAX, Quantity};
use mallcore_actors::stock::adjustment::{OPERATOR_CHARACTERS_MAX, Operator};
use mallcore_actors::time::Timestamp;

use super::destinations::{Destinations, Renewing};
use super::repository::{adjust, append, at, ids, shelve};
use crate::api::app::until;
use crate::broker::rig::Rig;
use crate::database::scratch;

/// With a snapshot of products.
fn relay_with(database: &Database, to: &Arc<Destinations>, renewing: &Arc<Renewing>) -> Relay {
    let subscriptions = Subscriptions::default();
    let renewing = Arc::clone(renewing);
    subscriptions.on_changed(Topic::Product, move |ids: Arc<[u64]>| renewing.changed(&ids));
    let effects = Effects { shop: to.clone(), events: to.clone(), cache: to.clone(), subscriptions, database: database.clone() };
    let clock = Arc::new(SystemClock::starting_after(Timestamp::default()));
    Relay::new(effects, clock, RelaySettings { retain: Duration::from_secs(3600) })
}

fn relay(database: &Database, to: &Arc<Destinations>) -> Relay {
    relay_with(database, to, &Arc::default())
}

/// Rounds of every destination until nothing moves any more.
async fn rounds(relay: &Relay) {
    for destination in Destination::ALL {
        relay.round(destination, &mut Rounds::default()).await;
    }
}

#[tokio::test]
async fn a_destination_that_is_away_holds_up_no_other_and_gets_all_of_it_later() {
    for scratch in scratch::both().await {
        let (database, to) = (&scratch.database, Arc::new(Destinations::default()));
        let relay = relay(database, &to);
        to.events_away.store(true, Ordering::SeqCst);
        for message in [shelve(7), adjust(1, 1), shelve(8), shelve(7)] {
            append(database, &message, at(0)).await;
        }
        rounds(&relay).await;
        assert_eq!((ids(database, Destination::Shop).await, ids(database, Destination::Cache).await), (vec![], vec![]));
        assert_eq!(ids(database, Destination::Events).await, [1, 3, 4]);
        assert_eq!(*to.adjusted.lock().unwrap(), [(1, 2)]);
        assert_eq!(*to.refreshed.lock().unwrap(), [7, 8, 7]);
        assert_eq!(*to.rereads.lock().unwrap(), 1, "one reading is later than all rows of a page");
        assert_eq!(repository::by_id(database, 1).await.unwrap().unwrap().attempts, 1);
        to.events_away.store(false, Ordering::SeqCst);
        rounds(&relay).await;
        let published: Vec<_> = to.published.lock().unwrap().iter().map(|event| event.id.clone()).collect();
        assert_eq!(published, ["outbox-1", "outbox-3", "outbox-4"]);
        assert_eq!(repository::unprocessed(database, 10).await.unwrap(), []);
        rounds(&relay).await;
        assert_eq!(to.published.lock().unwrap().len(), 3, "what was marked is not carried out again");
    }
}

#[tokio::test]
async fn snapshots_read_a_page_of_changed_rows_once_and_again_when_they_could_not() {
    for scratch in scratch::both().await {
        let (database, to) = (&scratch.database, Arc::new(Destinations::default()));
        let renewing = Arc::new(Renewing::default());
        let relay = relay_with(database, &to, &renewing);
        renewing.away.store(true, Ordering::SeqCst);
        let changed = |topic, id| Message::changed(topic, id);
        for message in [changed(Topic::Product, 7), changed(Topic::Brand, 7), shelve(8), changed(Topic::Product, 7), changed(Topic::Tag, 1)]
        {
            append(database, &message, at(0)).await;
        }
        rounds(&relay).await;
        assert_eq!(ids(database, Destination::Shop).await, [1, 2, 3, 4, 5], "nothing is done before the snapshot has it");
        assert_eq!(*to.refreshed.lock().unwrap(), [7, 8, 7], "the cache holds products, and goes its own way");
        renewing.away.store(false, Ordering::SeqCst);
        rounds(&relay).await;
        assert_eq!(*renewing.read.lock().unwrap(), [vec![7, 8]], "one reading serves every row of the page");
        assert_eq!(ids(database, Destination::Shop).await, Vec::<u64>::new(), "nobody holds brands and tags here");
    }
}

#[tokio::test]
async fn an_actor_that_is_not_there_holds_up_its_own_rows_only() {
    for scratch in scratch::both().await {
        let (database, to) = (&scratch.database, Arc::new(Destinations::default()));
        let relay = relay(database, &to);
        to.warming.lock().unwrap().insert(1);
        for sku in [1, 2, 1, 2] {
            append(database, &adjust(sku, 1), at(0)).await;
        }
        rounds(&relay).await;
        assert_eq!(*to.adjusted.lock().unwrap(), [(2, 2), (2, 4)]);
        to.warming.lock().unwrap().clear();
        rounds(&relay).await;
        assert_eq!(to.adjusted.lock().unwrap()[2..], [(1, 1), (1, 3)]);
    }
}

#[tokio::test]
async fn a_row_of_a_later_release_is_parked_with_its_aggregate() {
    for scratch in scratch::both().await {
        let (database, to) = (&scratch.database, Arc::new(Destinations::default()));
        let relay = relay(database, &to);
        for message in [adjust(1, 1), adjust(2, 1), adjust(1, 2)] {
            append(database, &message, at(0)).await;
        }
        let mut tx = database.begin().await.unwrap();
        tx.execute("UPDATE outbox SET kind = 'stock.split' WHERE id = 1", Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        rounds(&relay).await;
        assert_eq!(*to.adjusted.lock().unwrap(), [(2, 2)]);
        let parked = repository::by_id(database, 1).await.unwrap().unwrap().parked.unwrap();
        assert!(parked.contains("stock.split"), "{parked}");
        assert!(repository::discard(database, 1, at(9)).await.unwrap());
        rounds(&relay).await;
        assert_eq!(*to.adjusted.lock().unwrap(), [(2, 2), (1, 3)]);
    }
}

#[tokio::test]
async fn a_running_relay_sees_what_another_process_appends_and_removes_nothing_young() {
    for scratch in scratch::both().await {
        let (database, to) = (&scratch.database, Arc::new(Destinations::default()));
        append(database, &shelve(7), at(0)).await;
        let relay = relay(database, &to);
        let running = relay.spawn();
        let all_done = async || repository::unprocessed(database, 10).await.unwrap().is_empty();
        until("what was there at the start is done", all_done).await;
        append(database, &shelve(8), at(0)).await;
        until("what came later is done", all_done).await;
        append(database, &shelve(9), at(0)).await;
        relay.wake();
        until("what was announced is done", all_done).await;
        running.stop().await;
        let published: Vec<_> = to.published.lock().unwrap().iter().map(|event| event.id.clone()).collect();
        assert_eq!(published, ["outbox-1", "outbox-2", "outbox-3"]);
        assert!(repository::by_id(database, 1).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn what_is_published_is_as_documented() {
    let scratch = scratch::sqlite().await;
    let (database, to) = (&scratch.database, Arc::new(Destinations::default()));
    let sku = SkuPrice { sku_id: SkuId::new(ID_MAX).unwrap(), from_fen: Money::ZERO, price_fen: Money::from_fen(MONEY_MAX_FEN).unwrap() };
    let operator = Operator::parse(&"😀".repeat(OPERATOR_CHARACTERS_MAX)).unwrap();
    let priced = PriceChanged { product_id: ID_MAX, price_fen: sku.price_fen, skus: vec![sku; 3], operator };
    let changed = Topic::ALL.iter().map(|topic| Message::changed(*topic, ID_MAX));
    let line = CompletedLine { sku_id: sku.sku_id, quantity: Quantity::new(QUANTITY_MAX).unwrap(), amount_fen: sku.price_fen };
    let completed = AfterSaleCompleted {
        after_sale_id: AfterSaleId::new(ID_MAX).unwrap(),
        order_id: OrderId::new(ID_MAX).unwrap(),
        user_id: UserId::new(ID_MAX).unwrap(),
        refund_id: RefundId::new(ID_MAX).unwrap(),
        kind: "return".to_owned(),
        amount_fen: sku.price_fen,
        freight_fen: Money::ZERO,
        restock: false,
        lines: vec![line; 2],
    };
    // For the shop alone: what becomes of it is told by the order and the case.
    let refund = Message::RefundAfterSale(RefundAfterSale { after_sale_id: completed.after_sale_id });
    for message in [Message::PriceChanged(priced), shelve(7), refund, Message::AfterSaleCompleted(completed)].into_iter().chain(changed) {
        append(database, &message, at(0)).await;
    }
    rounds(&relay(database, &to)).await;
    let published = to.published.lock().unwrap();
    assert_eq!(published.len(), 3 + Topic::ALL.len());
    assert_eq!(*to.refunds.lock().unwrap(), [ID_MAX]);
    for event in published.iter() {
        let path = format!("{}/docs/events/{}.schema.json", env!("CARGO_MANIFEST_DIR"), event.kind);
        let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<_> = validator.iter_errors(&body).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{body}");
        assert!(!validator.is_valid(&body["data"]), "the schema admits anything");
        assert_eq!(event.id, format!("outbox-{}", body["outbox_id"]));
        assert_eq!(body["occurred_at"], "2026-11-23T16:30:05.000Z");
    }
}

#[tokio::test]
async fn rabbitmq_gets_the_events_in_order_under_the_rows_ids() {
    let rig = Rig::new().await;
    let mut heard = rig.hear("product.*").await;
    let scratch = scratch::mysql().await;
    let (database, to) = (&scratch.database, Arc::new(Destinations::default()));
    let events = Arc::new(ToBroker::spawn(rig.target()).unwrap());
    let (cache, subscriptions) = (to.clone(), Subscriptions::default());
    let effects = Effects { shop: to, events, cache, subscriptions, database: database.clone() };
    let clock = Arc::new(SystemClock::starting_after(Timestamp::default()));
    let running = Relay::new(effects, clock, RelaySettings { retain: Duration::from_secs(3600) }).spawn();
    for message in [shelve(7), adjust(1, 1), shelve(8)] {
        append(database, &message, at(0)).await;
    }
    for (id, product) in [("outbox-1", 7), ("outbox-3", 8)] {
        let delivery = heard.next().await;
        assert_eq!(heard.ids.back().unwrap(), id);
        assert_eq!(delivery.routing_key.as_str(), "product.status_changed");
        let body: serde_json::Value = serde_json::from_slice(&delivery.data).unwrap();
        assert_eq!(body["data"]["product_id"], product);
    }
    until("the broker's rows are marked", async || ids(database, Destination::Events).await.is_empty()).await;
    running.stop().await;
}

#[tokio::test]
async fn a_full_queue_of_the_broker_holds_up_no_row_for_the_other_queues_and_gets_all_of_them_later() {
    let rig = Rig::new().await;
    let mut healthy = rig.hear("product.*").await;
    let narrow = rig.narrow("product.*", 1).await;
    let scratch = scratch::mysql().await;
    let (database, to) = (&scratch.database, Arc::new(Destinations::default()));
    let events = Arc::new(ToBroker::spawn(rig.target()).unwrap());
    let subscriptions = Subscriptions::default();
    let effects = Effects { shop: to.clone(), events, cache: to.clone(), subscriptions, database: database.clone() };
    let clock = Arc::new(SystemClock::starting_after(Timestamp::default()));
    let relay = Relay::new(effects, clock, RelaySettings { retain: Duration::from_secs(3600) });
    let running = relay.spawn();
    for product in [7, 7, 8] {
        append(database, &shelve(product), at(0)).await;
    }
    for id in ["outbox-1", "outbox-2", "outbox-3"] {
        healthy.until(id).await;
    }
    append(database, &shelve(7), at(0)).await;
    healthy.until("outbox-4").await;
    assert_eq!(ids(database, Destination::Events).await, [2, 3, 4], "a row counts as published though a queue lacks it");
    let taken = RefCell::new(Vec::new());
    until("the queue has all of them", async || {
        let some = narrow.take().await;
        taken.borrow_mut().extend(some);
        (1..=4).all(|row| taken.borrow().contains(&format!("outbox-{row}")))
    })
    .await;
    until("all rows are marked", async || ids(database, Destination::Events).await.is_empty()).await;
    running.stop().await;
}
