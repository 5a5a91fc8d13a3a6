//! Kill -9 while the database is away: the sale goes on, and the books balance once it is back.

use std::time::{SystemTime, UNIX_EPOCH};

use mallcore::demo::seed::{SeedOptions, seed};
use mallcore::platform::database::{MySqlServer, Settings};
use mallcore::reconcile::reconcile;
use mallcore_actors::time::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::process::{Process, Setup};
use super::proxy::{Proxy, Way};
use crate::api::addresses::address;
use crate::database::scratch::{self, Scratch};
use crate::database::waiting::{run, stranger};

const QUOTA: u32 = 40;

struct Stage {
    scratch: Scratch,
    proxy: Proxy,
    setup: Setup,
    folder: tempfile::TempDir,
}

/// A shop on MariaDB with one running sale of 40 pieces, 2 a person, reached through a proxy.
async fn stage() -> Stage {
    let scratch = scratch::mysql().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let options = SeedOptions { flash_stock: QUOTA, flash_limit: 2, flash_items: 1, sale_seconds: 3_600, ..SeedOptions::default() };
    seed(&scratch.database, options, Timestamp::from_millis(now.as_millis() as u64)).await.unwrap();
    let Settings::MySql(server) = scratch.settings.clone() else { unreachable!("it is MySQL") };
    let proxy = Proxy::to((server.host.clone(), server.port)).await;
    let folder = tempfile::tempdir().unwrap();
    let through = MySqlServer { host: "127.0.0.1".into(), port: proxy.address.port(), ..server };
    let mut setup = Setup::with_database(folder.path(), &through);
    setup.set("DATABASE_WAIT_SECONDS", "1");
    Stage { scratch, proxy, setup, folder }
}

async fn bought(process: &Process, users: std::ops::Range<u64>) -> Vec<String> {
    let mut numbers = Vec::new();
    for user in users {
        let (status, body) = process.buy(user, &format!("key-{user}")).await;
        assert_eq!(status, StatusCode::CREATED, "{body} {}", process.log());
        numbers.push(body["order_no"].as_str().unwrap().to_owned());
    }
    numbers
}

/// The keeper has written down that there is a sale.
async fn snapshot_written(process: &Process) {
    process.until("there is a snapshot", async || !matches!(process.detail("snapshot").await.as_str(), "record 0" | "")).await;
}

async fn a_sale_goes_on(way: Way) {
    let stage = stage().await;
    let process = stage.setup.start().await;
    let mut numbers = bought(&process, 1..11).await;
    snapshot_written(&process).await;
    stage.proxy.set(way);
    numbers.extend(bought(&process, 11..21).await);
    process.kill();

    let process = stage.setup.start().await;
    assert!(process.log().contains("starting without the database"), "{}", process.log());
    let (status, readiness) = process.readiness().await.unwrap();
    assert_eq!((status, readiness["status"].as_str()), (StatusCode::OK, Some("degraded")), "{readiness}");
    // What shoppers see of the sale, its title included, is known from the snapshot.
    let (_, activity) = process.get("/seckill/activities/1", 1).await;
    assert_eq!((activity["status"].as_str(), activity["items"][0]["remaining"].as_u64()), (Some("running"), Some(20)), "{activity}");
    assert!(activity["items"][0]["title"].as_str().is_some_and(|title| !title.is_empty()), "{activity}");
    // A repeat gets the first answer, whether the snapshot or the tail has it.
    for user in [1, 10, 11, 20] {
        let (status, body) = process.buy(user, &format!("key-{user}")).await;
        assert_eq!((status, body["order_no"].as_str()), (StatusCode::OK, Some(numbers[user as usize - 1].as_str())), "{body}");
    }
    // The limit counts what was bought before.
    assert_eq!(process.buy(1, "second").await.0, StatusCode::CREATED);
    let (status, refused) = process.buy(1, "third").await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::CONFLICT, Some("purchase_limit")));
    // One's own order is in memory and can be cancelled; a list needs the database, and says so.
    let (status, own) = process.get(&format!("/orders/{}", numbers[4]), 5).await;
    assert_eq!((status, own["status"].as_str()), (StatusCode::OK, Some("pending_payment")), "{own}");
    let (status, _) = process.get("/orders", 5).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    // Another start without the database stands on the same snapshot and a longer tail.
    let more = bought(&process, 21..31).await;
    process.kill();
    let process = stage.setup.start().await;
    let (status, body) = process.buy(30, "key-30").await;
    assert_eq!((status, body["order_no"].as_str()), (StatusCode::OK, Some(more[9].as_str())), "{body}");

    stage.proxy.set(Way::Open);
    bought(&process, 31..40).await;
    let (status, body) = process.buy(99, "too-late").await;
    assert_eq!((status, body["code"].as_str()), (StatusCode::CONFLICT, Some("sold_out")), "{body}");
    process
        .until("the database has everything", async || process.detail("database").await.starts_with("Following, 0 records behind"))
        .await;
    process.until("lists are back", async || process.get("/orders", 5).await.0 == StatusCode::OK).await;
    let report = reconcile(&stage.scratch.database).await.unwrap();
    assert_eq!((report.differences, report.orders), (Vec::new(), u64::from(QUOTA)));
    process.kill();
}

