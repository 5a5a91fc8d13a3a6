//! An order after it was placed, over real HTTP and, for what no shopper may do, through its commands: paid, sent, received, refunded, hidden.

use mallcore::platform::config::Config;
use mallcore_actors::idempotency::KeyHash;
use mallcore_actors::ids::{OrderId, PaymentId, RefundId, SkuId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Carrier, LinePieces, Parcel, Payment, PaymentChannel, RefundCommand, Tracking};
use mallcore_actors::quantity::Quantity;
use reqwest::Method;
use serde_json::json;

use super::app::{Person, Sale, TestApp, until};
use super::checkout::{available, place, shelf};
use super::engines::each_embedded_and_all_on_mariadb;

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    an_order_is_shown_with_all_that_happened_to_it,
    a_hidden_order_leaves_the_list_and_the_counts,
    without_a_merchant_nothing_can_be_paid,
}

fn pieces(wanted: &[(u64, u32)]) -> mallcore_actors::orders::Pieces {
    let pieces = |&(sku, quantity): &(u64, u32)| LinePieces { sku: SkuId::new(sku).unwrap(), quantity: Quantity::new(quantity).unwrap() };
    wanted.iter().map(pieces).collect()
}

async fn paid(app: &TestApp, shopper: &Person<'_>, wanted: &[(u64, u32)], payable: u64) -> OrderId {
    let placed = place(shopper, "k", wanted, payable).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let order = OrderId::new(placed.body["order_id"].as_u64().unwrap()).unwrap();
    let amount = Money::from_fen(payable).unwrap();
    let payment = Payment { id: PaymentId::new(order.get()).unwrap(), channel: PaymentChannel::WechatPay, amount, payer: None };
    let orders = app.orders();
    orders.commands().pay(Provenance::SYSTEM, shopper.user(), order, &payment).await.unwrap().unwrap();
    order
}

async fn ship(app: &TestApp, shopper: &Person<'_>, order: OrderId, number: u8, wanted: &[(u64, u32)]) {
    let parcel = Parcel {
        key: KeyHash::from_bytes([number; 16]),
        carrier: Carrier::parse("SF").unwrap(),
        tracking: Tracking::parse(&format!("SF100{number}")).unwrap(),
        pieces: pieces(wanted),
    };
    app.orders().commands().ship(Provenance::SYSTEM, shopper.user(), order, &parcel).await.unwrap().unwrap();
}

async fn refund(app: &TestApp, shopper: &Person<'_>, order: OrderId, number: u64, wanted: &[(u64, u32)]) {
    let command = RefundCommand { id: RefundId::new(number).unwrap(), pieces: pieces(wanted), freight: Money::ZERO, restock: true };
    app.orders().commands().refund(Provenance::SYSTEM, shopper.user(), order, &command).await.unwrap().unwrap();
}

async fn an_order_is_shown_with_all_that_happened_to_it(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
    let order = paid(app, &shopper, &[(a, 2), (b, 1)], price_a * 2 + price_b).await;
    let path = format!("/v1/orders/{order}");
    shopper.post(&format!("{path}/confirm")).await.is_problem(409, "wrong_status", &[]);
    shopper.send(Method::DELETE, &path, None, json!({})).await.is_problem(409, "wrong_status", &[]);
    ship(app, &shopper, order, 1, &[(a, 1)]).await;
    assert_eq!(shopper.get(&path).await.body["status"], "paid");
    // It leaves memory in between, and comes back with its first parcel.
    app.caught_up().await;
    ship(app, &shopper, order, 2, &[(a, 1), (b, 1)]).await;
    let confirmed = shopper.post(&format!("{path}/confirm")).await;
    assert_eq!((confirmed.status.as_u16(), &confirmed.body["status"]), (200, &"completed".into()), "{confirmed:?}");
    let again = shopper.post(&format!("{path}/confirm")).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &confirmed.body));
    app.caught_up().await;
    let before = available(app, a).await;
    refund(app, &shopper, order, 5, &[(a, 1)]).await;
    assert_eq!(available(app, a).await, before + 1);
    let shown = shopper.get(&path).await.body;
    let kinds: Vec<&str> = shown["timeline"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["placed", "paid", "shipped", "shipped", "completed", "refunded"]);
    assert_eq!(shown["payment"], json!({ "channel": "wechat_pay", "amount_fen": price_a * 2 + price_b }));
    assert_eq!((&shown["parcels"][0]["tracking_no"], &shown["parcels"][1]["items"][1]["sku_id"]), (&"SF1001".into(), &b.into()));
    assert_eq!((&shown["refunds"][0]["amount_fen"], &shown["refunds"][0]["items"][0]["quantity"]), (&price_a.into(), &1.into()));
    for another in [app.shopper().get(&path).await, app.shopper().post(&format!("/v1/orders/{order}/confirm")).await] {
        another.is_problem(404, "unknown_order", &["id"]);
    }
}

