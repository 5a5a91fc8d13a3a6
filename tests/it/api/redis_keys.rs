//! Keys in Redis that other services read: written behind, gone by themselves, back by themselves.

use std::time::{SystemTime, UNIX_EPOCH};

use mallcore::features::banners::edits;
use mallcore::platform::config;
use mallcore::platform::redis::Link;
use mallcore_actors::ids::{BannerId, UserId};
use mallcore_actors::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::admins::world::{Desk, captcha, create};
use super::app::{Sale, TestApp, until};
use super::checkout::{place, shelf};
use super::cold_writes::{is_done, mallcore};
use super::engines::database;
use super::sandbox;
use crate::database::scratch::{self, Scratch};
use crate::redis::server::{Server, link};

async fn app(redis: config::Redis) -> TestApp {
    TestApp::with(Sale { quota: 10, limit: 1 }, |config| config.redis = Some(redis)).await
}

/// The same over a database server.
async fn over(scratch: &Scratch, redis: config::Redis) -> TestApp {
    let change = |config: &mut config::Config| {
        config.redis = Some(redis);
        config.database = Some(database(scratch));
    };
    TestApp::with(Sale { quota: 10, limit: 1 }, change).await
}

fn now() -> Timestamp {
    Timestamp::from_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

async fn get(link: &Link, key: &str) -> Value {
    let text: Result<Option<String>, _> = link.query(redis::cmd("GET").arg(key)).await;
    text.ok().flatten().map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
}

const KEYS: [&str; 5] = ["discount_zone_products", "hot_zone_products", "homepage_zones", "hot_products", "banners:active"];

#[actix_web::test]
async fn zones_and_banners_lie_in_redis_as_shoppers_see_them() {
    let mut server = Server::start().await;
    let (app, link) = (app(server.settings()).await, link(&server.settings()).await);
    let (visitor, shopper) = (app.anonymous(), app.shopper());
    until("all keys are there", async || {
        for key in KEYS {
            if get(&link, key).await == Value::Null {
                return false;
            }
        }
        get(&link, "banner_products:1").await != Value::Null
    })
    .await;
    for key in KEYS {
        let lives: i64 = link.query(redis::cmd("PTTL").arg(key)).await.unwrap();
        assert!((500_000..=720_000).contains(&lives), "{key} lives {lives} ms");
    }
    // Its cards change once more after a start: when ratings are known.
    until("Redis has what shoppers see", async || get(&link, "homepage_zones").await == visitor.get("/v1/zones/homepage").await.body).await;
    assert_eq!(get(&link, "banners:active").await, visitor.get("/v1/banners").await.body);
    assert_eq!(get(&link, "banner_products:2").await, serde_json::json!([1]));
    let listed = get(&link, "hot_zone_products").await;
    assert_eq!(listed[0]["id"], visitor.get("/v1/zones/hot").await.body["items"][0]["id"]);

    is_done(&mallcore(&app, "product set-discount 1 --percent 95 --wait").await);
    until("the zone follows", async || {
        get(&link, "discount_zone_products").await[0] == serde_json::json!({ "id": 1, "sort_order": 0, "discount_rate_bp": 9500 })
    })
    .await;
    assert_eq!(shopper.post("/v1/banners/2/click").await.status, 204);
    let clicks = async || {
        let keys: Vec<String> = link.query(redis::cmd("KEYS").arg("banner_clicks:*")).await.unwrap_or_default();
        let key = keys.first().cloned().unwrap_or_default();
        (keys.len(), key.starts_with("banner_clicks:2:20") && key.len() == "banner_clicks:2:2026-11-26".len(), get(&link, &key).await)
    };
    until("the click is there", async || clicks().await == (1, true, 1.into())).await;

    // What was lost is written again; meanwhile nobody misses it.
    server.kill();
    assert_eq!(visitor.get("/v1/zones/homepage").await.status, 200);
    assert_eq!(app.shopper().post("/v1/banners/2/click").await.status, 204);
    server.start_again().await;
    until("everything is back, and the click of meanwhile is there", async || {
        get(&link, "banners:active").await != Value::Null
            && get(&link, "homepage_zones").await != Value::Null
            && clicks().await == (1, true, 2.into())
    })
    .await;

    // Long after the clock of any machine.
    let database = app.database().await;
    edits::set_status(&database, BannerId::new(2).unwrap(), false, now()).await.unwrap();
    until("a banner that is off is no longer there", async || {
        get(&link, "banner_products:2").await == Value::Null && get(&link, "banners:active").await["items"].as_array().unwrap().len() == 3
    })
    .await;
}

/// Ids and pieces of the cart's lines, as they lie in Redis.
async fn cart(link: &Link, user: UserId) -> (bool, Vec<(u64, u64, bool)>) {
    let cart = get(link, &format!("cart:{user}")).await;
    let line = |item: &Value| (item["sku_id"].as_u64().unwrap(), item["quantity"].as_u64().unwrap(), item["selected"].as_bool().unwrap());
    let mut lines: Vec<_> = cart["items"].as_array().into_iter().flatten().map(line).collect();
    lines.sort_unstable();
    (cart["version"].is_u64(), lines)
}

#[actix_web::test]
async fn carts_lie_in_redis_as_their_rows_say_them() {
    for on_server in [false, true] {
        let (mut server, scratch) = (Server::start().await, scratch::mysql().await);
        let app = if on_server { over(&scratch, server.settings()).await } else { app(server.settings()).await };
        let link = link(&server.settings()).await;
        let shopper = app.shopper();
        let [(a, _), (b, _), _] = shelf(&app).await[..] else { unreachable!() };
        let add = async |sku: u64, key: &str| {
            let added = shopper.send(Method::POST, "/v1/cart/add", Some(key), json!({ "sku_id": sku, "quantity": 2 })).await;
            assert_eq!(added.status, 200, "{added:?}");
        };
        let shown = async |lines: &[(u64, u64, bool)]| {
            let mut lines = lines.to_vec();
            lines.sort_unstable();
            until("the cart is there", async || cart(&link, shopper.user()).await == (true, lines.clone())).await;
        };
        add(a, "a").await;
        add(b, "b").await;
        shown(&[(a, 2, true), (b, 2, true)]).await;
        let key = format!("cart:{}", shopper.user());
        let lives: i64 = link.query(redis::cmd("PTTL").arg(&key)).await.unwrap();
        assert!((86_000_000..=103_680_000).contains(&lives), "it lives {lives} ms");
        shopper.send(Method::PUT, &format!("/v1/cart/items/{b}"), None, json!({ "quantity": 5, "selected": false })).await;
        shown(&[(a, 2, true), (b, 5, false)]).await;
        // What lies there decides nothing.
        let _: String = link.query(redis::cmd("SET").arg(&key).arg("{}")).await.unwrap();
        let own = shopper.get("/v1/cart").await.body;
        assert_eq!(own["items"].as_array().unwrap().len(), 2, "{own}");

        server.kill();
        shopper.send(Method::DELETE, &format!("/v1/cart/items/{a}"), None, json!({})).await;
        server.start_again().await;
        shown(&[(b, 5, false)]).await;
        shopper.send(Method::DELETE, "/v1/cart", None, json!({})).await;
        shown(&[]).await;
    }
}

/// Each key of the requirements' 4.3 that has a writer, under its name, with a time to live.
#[actix_web::test]
async fn every_key_that_is_written_has_its_name_and_an_end() {
    let server = Server::start().await;
    let (app, link) = (app(server.settings()).await, link(&server.settings()).await);
    let shopper = app.shopper();
    let [(sku, price), ..] = shelf(&app).await[..] else { unreachable!() };
    shopper.send(Method::POST, "/v1/cart/add", Some("a"), json!({ "sku_id": sku, "quantity": 1 })).await;
    assert_eq!(place(&shopper, "k", &[(sku, 1)], price).await.status, 201);
    assert_eq!(shopper.post("/v1/banners/2/click").await.status, 204);
    let entered =
        app.anonymous().send(Method::POST, "/v1/auth/login", None, json!({ "code": sandbox::running().sandbox.login_code(None) })).await;
    assert_eq!(entered.status, 200, "{entered:?}");
    let admin = create(&app, "me", "operator").await;
    Desk::of(&app, "me").await;
    let (captcha, _) = captcha(&app).await;
    let user = shopper.user();
    let keys = [
        format!("captcha:{captcha}"),
        "admin_session:*".to_owned(),
        format!("admin_permissions:{admin}"),
        format!("session:{}", entered.body["user"]["user_id"]),
        "product:1".to_owned(),
        format!("cart:{user}"),
        "hot_products".to_owned(),
        "banners:active".to_owned(),
        "banner_products:2".to_owned(),
        "banner_clicks:2:*".to_owned(),
        "discount_zone_products".to_owned(),
        "hot_zone_products".to_owned(),
        "homepage_zones".to_owned(),
    ];
    for pattern in keys {
        let found = async || -> Vec<String> { link.query(redis::cmd("KEYS").arg(&pattern)).await.unwrap_or_default() };
        until(&format!("{pattern} is there"), async || !found().await.is_empty()).await;
        let lives: i64 = link.query(redis::cmd("PTTL").arg(&found().await[0])).await.unwrap();
        assert!(lives > 0, "{pattern} lives {lives} ms");
    }
}
