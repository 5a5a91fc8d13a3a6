use mallcore::platform::config::Bucket;

use super::app::{Sale, TestApp};

#[actix_web::test]
async fn a_shopper_who_asks_too_often_has_to_wait() {
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| config.rate_limits.user = Bucket { per_second: 1, burst: 2 }).await;
    let (hasty, other) = (app.shopper(), app.shopper());
    assert_eq!(hasty.get("/v1/orders").await.status, 200);
    assert_eq!(hasty.buy(1, "key").await.status, 201);
    let refused = hasty.buy(1, "key").await;
    refused.is_problem(429, "rate_limited", &[]);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(other.get("/v1/orders").await.status, 200);
}

#[actix_web::test]
async fn an_address_that_asks_too_often_has_to_wait_but_probes_do_not() {
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| config.rate_limits.ip = Bucket { per_second: 1, burst: 2 }).await;
    for _ in 0..2 {
        assert_eq!(app.anonymous().get("/v1/products").await.status, 200);
    }
    app.anonymous().get("/v1/products").await.is_problem(429, "rate_limited", &[]);
    assert_eq!(app.anonymous().get("/health/ready").await.status, 200);
}

#[actix_web::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_bucket() {
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| {
        config.rate_limits.ip = Bucket { per_second: 1, burst: 1 };
        config.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let get = |client: &'static str| {
        let request = app.anonymous().request(reqwest::Method::GET, "/v1/products").header("X-Forwarded-For", client);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(get("198.51.100.1").await, 200);
    assert_eq!(get("198.51.100.2").await, 200);
    assert_eq!(get("203.0.113.9, 198.51.100.1").await, 429);
    assert_eq!(get("198.51.100.3:4011").await, 200);
    assert_eq!(get("[2001:db8::3]:4011").await, 200);
    assert_eq!(get("198.51.100.3:4012").await, 429);
}

#[actix_web::test]
async fn limits_can_be_switched_off() {
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| {
        config.rate_limits.enabled = false;
        config.rate_limits.ip = Bucket { per_second: 1, burst: 1 };
    })
    .await;
    for _ in 0..3 {
        assert_eq!(app.anonymous().get("/v1/products").await.status, 200);
    }
}
