//! The shop beside Redis: limits of two processes, and sales when it is away.

use mallcore::platform::config::{self, Bucket};

use super::app::{Sale, TestApp, until};
use crate::redis::server::{Server, free_port, settings};

const BUCKET: Bucket = Bucket { per_second: 1, burst: 20 };

async fn app(redis: config::Redis) -> TestApp {
    TestApp::with(Sale { quota: 10, limit: 1 }, |config| {
        config.rate_limits.user = BUCKET;
        config.redis = Some(redis);
    })
    .await
}

async fn redis_check(app: &TestApp) -> serde_json::Value {
    let ready = app.anonymous().get("/health/ready").await;
    assert_eq!(ready.status, 200);
    let part = |check: &&serde_json::Value| check["part"] == "redis";
    ready.body["checks"].as_array().unwrap().iter().find(part).unwrap().clone()
}

async fn redis_health(app: &TestApp) -> String {
    redis_check(app).await["health"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn what_a_shopper_used_up_at_one_process_is_used_up_at_the_other() {
    let server = Server::start().await;
    let (one, other) = (app(server.settings()).await, app(server.settings()).await);
    until("both see redis", async || redis_health(&one).await == "pass" && redis_health(&other).await == "pass").await;
    // Both apps check tokens with the same key.
    let token = one.shopper().token();
    let (here, there) = (one.holder_of(&token), other.holder_of(&token));
    // A bucket of its own would have a token again after a second; the 20 that the other gave away are a debt of this one.
    until("the shopper has to wait for both", async || {
        for person in [&here, &there] {
            if person.get("/v1/orders").await.status == 429 {
                let refused = person.get("/v1/orders").await;
                if refused.status == 429 && refused.header("retry-after").parse::<u32>().unwrap() > 3 {
                    return true;
                }
            }
        }
        false
    })
    .await;
}

#[actix_web::test]
async fn without_redis_the_shop_sells_and_says_that_it_is_degraded() {
    let app = app(settings(free_port())).await;
    assert_eq!(redis_health(&app).await, "degraded");
    let shopper = app.shopper();
    assert_eq!(shopper.buy(1, "key").await.status, 201);
    until("limits are its own", async || shopper.get("/v1/orders").await.status == 429).await;
}

#[actix_web::test]
async fn redis_that_dies_during_a_sale_is_noticed_and_nobody_else_notices() {
    let mut server = Server::start().await;
    let app = app(server.settings()).await;
    until("redis is seen", async || redis_health(&app).await == "pass").await;
    assert_eq!(app.shopper().buy(1, "key").await.status, 201);
    server.kill();
    assert_eq!(app.shopper().buy(1, "key").await.status, 201);
    until("its end is seen", async || redis_health(&app).await == "degraded").await;
    assert_eq!(app.shopper().buy(1, "key").await.status, 201);
    server.start_again().await;
    until("its return is seen", async || redis_health(&app).await == "pass").await;
    assert_eq!(app.shopper().buy(1, "key").await.status, 201);
}

#[actix_web::test]
async fn redis_that_refuses_writes_is_degraded_with_its_reason_and_the_shop_sells() {
    let server = Server::start().await;
    let app = app(server.settings()).await;
    until("redis is seen", async || redis_health(&app).await == "pass").await;
    server.told("CONFIG SET maxmemory 1").await;
    until("its refusal is seen", async || redis_health(&app).await == "degraded").await;
    assert!(redis_check(&app).await["detail"].as_str().unwrap().contains("OOM"));
    assert_eq!(app.shopper().buy(1, "key").await.status, 201);
    server.told("CONFIG SET maxmemory 0").await;
    until("its end is seen", async || redis_health(&app).await == "pass").await;
}
