//! After-sale over real HTTP: applied for by shoppers, answered by the shop, refunded by the order.

mod command_line;
mod limits;
mod money;
mod races;
mod refusals;
mod shown;

use std::time::{SystemTime, UNIX_EPOCH};

use mallcore::features::after_sales::service::{self, AfterSaleError, Written};
use mallcore::platform::config::AfterSales;
use mallcore_actors::after_sales::{Command, Terms};
use mallcore_actors::idempotency::KeyHash;
use mallcore_actors::ids::{AfterSaleId, OrderId, PaymentId, SkuId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Carrier, LinePieces, Parcel, Payment, PaymentChannel, Pieces, Tracking};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::checkout::{items, place, shelf};

fn terms() -> Terms {
    AfterSales { window_days: 7, answer_days: 2, return_days: 7, receive_days: 10, approves_by_time: false }.terms()
}

fn now() -> Timestamp {
    Timestamp::from_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

fn pieces(wanted: &[(u64, u32)]) -> Pieces {
    let pieces = |&(sku, quantity): &(u64, u32)| LinePieces { sku: SkuId::new(sku).unwrap(), quantity: Quantity::new(quantity).unwrap() };
    wanted.iter().map(pieces).collect()
}

/// Orders and pays pieces of SKUs that cost so much.
async fn paid(app: &TestApp, shopper: &Person<'_>, key: u64, wanted: &[(u64, u64, u32)]) -> OrderId {
    let order = placed(shopper, key, wanted).await;
    let payable = wanted.iter().map(|(_, price, pieces)| price * u64::from(*pieces)).sum();
    let (id, amount) = (PaymentId::new(1_000 + order.get() * 10 + key).unwrap(), Money::from_fen(payable).unwrap());
    let payment = Payment { id, channel: PaymentChannel::WechatPay, amount, payer: None };
    app.orders().commands().pay(Provenance::SYSTEM, shopper.user(), order, &payment).await.unwrap().unwrap();
    order
}

async fn placed(shopper: &Person<'_>, key: u64, wanted: &[(u64, u64, u32)]) -> OrderId {
    let payable = wanted.iter().map(|(_, price, pieces)| price * u64::from(*pieces)).sum();
    let lines: Vec<_> = wanted.iter().map(|(sku, _, pieces)| (*sku, *pieces)).collect();
    let placed = place(shopper, &format!("k{key}"), &lines, payable).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    OrderId::new(placed.body["order_id"].as_u64().unwrap()).unwrap()
}

async fn sent(app: &TestApp, shopper: &Person<'_>, order: OrderId, wanted: &[(u64, u32)]) {
    let parcel = Parcel {
        key: KeyHash::from_bytes([9; 16]),
        carrier: Carrier::parse("SF").unwrap(),
        tracking: Tracking::parse("SF1001").unwrap(),
        pieces: pieces(wanted),
    };
    app.orders().commands().ship(Provenance::SYSTEM, shopper.user(), order, &parcel).await.unwrap().unwrap();
}

/// Sends everything and has its shopper confirm it.
async fn received(app: &TestApp, shopper: &Person<'_>, order: OrderId, wanted: &[(u64, u32)]) {
    sent(app, shopper, order, wanted).await;
    let confirmed = shopper.post(&format!("/v1/orders/{order}/confirm")).await;
    assert_eq!(confirmed.body["status"], "completed", "{confirmed:?}");
}

fn application(order: OrderId, kind: &str, wanted: &[(u64, u32)]) -> Value {
    json!({ "order_id": order.get(), "kind": kind, "reason": "bad_quality", "items": items(wanted) })
}

async fn apply(shopper: &Person<'_>, key: &str, body: Value) -> Reply {
    shopper.send(Method::POST, "/v1/after-sales", Some(key), body).await
}

/// Applies, and says the id of the case.
async fn applied(shopper: &Person<'_>, key: &str, body: Value) -> u64 {
    let reply = apply(shopper, key, body).await;
    assert_eq!((reply.status.as_u16(), &reply.body["status"]), (201, &"applied".into()), "{reply:?}");
    reply.body["id"].as_u64().unwrap()
}

async fn preview(shopper: &Person<'_>, body: Value) -> Reply {
    shopper.send(Method::POST, "/v1/after-sales/preview", None, body).await
}

async fn case(shopper: &Person<'_>, id: u64) -> Value {
    shopper.get(&format!("/v1/after-sales/{id}")).await.body
}

/// What somebody of the shop does, by another way than HTTP.
async fn merchant(app: &TestApp, id: u64, command: Command) -> Result<Written, AfterSaleError> {
    let (database, operator) = (app.database().await, Operator::parse("小王").unwrap());
    let id = AfterSaleId::new(id).unwrap();
    let written = service::advance(&database, id, None, &command, Some(&operator), &terms(), now()).await;
    database.close().await;
    written
}

async fn becomes(shopper: &Person<'_>, id: u64, status: &str) -> Value {
    until(&format!("the case is {status}"), async || case(shopper, id).await["status"] == status).await;
    case(shopper, id).await
}

fn kinds(case: &Value) -> Vec<(String, String)> {
    let word = |event: &Value, field: &str| event[field].as_str().unwrap().to_owned();
    case["timeline"].as_array().unwrap().iter().map(|event| (word(event, "kind"), word(event, "by"))).collect()
}

/// A shopper, and the first SKU of the shelf with its price.
async fn shopper_and_sku(app: &TestApp) -> (Person<'_>, (u64, u64)) {
    (app.shopper(), shelf(app).await[0])
}
