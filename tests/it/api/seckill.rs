use mallcore::features::seckill::model::SalePlan;
use mallcore::features::seckill::repository;
use mallcore_actors::ids::SkuId;
use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Sale, TestApp, until};
use super::checkout::{home, place, shelf};
use super::engines::{each_embedded_and_all_on_mariadb, on_both};

each_embedded_and_all_on_mariadb! {
    quota 10, limit 2;
    a_sale_shows_its_hours_and_what_is_left,
    a_purchase_is_answered_with_an_order,
    a_repeated_key_gets_the_first_answer,
    a_repeated_key_with_another_body_is_a_mismatch,
    one_persons_key_is_nothing_to_another,
    nobody_gets_more_than_the_limit,
    buying_needs_a_token,
    nobody_has_more_open_orders_than_allowed,
    a_sale_whose_pieces_no_actor_has_any_more_has_ended,
    a_sale_that_has_not_begun_sells_nothing,
    what_is_gone_is_sold_out,
}

async fn a_purchase_is_answered_with_an_order(app: &TestApp) {
    let before = app.remaining().await;
    let shopper = app.shopper();
    let reply = shopper.buy(1, "first").await;
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.body["status"], "pending_payment");
    assert_eq!(reply.body["items"][0]["quantity"], 1);
    assert_eq!(reply.body["payable_fen"], reply.body["items"][0]["unit_price_fen"]);
    let order = shopper.get(reply.header("location")).await;
    assert_eq!(order.body["order_no"], reply.body["order_no"]);
    assert_eq!(order.body["order_id"], reply.body["order_id"]);
    assert_eq!(app.remaining().await, before - 1);
}

async fn a_repeated_key_gets_the_first_answer(app: &TestApp) {
    let before = app.remaining().await;
    let shopper = app.shopper();
    let first = shopper.buy(1, "key").await;
    let again = shopper.buy_with("1", Some("key"), "{ \"quantity\":1 , \"address_id\":null}").await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &first.body));
    assert_eq!(app.remaining().await, before - 1);
}

async fn a_repeated_key_with_another_body_is_a_mismatch(app: &TestApp) {
    let before = app.remaining().await;
    let shopper = app.shopper();
    assert_eq!(shopper.buy(1, "key").await.status, 201);
    shopper.buy(2, "key").await.is_problem(422, "idempotency_mismatch", &["Idempotency-Key"]);
    assert_eq!(app.remaining().await, before - 1);
}

#[actix_web::test]
async fn a_purchase_may_name_ones_own_address() {
    on_both(
        |_| {},
        async |app| {
            let (shopper, other) = (app.shopper(), app.shopper());
            let to = async |person: &Person<'_>, key: &str, address: &Value| {
                person.buy_with("1", Some(key), &json!({ "quantity": 1, "address_id": address }).to_string()).await
            };
            let address = home(&shopper).await;
            to(&other, "k", &address).await.is_problem(404, "unknown_address", &["address_id"]);
            to(&other, "k", &987_654_321.into()).await.is_problem(404, "unknown_address", &["address_id"]);
            assert_eq!(app.remaining().await, 10);
            let bought = to(&shopper, "k", &address).await;
            assert_eq!(bought.status, 201, "{bought:?}");
            let path = format!("/v1/orders/{}", bought.body["order_id"]);
            assert_eq!(shopper.get(&path).await.body["address_id"], address);
            // The same key orders without it: nothing was placed.
            assert_eq!(other.buy(1, "k").await.status, 201);
            // A repeat is answered although the address is gone, also once the order has left memory.
            shopper.send(Method::DELETE, &format!("/v1/user/addresses/{address}"), None, json!({})).await;
            let again = to(&shopper, "k", &address).await;
            assert_eq!((again.status.as_u16(), &again.body), (200, &bought.body));
            assert_eq!(shopper.post(&format!("{path}/cancel")).await.status, 200);
            app.caught_up().await;
            let again = to(&shopper, "k", &address).await;
            assert_eq!((again.status.as_u16(), &again.body), (200, &bought.body));
            to(&shopper, "l", &address).await.is_problem(404, "unknown_address", &["address_id"]);
        },
    )
    .await;
}

/// A sale that is over asks no database whose address it is.
#[actix_web::test]
async fn who_comes_too_late_is_told_so_whatever_the_address() {
    let app = TestApp::with(Sale { quota: 1, limit: 1 }, |_| {}).await;
    assert_eq!(app.shopper().buy(1, "one").await.status, 201);
    let late = app.shopper().buy_with("1", Some("k"), &json!({ "quantity": 1, "address_id": 987_654_321 }).to_string()).await;
    late.is_problem(409, "sold_out", &[]);
}

async fn one_persons_key_is_nothing_to_another(app: &TestApp) {
    let before = app.remaining().await;
    assert_eq!(app.shopper().buy(1, "key").await.status, 201);
    assert_eq!(app.shopper().buy(1, "key").await.status, 201);
    assert_eq!(app.remaining().await, before - 2);
}