#[tokio::test]
async fn a_sale_goes_on_after_kill_nine_with_the_database_cut_off() {
    a_sale_goes_on(Way::Cut).await;
}

#[tokio::test]
async fn a_sale_goes_on_after_kill_nine_with_the_database_hanging() {
    a_sale_goes_on(Way::Hanging).await;
}

/// What they order is in memory, and so are their address and their keys.
#[tokio::test]
async fn who_has_ordered_before_orders_on() {
    let stage = stage().await;
    let process = stage.setup.start().await;
    process.until("the catalogue is loaded", async || process.get("/products/2", 1).await.0 == StatusCode::OK).await;
    let sku = process.get("/products/2", 1).await.1["skus"][0]["id"].clone();
    let (status, address) = process.send(Method::POST, "/user/addresses", 1, None, &address(1)).await;
    assert_eq!(status, StatusCode::CREATED, "{address}");
    let wanted = json!({ "items": [{ "sku_id": sku, "quantity": 1 }], "address_id": address["id"] });
    let order = async |key: &str| {
        let (status, quote) = process.send(Method::POST, "/orders/preview", 1, None, &wanted).await;
        assert_eq!(status, StatusCode::OK, "{quote}");
        let mut body = wanted.clone();
        body["expected_payable_fen"] = quote["payable_fen"].clone();
        process.send(Method::POST, "/orders", 1, Some(key), &body).await
    };
    let (status, first) = order("first").await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    stage.proxy.set(Way::Hanging);
    let (status, second) = order("second").await;
    assert_eq!(status, StatusCode::CREATED, "{second}");
    for (key, placed) in [("first", &first), ("second", &second)] {
        let (status, again) = order(key).await;
        assert_eq!((status, &again["order_no"]), (StatusCode::OK, &placed["order_no"]), "{again}");
    }
    // Of somebody else the address would have to be read.
    let (status, refused) = process.send(Method::POST, "/orders/preview", 2, None, &wanted).await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("database_unavailable")), "{refused}");
    stage.proxy.set(Way::Open);
    process
        .until("the database has everything", async || process.detail("database").await.starts_with("Following, 0 records behind"))
        .await;
    let report = reconcile(&stage.scratch.database).await.unwrap();
    assert_eq!((report.differences, report.orders), (Vec::new(), 2));
    process.kill();
}