#[actix_web::test]
async fn an_order_that_was_sent_completes_by_itself() {
    let soon = |config: &mut Config| {
        config.orders.auto_complete_seconds = 1;
        // The test asks again and again.
        config.rate_limits.enabled = false;
    };
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, soon).await;
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), _] = shelf(&app).await[..] else { unreachable!() };
    let order = paid(&app, &shopper, &[(a, 1), (b, 1)], price_a + price_b).await;
    ship(&app, &shopper, order, 1, &[(a, 1)]).await;
    ship(&app, &shopper, order, 2, &[(b, 1)]).await;
    let path = format!("/v1/orders/{order}");
    until("the order is completed", async || shopper.get(&path).await.body["status"] == "completed").await;
    let shown = shopper.get(&path).await.body;
    let events = shown["timeline"].as_array().unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["placed", "paid", "shipped", "shipped", "completed"], "{shown}");
    let at = |place: usize| events[place]["at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert!(at(4) - at(3) >= chrono::TimeDelta::seconds(1), "no sooner than configured: {shown}");
    let confirmed = shopper.post(&format!("{path}/confirm")).await;
    assert_eq!((confirmed.status.as_u16(), &confirmed.body["status"]), (200, &"completed".into()), "received once: {confirmed:?}");
}

async fn a_hidden_order_leaves_the_list_and_the_counts(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, price) = shelf(app).await[0];
    let mut orders = Vec::new();
    for key in ["a", "b", "c"] {
        orders.push(place(&shopper, key, &[(sku, 1)], price).await.body["order_id"].as_u64().unwrap());
    }
    let counts = async || shopper.get("/v1/orders/counts").await.body;
    let listed = async |status: &str| {
        let page = shopper.get(&format!("/v1/orders?status={status}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        page.body["items"].as_array().unwrap().iter().map(|order| order["order_id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(counts().await["pending_payment"], 3);
    let path = format!("/v1/orders/{}", orders[1]);
    assert_eq!(shopper.post(&format!("{path}/cancel")).await.status, 200);
    assert_eq!((&counts().await["pending_payment"], &counts().await["closed"]), (&2.into(), &1.into()));
    assert_eq!((listed("pending_payment").await, listed("closed").await), (vec![orders[2], orders[0]], vec![orders[1]]));
    app.shopper().send(Method::DELETE, &path, None, json!({})).await.is_problem(404, "unknown_order", &["id"]);
    // Once before the database has it, once after.
    for _ in 0..2 {
        let hidden = shopper.send(Method::DELETE, &path, None, json!({})).await;
        assert_eq!(hidden.status, 204, "{hidden:?}");
        assert_eq!((&counts().await["closed"], listed("closed").await), (&0.into(), vec![]));
        assert_eq!(shopper.get("/v1/orders").await.body["items"].as_array().unwrap().len(), 2);
        app.caught_up().await;
    }
    let shown = shopper.get(&path).await;
    assert_eq!((shown.status.as_u16(), &shown.body["timeline"][2]["kind"]), (200, &"hidden".into()), "{shown:?}");
    shopper.get("/v1/orders?status=lost").await.is_problem(400, "validation_failed", &["status"]);
    app.anonymous().get("/v1/orders/counts").await.is_problem(401, "token_missing", &["Authorization"]);
}

async fn without_a_merchant_nothing_can_be_paid(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, price) = shelf(app).await[0];
    let placed = place(&shopper, "k", &[(sku, 1)], price).await;
    shopper.post(&format!("/v1/orders/{}/pay", placed.body["order_id"])).await.is_problem(503, "payment_unavailable", &[]);
    let cancelled = shopper.post(&format!("/v1/orders/{}/cancel", placed.body["order_id"])).await;
    assert_eq!(cancelled.status, 200, "no attempt was begun: {cancelled:?}");
}
