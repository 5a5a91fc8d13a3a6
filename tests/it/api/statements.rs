//! What accounts, clicks, searches, lists and orders beyond the first page ask of MariaDB: their plans are looked at as those of all tests that
//! run behind the recorder (`engines.rs`).

use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Reply, Sale, TestApp, until};
use super::checkout::{place, shelf};
use super::engines::on_mariadb;
use super::sandbox;

/// Logs a new user of the sandbox in.
async fn log_in(app: &TestApp) -> Value {
    let code = json!({ "code": sandbox::running().sandbox.login_code(None) });
    let reply = app.anonymous().send(Method::POST, "/v1/auth/login", None, code).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body
}

#[track_caller]
fn is(reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{reply:?}");
}

#[actix_web::test]
async fn accounts_are_found_by_an_index() {
    on_mariadb(
        Sale { quota: 10, limit: 1 },
        |_| {},
        async |app| {
            let login = log_in(app).await;
            let person = app.holder_of(login["access_token"].as_str().unwrap());
            is(&person.get("/v1/user/profile").await, 200);
            is(&person.send(Method::PUT, "/v1/user/profile", None, json!({ "nickname": "小红" })).await, 200);
            for _ in 0..2 {
                let code = sandbox::running().sandbox.phone_code(Some("13800009999"));
                is(&person.send(Method::POST, "/v1/user/phone", None, json!({ "code": code })).await, 200);
            }
            let agreed = json!({ "kind": "terms", "version": 1 });
            is(&app.anonymous().get("/v1/agreements").await, 200);
            is(&person.send(Method::POST, "/v1/user/agreements", None, agreed).await, 200);
            let refresh = json!({ "refresh_token": login["refresh_token"] });
            let refreshed = app.anonymous().send(Method::POST, "/v1/auth/refresh", None, refresh).await;
            is(&refreshed, 200);
            let person = app.holder_of(refreshed.body["access_token"].as_str().unwrap());
            is(&person.post("/v1/auth/logout").await, 204);
            let login = log_in(app).await;
            let person = app.holder_of(login["access_token"].as_str().unwrap());
            is(&person.send(Method::DELETE, "/v1/user", None, json!({})).await, 204);
        },
    )
    .await;
}

#[actix_web::test]
async fn lists_clicks_and_searches_are_served_by_an_index() {
    on_mariadb(
        Sale { quota: 10, limit: 1 },
        |_| {},
        async |app| {
            let (visitor, shopper) = (app.anonymous(), app.shopper());
            until("search is ready", async || shopper.get("/v1/products/search?q=lanya").await.status == 200).await;
            for path in [
                "/v1/products?size=2&sort=sales",
                "/v1/products/3",
                "/v1/categories",
                "/v1/brands",
                "/v1/zones/homepage",
                "/v1/zones/discount/products",
                "/v1/banners",
                "/v1/banners/1/products",
                "/v1/seckill/activities",
                "/v1/seckill/activities/1",
                "/v1/search/suggest?q=shou",
                "/v1/search/hot",
                "/v1/products/3/reviews?sort=best",
                "/v1/products/3/reviews?with_pictures=true",
                "/v1/products/3/related",
                "/v1/recommendations",
            ] {
                is(&visitor.get(path).await, 200);
            }
            is(&visitor.post("/v1/banners/1/click").await, 204);
            is(&shopper.get("/v1/search/history").await, 200);
            is(&shopper.send(Method::DELETE, "/v1/search/history", None, json!({})).await, 204);
            is(&shopper.get("/v1/recommendations").await, 200);
            for path in ["/v1/user/reviews", "/v1/user/reviews/pending", "/v1/user/footprints"] {
                is(&shopper.get(path).await, 200);
            }
            let database = app.database().await;
            until("the click is written", async || {
                let mut tx = database.snapshot().await.unwrap();
                tx.first("SELECT click_count FROM banners WHERE id = 1", Vec::new()).await.unwrap().unwrap().count(0).unwrap() == 1
            })
            .await;
        },
    )
    .await;
}

#[actix_web::test]
async fn orders_of_each_status_are_served_by_an_index() {
    on_mariadb(
        Sale { quota: 10, limit: 1 },
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (sku, price) = shelf(app).await[0];
            for key in ["a", "b", "c"] {
                is(&place(&shopper, key, &[(sku, 1)], price).await, 201);
            }
            app.caught_up().await;
            for status in ["pending_payment", "paid", "shipped", "completed", "closed", "refunded"] {
                let page = shopper.get(&format!("/v1/orders?status={status}&size=1")).await;
                is(&page, 200);
                if let Some(cursor) = page.body["next_cursor"].as_str() {
                    is(&shopper.get(&format!("/v1/orders?status={status}&size=1&cursor={cursor}")).await, 200);
                }
            }
            is(&shopper.get("/v1/orders/counts").await, 200);
        },
    )
    .await;
}