async fn nobody_gets_more_than_the_limit(app: &TestApp) {
    let shopper = app.shopper();
    assert_eq!(shopper.buy(2, "one").await.status, 201);
    let refused = shopper.buy(1, "two").await;
    refused.is_problem(409, "purchase_limit", &[]);
    assert_eq!(refused.body["limit"], 2);
}

async fn what_is_gone_is_sold_out(app: &TestApp) {
    for _ in 0..app.remaining().await {
        assert_eq!(app.shopper().buy(1, "one").await.status, 201);
    }
    app.shopper().buy(1, "two").await.is_problem(409, "sold_out", &[]);
    assert_eq!(app.remaining().await, 0);
}

async fn nobody_has_more_open_orders_than_allowed(app: &TestApp) {
    let (shopper, before) = (app.shopper(), app.remaining().await);
    let (sku, price) = shelf(app).await[0];
    for key in ["a", "b", "c", "d"] {
        assert_eq!(place(&shopper, key, &[(sku, 1)], price).await.status, 201);
    }
    assert_eq!(shopper.buy(1, "e").await.status, 201);
    for refused in [shopper.buy(1, "f").await, place(&shopper, "g", &[(sku, 1)], price).await] {
        refused.is_problem(409, "too_many_unpaid", &[]);
        assert_eq!(refused.body["limit"], 5);
    }
    assert_eq!(app.remaining().await, before - 1);
}

async fn a_sale_shows_its_hours_and_what_is_left(app: &TestApp) {
    let list = app.anonymous().get("/v1/seckill/activities").await;
    assert_eq!(list.status, 200);
    assert_eq!(list.body["total"], 1);
    let activity = app.anonymous().get("/v1/seckill/activities/1").await;
    assert_eq!(activity.body["status"], "running");
    assert!(activity.body["countdown_ms"].as_u64().unwrap() > 0);
    let item = &activity.body["items"][0];
    assert_eq!((&item["quota"], &item["remaining"], &item["limit_per_user"]), (&10.into(), &10.into(), &2.into()));
    app.anonymous().get("/v1/seckill/activities/999").await.is_problem(404, "unknown_activity", &["id"]);
}

#[actix_web::test]
async fn a_sale_that_is_over_has_ended_before_and_after_its_rest_is_given_back() {
    let app = TestApp::for_seconds(1, Sale { quota: 10, limit: 1 }, |_| {}).await;
    let anonymous = app.anonymous();
    until("the sale has ended", async || anonymous.get("/v1/seckill/activities/1").await.body["status"] == "ended").await;
    app.shopper().buy(1, "at-once").await.is_problem(409, "ended", &[]);
    let database = app.database().await;
    until("the rest is given back", async || {
        let activities = repository::activities(&database, Timestamp::from_millis(0)).await.unwrap().value;
        activities.iter().flat_map(|activity| &activity.items).all(|item| item.carved_at.is_none() || item.released_at.is_some())
    })
    .await;
    app.shopper().buy(1, "later").await.is_problem(409, "ended", &[]);
    database.close().await;
}

/// A sale of one piece that lasts from so many milliseconds after now to so many; its item once shoppers see it.
async fn planned(app: &TestApp, from: i64, until_then: i64) -> String {
    let now = app.anonymous().get("/v1/seckill/activities/1").await.body["server_time"].clone();
    let now = now.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_millis();
    let [starts_at, ends_at] = [from, until_then].map(|millis| Timestamp::from_millis((now + millis) as u64));
    let (sku, price) = (SkuId::new(2).unwrap(), Money::from_fen(100).unwrap());
    let plan = SalePlan { name: "另一场".into(), sku, quota: 1, limit_per_user: 1, price, starts_at, ends_at };
    let database = app.database().await;
    let (activity, item) = repository::create(&database, &plan).await.unwrap();
    database.close().await;
    let anonymous = app.anonymous();
    until("the sale is seen", async || anonymous.get(&format!("/v1/seckill/activities/{activity}")).await.status == 200).await;
    item.to_string()
}

async fn a_sale_whose_pieces_no_actor_has_any_more_has_ended(app: &TestApp) {
    let yesterdays = planned(app, -2_000, -1_000).await;
    app.shopper().buy_with(&yesterdays, Some("key"), r#"{"quantity":1}"#).await.is_problem(409, "ended", &[]);
}

async fn a_sale_that_has_not_begun_sells_nothing(app: &TestApp) {
    let tomorrows = planned(app, 3_600_000, 7_200_000).await;
    app.shopper().buy_with(&tomorrows, Some("key"), r#"{"quantity":1}"#).await.is_problem(409, "not_started", &[]);
}

async fn buying_needs_a_token(app: &TestApp) {
    let refused = app.anonymous().buy(1, "key").await;
    refused.is_problem(401, "token_missing", &["Authorization"]);
    assert_eq!(refused.header("www-authenticate"), "Bearer");
}
