//! Products in Redis: as the database has them, never older, and all of them again after an outage. On both databases.

use std::sync::Arc;
use std::time::Duration;

use mallcore::platform::cache::{NotWritten, Products, product_key};
use mallcore::platform::clock::SystemClock;
use mallcore::platform::database::Database;
use mallcore::platform::outbox::{Destination, Effects, Relay, RelaySettings, Rounds, Subscriptions, repository};
use mallcore::platform::redis::{Condition, Link};
use mallcore_actors::time::Timestamp;
use serde_json::{Value, json};

use crate::api::app::until;
use crate::database::scratch;
use crate::outbox::destinations::Destinations;
use crate::outbox::repository::{append, at, shelve};
use crate::redis::server::{Server, link};

const LIVES: Duration = Duration::from_secs(600);

async fn statement(database: &Database, text: &str) {
    let mut tx = database.begin().await.unwrap();
    tx.execute(text, Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Product 1 to `count`, each with one SKU; the version of all is 1000.
async fn stage(database: &Database, count: u64) {
    let mut tx = database.begin().await.unwrap();
    for id in 1..=count {
        let at = Timestamp::from_millis(1_000);
        let text = "INSERT INTO products (id, name, price_fen, status, updated_at) VALUES (?, '杯', 1900, 1, ?)";
        tx.execute(text, vec![id.into(), at.into()]).await.unwrap();
        let text = "INSERT INTO skus (id, product_id, spec, price_fen, available) VALUES (?, ?, '蓝', 1900, 5)";
        tx.execute(text, vec![id.into(), id.into()]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn edit(database: &Database, id: u64, price_fen: u64, status: i64, version: u64) {
    let mut tx = database.begin().await.unwrap();
    let at = Timestamp::from_millis(version);
    let text = "UPDATE products SET price_fen = ?, status = ?, updated_at = ? WHERE id = ?";
    tx.execute(text, vec![price_fen.into(), status.into(), at.into(), id.into()]).await.unwrap();
    tx.execute("UPDATE skus SET price_fen = ? WHERE product_id = ?", vec![price_fen.into(), id.into()]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn get(link: &Link, key: &str) -> Value {
    let text: Option<String> = link.query(redis::cmd("GET").arg(key)).await.unwrap();
    text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn every_product_is_there_after_a_start_and_says_what_shoppers_see() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    for scratch in scratch::both().await {
        let _: () = link.query(&redis::cmd("FLUSHALL")).await.unwrap();
        stage(&scratch.database, 450).await;
        statement(&scratch.database, "UPDATE products SET status = 0 WHERE id = 2").await;
        Products::new(link.clone(), scratch.database.clone(), LIVES).warm().await.unwrap();
        assert_eq!(link.query::<u64>(&redis::cmd("DBSIZE")).await.unwrap(), 450);
        let expected = json!({
            "version": 1000, "id": 1, "on_sale": true, "name": "杯", "description": "", "category_id": null, "image": null,
            "price_fen": 1900, "skus": [{ "id": 1, "spec": "蓝", "price_fen": 1900 }],
        });
        assert_eq!(get(&link, &product_key(1)).await, expected);
        assert_eq!(get(&link, "product:2").await, json!({ "version": 1000, "id": 2, "on_sale": false }));
        let lives: u64 = link.query(redis::cmd("PTTL").arg("product:450")).await.unwrap();
        assert!((590_000..=720_000).contains(&lives), "{lives}");
    }
}

#[tokio::test]
async fn an_older_write_never_takes_the_place_of_a_newer_one() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    for scratch in scratch::both().await {
        let _: () = link.query(&redis::cmd("FLUSHALL")).await.unwrap();
        stage(&scratch.database, 3).await;
        let products = Products::new(link.clone(), scratch.database.clone(), LIVES);
        products.refresh(1).await.unwrap();
        edit(&scratch.database, 1, 1_500, 1, 2_000).await;
        products.refresh(1).await.unwrap();
        assert_eq!(get(&link, "product:1").await["price_fen"], 1_500);
        // A writer that was held up comes with what it read before the edit.
        edit(&scratch.database, 1, 1_900, 1, 1_999).await;
        products.refresh(1).await.unwrap();
        products.warm().await.unwrap();
        assert_eq!(get(&link, "product:1").await["price_fen"], 1_500);
        // Off the shelf is a version too: nothing older brings it back.
        edit(&scratch.database, 1, 1_500, 0, 3_000).await;
        products.refresh(1).await.unwrap();
        edit(&scratch.database, 1, 1_500, 1, 2_000).await;
        products.refresh(1).await.unwrap();
        assert_eq!(get(&link, "product:1").await, json!({ "version": 3000, "id": 1, "on_sale": false }));
        products.refresh(99).await.unwrap();
        assert_eq!(get(&link, "product:99").await, Value::Null);
    }
}

#[tokio::test]
async fn what_is_not_ours_is_replaced() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    let scratch = scratch::sqlite().await;
    stage(&scratch.database, 1).await;
    let products = Products::new(link.clone(), scratch.database.clone(), LIVES);
    let _: String = link.query(redis::cmd("SET").arg("product:1").arg("[1, 2]")).await.unwrap();
    products.refresh(1).await.unwrap();
    assert_eq!(get(&link, "product:1").await["version"], 1_000);
    let _: String = link.query(&redis::cmd("FLUSHALL")).await.unwrap();
    let _: u64 = link.query(redis::cmd("RPUSH").arg("product:1").arg("of another type")).await.unwrap();
    products.refresh(1).await.unwrap();
    assert_eq!(get(&link, "product:1").await["version"], 1_000);
}

#[tokio::test]
async fn what_was_missed_while_redis_was_away_is_there_when_it_is_back() {
    let mut server = Server::start().await;
    let link = link(&server.settings()).await;
    let scratch = scratch::sqlite().await;
    stage(&scratch.database, 3).await;
    let products = Products::new(link.clone(), scratch.database.clone(), LIVES);
    let writing = products.start();
    until("the caches are warm", async || get(&link, &product_key(3)).await != Value::Null).await;
    server.kill();
    until("its end is seen", async || !link.is_up()).await;
    edit(&scratch.database, 1, 1_500, 1, 2_000).await;
    // Nobody waits for it, and nobody takes it for done.
    assert!(matches!(products.refresh(1).await, Err(NotWritten::Condition(Condition::Away(_)))));
    server.start_again().await;
    until("the caches are warm again", async || {
        let price: Result<Option<String>, _> = link.query(redis::cmd("GET").arg("product:1")).await;
        price.is_ok_and(|text| text.is_some_and(|text| text.contains(r#""price_fen":1500"#)))
    })
    .await;
    writing.abort();
}

#[tokio::test]
async fn what_redis_did_not_take_is_not_done_and_is_written_once_it_takes_it() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    for scratch in scratch::both().await {
        let _: String = link.query(&redis::cmd("FLUSHALL")).await.unwrap();
        let database = &scratch.database;
        stage(database, 1).await;
        let to = Arc::new(Destinations::default());
        let cache = Arc::new(Products::new(link.clone(), database.clone(), LIVES));
        let effects = Effects { shop: to.clone(), events: to, cache, subscriptions: Subscriptions::default(), database: database.clone() };
        let clock = Arc::new(SystemClock::starting_after(Timestamp::default()));
        let relay = Relay::new(effects, clock, RelaySettings { retain: LIVES });
        append(database, &shelve(1), at(0)).await;
        let carry_out = async || {
            relay.round(Destination::Cache, &mut Rounds::default()).await;
            let row = repository::by_id(database, 1).await.unwrap().unwrap();
            assert_eq!(row.parked, None);
            row.has_reached(Destination::Cache)
        };
        // Not seen by the link yet, then seen.
        server.told("CONFIG SET maxmemory 1").await;
        assert!(!carry_out().await, "what was refused is marked as done");
        until("the refusal is seen", async || !link.is_up()).await;
        assert!(!carry_out().await, "what was not sent is marked as done");
        server.told("CONFIG SET maxmemory 0").await;
        until("the row is carried out", carry_out).await;
        assert_eq!(get(&link, &product_key(1)).await["version"], 1_000);
    }
}
