//! What actors and the order book load is what memory had, and repositories read what was stored.

use mallcore::features::{orders, stock};
use mallcore::platform::database::Database;
use mallcore::platform::projection::attach;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::OrderId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::orders::Status;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::{Buy, Purchase};
use mallcore_actors::time::Timestamp;

use super::events::{LIMIT, START, Shop, activity, item, sku, stage, user};
use super::journal::MemoryJournal;
use super::projection::{day, project};
use super::scratch;

async fn stored(database: &Database, shop: &Shop) {
    stage(database).await;
    attach(database, &MemoryJournal::new(), mallcore::platform::projection::NAME, &[mallcore::platform::projection::NAME]).await.unwrap();
    project(database, shop, 0, shop.records.len()).await;
}

#[tokio::test]
async fn a_loaded_sku_answers_every_command_as_the_one_in_memory() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        stored(&scratch.database, &shop).await;
        for live in &shop.stocks {
            let loaded = stock::repository::load(&scratch.database, live.sku()).await.unwrap();
            assert_eq!(loaded.checkpoint, Sequence(shop.records.len() as u64));
            let loaded = loaded.value.unwrap();
            assert_eq!((loaded.available(), loaded.held(), loaded.sold()), (live.available(), live.held(), live.sold()));
            assert_eq!((loaded.version(), loaded.last_adjustment()), (live.version(), live.last_adjustment()));
            for buyer in 1..=5 {
                for pieces in 1..=LIMIT {
                    let command = Buy {
                        item: item(live.sku().get()),
                        user: user(buyer),
                        quantity: Quantity::new(pieces).unwrap(),
                        key: KeyHash::of("another", "key"),
                        body: BodyFingerprint::of(b""),
                        address: None,
                    };
                    let now = Timestamp::from_millis(START + 500);
                    let (ours, theirs) = (loaded.decide_buy(&command, now), live.decide_buy(&command, now));
                    // A released quota without unpaid orders is not loaded: nobody can buy from it either way.
                    if live.quota(command.item).is_none_or(|quota| !quota.released()) {
                        assert_eq!(ours, theirs, "{command:?}");
                    } else {
                        assert!(ours.is_err() && theirs.is_err());
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_repeated_key_gets_its_first_receipt_from_a_loaded_sku() {
    let shop = Shop::after(&day()[..15]);
    for scratch in scratch::both().await {
        stored(&scratch.database, &shop).await;
        let mut repeats = 0;
        for placed in shop.placed.iter().filter(|placed| placed.lines[0].flash.is_some()) {
            let line = placed.lines[0];
            let loaded = stock::repository::load(&scratch.database, line.sku).await.unwrap().value.unwrap();
            let item = line.flash.unwrap().item;
            let command = Buy { item, user: placed.user, quantity: line.quantity, key: placed.key, body: placed.body, address: None };
            let now = Timestamp::from_millis(START + 500);
            let Ok(Purchase::Repeat(receipt)) = loaded.decide_buy(&command, now) else { panic!("{command:?} is a repeat") };
            assert_eq!(
                (receipt.order, receipt.no, receipt.payable, receipt.expires_at),
                (placed.order, placed.no, placed.payable, placed.expires_at)
            );
            repeats += 1;
        }
        assert_eq!(repeats, 8);
    }
}

#[tokio::test]
async fn open_orders_limits_and_ids_are_those_of_memory() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        assert_eq!(orders::id_block(&scratch.database).await.unwrap().value, 1, "an empty database has given out no ids");
        stored(&scratch.database, &shop).await;
        let open = orders::open_orders(&scratch.database).await.unwrap().value;
        let live: Vec<_> = shop.orders.iter().filter(|order| order.status == Status::PendingPayment).cloned().collect();
        assert!(!live.is_empty());
        assert_eq!(open, live);
        let mut returned = orders::limits_returned(&scratch.database).await.unwrap().value;
        let mut expected = shop.limits_returned.clone();
        returned.sort();
        expected.sort();
        expected.dedup();
        assert!(!expected.is_empty() && expected.iter().all(|(_, of)| *of == activity()));
        assert_eq!(returned, expected);
        assert_eq!(orders::id_block(&scratch.database).await.unwrap().value, 1001);
    }
}

#[tokio::test]
async fn a_shoppers_orders_come_newest_first_page_by_page() {
    let shop = Shop::after(&day());
    for scratch in scratch::both().await {
        stored(&scratch.database, &shop).await;
        let mut expected: Vec<OrderId> = shop.orders.iter().filter(|order| order.user == user(2)).map(|order| order.id).collect();
        expected.reverse();
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = orders::repository::of_user(&scratch.database, user(2), None, before, 2).await.unwrap().value;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            found.extend(page.iter().map(|order| order.id));
        }
        assert_eq!(found, expected);
        let first = &shop.orders[0];
        let by_no = orders::repository::by_no(&scratch.database, first.no).await.unwrap().value.unwrap();
        assert_eq!((by_no.id, by_no.items[0].sku), (first.id, sku(1)));
        assert_eq!(by_no.total, Money::from_fen(2 * 1999).unwrap());
    }
}