/// A shop that has sold for years starts without its database, and its lag is not what it has sold in all those years.
#[tokio::test]
async fn what_the_database_had_before_is_no_lag() {
    let stage = stage().await;
    let process = stage.setup.start().await;
    bought(&process, 1..11).await;
    process.until("the database has everything", async || process.detail("database").await.contains(", 0 records behind")).await;
    snapshot_written(&process).await;
    let stored = last_record(&process).await;
    stage.proxy.set(Way::Cut);
    bought(&process, 11..14).await;
    let file = stage.folder.path().join("database-checkpoint.json");
    let noted = format!("\"sequence\":{stored}}}");
    process.until("it is noted", async || std::fs::read_to_string(&file).is_ok_and(|text| text.ends_with(&noted))).await;
    process.kill();

    let process = stage.setup.start().await;
    assert!(process.log().contains("starting without the database"), "{}", process.log());
    let behind = last_record(&process).await - stored;
    let detail = process.detail("database").await;
    assert!(detail.contains(&format!(", {behind} records behind")), "{detail}");
    assert!((3..stored).contains(&behind), "{behind} of {stored}");
    assert_eq!(process.readiness().await.unwrap().1["status"], "degraded");

    // Reached again, it is healthy without another record.
    stage.proxy.set(Way::Open);
    process.until("it is healthy", async || process.readiness().await.is_some_and(|(_, readiness)| readiness["status"] == "pass")).await;
    process.kill();
}

/// Somebody changes a table, or copies it: the database is there, and what a start wants to know of it is not.
#[tokio::test]
async fn a_start_while_tables_are_locked_goes_on_from_the_snapshot() {
    let stage = stage().await;
    let process = stage.setup.start().await;
    let numbers = bought(&process, 1..4).await;
    snapshot_written(&process).await;
    process.kill();
    for tables in
        ["products WRITE", "seckill_items WRITE", "skus WRITE, products WRITE, seckill_items WRITE, orders WRITE, order_items WRITE"]
    {
        let mut holder = stranger(&stage.scratch).await;
        run(&mut holder, &format!("LOCK TABLES {tables}")).await;
        let process = stage.setup.start().await;
        let (_, activity) = process.get("/seckill/activities/1", 1).await;
        assert_eq!(activity["status"].as_str(), Some("running"), "{tables}: {activity} {}", process.log());
        let (status, body) = process.buy(3, "key-3").await;
        assert_eq!((status, body["order_no"].as_str()), (StatusCode::OK, Some(numbers[2].as_str())), "{tables}: {body}");
        assert_eq!(process.buy(10 + tables.len() as u64, tables.split(' ').next().unwrap()).await.0, StatusCode::CREATED, "{tables}");
        run(&mut holder, "UNLOCK TABLES").await;
        process.until("it follows", async || process.detail("database").await.starts_with("Following, 0 records behind")).await;
        process.kill();
    }
    let report = reconcile(&stage.scratch.database).await.unwrap();
    assert_eq!((report.differences, report.orders), (Vec::new(), 6));
}

async fn last_record(process: &Process) -> u64 {
    let detail = process.detail("journal").await;
    detail.split([' ', ',']).nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn without_snapshot_and_database_it_refuses_with_the_remedy() {
    let stage = stage().await;
    stage.proxy.set(Way::Cut);
    let (status, log) = stage.setup.refused().await;
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("start the database, then start again"), "{log}");
}

#[tokio::test]
async fn a_database_that_turns_out_to_be_another_ones_stops_the_sale() {
    let stage = stage().await;
    let process = stage.setup.start().await;
    bought(&process, 1..3).await;
    snapshot_written(&process).await;
    stage.proxy.set(Way::Cut);
    process.kill();
    let mut process = stage.setup.start().await;
    bought(&process, 3..5).await;
    let mut tx = stage.scratch.database.begin().await.unwrap();
    let other = uuid::Uuid::new_v4().to_string();
    tx.execute("UPDATE projection_checkpoints SET journal_uuid = ? WHERE name = 'database'", vec![other.into()]).await.unwrap();
    tx.commit().await.unwrap();
    stage.proxy.set(Way::Open);
    assert_eq!(process.ended().await.code(), Some(78), "{}", process.log());
    assert!(process.log().contains("selling stops") && process.log().contains("point DATA_DIR at the folder of"), "{}", process.log());
    // The next start says the same, and refuses.
    let (status, log) = stage.setup.refused().await;
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("point DATA_DIR at the folder of"), "{log}");
}
