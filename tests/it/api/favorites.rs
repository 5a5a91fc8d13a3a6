//! Favourites over real HTTP: kept, in order, bounded, one's own.

use mallcore::features::catalog::edits::set_status;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::engines::each_embedded_and_all_on_mariadb;

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    favourites_are_kept_newest_first_and_shown_as_they_are_now,
    what_cannot_be_kept_is_refused,
}

async fn put(shopper: &Person<'_>, product: u64) -> Reply {
    Reply::of(shopper.request(Method::PUT, &format!("/v1/user/favorites/{product}"))).await
}

async fn remove(shopper: &Person<'_>, product: u64) -> Reply {
    Reply::of(shopper.request(Method::DELETE, &format!("/v1/user/favorites/{product}"))).await
}

fn products(reply: &Reply) -> Vec<u64> {
    reply.body["items"].as_array().unwrap().iter().map(|item| item["product_id"].as_u64().unwrap()).collect()
}

async fn favourites_are_kept_newest_first_and_shown_as_they_are_now(app: &TestApp) {
    let shopper = app.shopper();
    for product in [1, 2, 3] {
        assert_eq!(put(&shopper, product).await.status, 204);
    }
    assert_eq!(put(&shopper, 1).await.status, 204, "it is one already");
    let listed = shopper.get("/v1/user/favorites").await;
    assert_eq!((products(&listed), &listed.body["total"]), (vec![3, 2, 1], &3.into()));
    assert_eq!(listed.body["items"][0]["product"]["id"], 3);
    let page = shopper.get("/v1/user/favorites?size=2").await;
    let next = shopper.get(&format!("/v1/user/favorites?size=2&cursor={}", page.body["next_cursor"].as_str().unwrap())).await;
    assert_eq!((products(&page), products(&next), &next.body["next_cursor"]), (vec![3, 2], vec![1], &Value::Null));
    set_status(&app.database().await, 2, false, &Operator::parse("tester").unwrap(), Timestamp::from_millis(1_795_451_405_000))
        .await
        .unwrap();
    until("it is off the shelf", async || shopper.get("/v1/user/favorites").await.body["items"][1]["product"].is_null()).await;
    for _ in 0..2 {
        assert_eq!(remove(&shopper, 2).await.status, 204);
    }
    assert_eq!(products(&shopper.get("/v1/user/favorites").await), [3, 1]);
    assert_eq!(app.shopper().get("/v1/user/favorites").await.body["items"], json!([]), "another's are another's");
}

async fn what_cannot_be_kept_is_refused(app: &TestApp) {
    let (visitor, shopper) = (app.anonymous(), app.shopper());
    put(&shopper, 999_999).await.is_problem(404, "unknown_product", &["id"]);
    put(&shopper, 0).await.is_problem(400, "validation_failed", &["id"]);
    remove(&shopper, 0).await.is_problem(400, "validation_failed", &["id"]);
    shopper.get("/v1/user/favorites?size=0&x=1").await.is_problem(400, "validation_failed", &["x", "size"]);
    visitor.get("/v1/user/favorites").await.is_problem(401, "token_missing", &["Authorization"]);
    put(&visitor, 1).await.is_problem(401, "token_missing", &["Authorization"]);
    remove(&visitor, 1).await.is_problem(401, "token_missing", &["Authorization"]);
    let database = app.database().await;
    let mut tx = database.begin().await.unwrap();
    for product in 1_001..=2_000_u64 {
        let row = vec![shopper.user().get().into(), product.into(), mallcore_actors::time::Timestamp::from_millis(product).into()];
        tx.execute("INSERT INTO favorites (user_id, product_id, created_at) VALUES (?, ?, ?)", row).await.unwrap();
    }
    tx.commit().await.unwrap();
    put(&shopper, 1).await.is_problem(409, "favorites_full", &[]);
    remove(&shopper, 1_500).await;
    assert_eq!(put(&shopper, 1).await.status, 204);
}
