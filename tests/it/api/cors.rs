use reqwest::Method;
use serde_json::json;

use super::app::{Person, Reply, Sale, TestApp};

const PAGE: &str = "https://shop.example.com";
const BUY: &str = "/v1/seckill/items/1/orders";

async fn app() -> TestApp {
    TestApp::with(Sale { quota: 10, limit: 1 }, |config| config.http.cors_origins = vec![PAGE.to_owned()]).await
}

async fn preflight(person: &Person<'_>, origin: &str) -> Reply {
    let request = person.request(Method::OPTIONS, BUY).header("Origin", origin);
    let request = request.header("Access-Control-Request-Method", "POST");
    Reply::of(request.header("Access-Control-Request-Headers", "authorization,content-type,idempotency-key")).await
}

#[actix_web::test]
async fn a_page_of_a_listed_origin_may_ask_buy_and_read_every_answer() {
    let app = app().await;
    let asked = preflight(&app.anonymous(), PAGE).await;
    assert_eq!(asked.status, 204);
    assert_eq!(asked.header("access-control-allow-origin"), PAGE);
    assert_eq!(asked.header("access-control-allow-methods"), "POST");
    assert!(asked.header("access-control-allow-headers").contains("Idempotency-Key"));

    let shopper = app.shopper();
    let body = json!({ "quantity": 1 }).to_string();
    let buy = || shopper.request(Method::POST, BUY).header("Origin", PAGE).header("Content-Type", "application/json").body(body.clone());
    let bought = Reply::of(buy().header("Idempotency-Key", "key")).await;
    assert_eq!((bought.status.as_u16(), bought.header("access-control-allow-origin")), (201, PAGE));
    assert_eq!((bought.header("vary"), bought.header("access-control-allow-credentials")), ("Origin", ""));
    assert!(bought.header("access-control-expose-headers").contains("Location"));
    let refused = Reply::of(buy()).await;
    assert_eq!((refused.status.as_u16(), refused.header("access-control-allow-origin")), (400, PAGE));
}

#[actix_web::test]
async fn a_stranger_gets_no_permission() {
    let app = app().await;
    for origin in ["https://shop.example.com.evil.example", "http://shop.example.com", "https://SHOP.example.com", "null"] {
        let asked = preflight(&app.anonymous(), origin).await;
        assert_eq!((asked.header("access-control-allow-origin"), asked.header("access-control-allow-methods")), ("", ""), "{origin}");
        assert_eq!(asked.header("vary"), "Origin");
    }
    let elsewhere = app.anonymous().request(Method::OPTIONS, "/nowhere").header("Origin", PAGE);
    assert_eq!(Reply::of(elsewhere.header("Access-Control-Request-Method", "GET")).await.status, 404);
}

#[actix_web::test]
async fn without_the_setting_nothing_is_said_of_origins() {
    let app = TestApp::start().await;
    let asked = preflight(&app.anonymous(), PAGE).await;
    asked.is_problem(405, "method_not_allowed", &[]);
    assert_eq!((asked.header("access-control-allow-origin"), asked.header("vary")), ("", ""));
}
