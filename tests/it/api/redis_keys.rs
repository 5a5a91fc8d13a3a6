//! Keys in Redis that other services read: written behind, gone by themselves, back by themselves.

use std::time::{SystemTime, UNIX_EPOCH};

use mallcore::features::banners::edits;
use mallcore::platform::config;
use mallcore::platform::redis::Link;
use mallcore_actors::ids::BannerId;
use mallcore_actors::time::Timestamp;
use serde_json::Value;

use super::app::{Sale, TestApp, until};
use super::cold_writes::{is_done, mallcore};
use crate::redis::server::{Server, link};

async fn app(redis: config::Redis) -> TestApp {
    TestApp::with(Sale { quota: 10, limit: 1 }, |config| config.redis = Some(redis)).await
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
