//! Parcels as their shopper sees them, and the commands of the back office beside a running server.

use mallcore::platform::config::TrackingKind;
use mallcore_actors::orders::PaymentChannel;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, TestApp, until};
use super::checkout::{items, shelf};
use super::cold_writes::{is_done, mallcore};
use super::engines::{each_on_both, on_both};
use crate::shipping::{Bought, buy, pay, send};

each_on_both! {
    the_back_office_sends_parcels_by_the_command_line,
    goods_are_handed_out_once_to_whoever_shows_the_code,
}

#[actix_web::test]
async fn parcels_are_shown_with_what_is_in_them_and_where_they_are() {
    on_both(
        |_| {},
        async |app: &TestApp| {
            let shopper = app.shopper();
            let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
            let address = shopper.send(Method::POST, "/v1/user/addresses", None, super::addresses::address(9)).await.body["id"].clone();
            let body = json!({ "items": items(&[(a, 2), (b, 1)]), "expected_payable_fen": price_a * 2 + price_b, "address_id": address });
            let placed = shopper.send(Method::POST, "/v1/orders", Some("k"), body).await;
            let id = mallcore_actors::ids::OrderId::new(placed.body["order_id"].as_u64().unwrap()).unwrap();
            let path = format!("/v1/orders/{id}/parcels");
            assert_eq!(shopper.get(&path).await.body, json!({ "items": [], "pick_up": null }), "nothing yet");
            pay(app, shopper.user(), id, PaymentChannel::Balance, price_a * 2 + price_b).await;
            send(app, id, "SF1000000001", &[(a, 1)]).await.unwrap().unwrap();
            until("it was sent", async || shopper.get(&path).await.body["items"][0].is_object()).await;
            send(app, id, "SF1000000002", &[]).await.unwrap().unwrap();
            until("the rest was sent", async || shopper.get(&path).await.body["items"][1].is_object()).await;
            let shown = shopper.get(&format!("/v1/orders/{}/parcels", placed.body["order_no"].as_str().unwrap())).await;
            assert_eq!(shown.status, 200, "{shown:?}");
            let [first, second] = &shown.body["items"].as_array().unwrap()[..] else { panic!("{shown:?}") };
            assert_eq!(first["carrier"], json!({ "code": "SF", "name": "顺丰速运" }));
            assert_eq!((&first["tracking_no"], &first["items"][0]["sku_id"]), (&"SF1000000001".into(), &a.into()));
            assert!(first["items"][0]["product_name"].is_string() && first["items"][0]["quantity"] == 1, "{first}");
            assert_eq!((&second["items"][0]["quantity"], &second["items"][1]["sku_id"]), (&1.into(), &b.into()));
            assert_eq!(first["tracking"]["state"], "accepted", "{first}");
            assert_eq!(first["tracking"]["events"][0]["at"], first["shipped_at"]);
            assert_eq!(shopper.get(&format!("/v1/orders/{id}")).await.body["status"], "shipped");
            app.shopper().get(&path).await.is_problem(404, "unknown_order", &["id"]);
            app.anonymous().get(&path).await.is_problem(401, "token_missing", &["Authorization"]);
            shopper.get("/v1/orders/x/parcels").await.is_problem(400, "validation_failed", &["id"]);
            shopper.get("/v1/orders/999999/parcels").await.is_problem(404, "unknown_order", &["id"]);
        },
    )
    .await;
}

#[actix_web::test]
async fn without_a_tracking_service_parcels_are_shown_all_the_same() {
    let app = TestApp::with(super::app::Sale { quota: 10, limit: 1 }, |config| config.shipping.tracking = TrackingKind::None).await;
    let shopper = app.shopper();
    let (sku, price) = shelf(&app).await[0];
    let order = buy(&app, &shopper, "k", &[(sku, 1)], price, PaymentChannel::Balance).await;
    is_done(&mallcore(&app, &format!("order ship {} --carrier ZTO --tracking-no ZT10001 --wait", order.id)).await);
    let shown = shopper.get(&format!("/v1/orders/{}/parcels", order.id)).await.body;
    assert_eq!((&shown["items"][0]["carrier"]["name"], &shown["items"][0]["tracking"]), (&"中通快递".into(), &Value::Null));
}

async fn refused(app: &TestApp, line: &str, words: &str) {
    let (success, said) = mallcore(app, line).await;
    assert!(!success && said.contains(words), "{line}: {said}");
}

async fn the_back_office_sends_parcels_by_the_command_line(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
    assert!(mallcore(app, "order list").await.1.contains("no order waits"));
    let order = buy(app, &shopper, "k", &[(a, 2), (b, 1)], price_a * 2 + price_b, PaymentChannel::Balance).await;
    let (_, listed) = mallcore(app, "order list").await;
    assert!(listed.contains(&order.no) && listed.contains("to be sent"), "{listed}");
    let ship = |rest: &str| format!("order ship {} {rest} --wait", order.no);
    refused(app, &ship("--carrier DHL --tracking-no X100001"), "there is no carrier DHL").await;
    refused(app, &ship("--carrier PICKUP --tracking-no X100001"), "there is no carrier PICKUP").await;
    refused(app, &ship("--carrier SF --tracking-no SF"), "no number of a parcel").await;
    refused(app, &ship(&format!("--carrier SF --tracking-no SF100001 --items {a}:3")), "exceeds_order").await;
    refused(app, "order ship 999999 --carrier SF --tracking-no SF100001", "there is no such order").await;
    let unpaid = super::checkout::place(&shopper, "unpaid", &[(a, 1)], price_a).await.body["order_id"].clone();
    app.caught_up().await;
    refused(app, &format!("order ship {unpaid} --carrier SF --tracking-no SF100001"), "wrong_status").await;

    is_done(&mallcore(app, &ship(&format!("--carrier SF --tracking-no SF100001 --items {a}:1,{b}:1"))).await);
    let again = mallcore(app, &ship(&format!("--carrier SF --tracking-no SF100001 --items {b}:1,{a}:1"))).await;
    assert!(again.0 && again.1.contains("has this parcel already"), "{}", again.1);
    refused(app, &ship(&format!("--carrier SF --tracking-no SF100001 --items {a}:1")), "idempotency_mismatch").await;
    let (_, shown) = mallcore(app, &format!("order show {}", order.id)).await;
    assert!(shown.contains(": paid,") && shown.contains("parcel SF SF100001"), "{shown}");
    assert!(shown.contains("2 ordered, 1 sent, 1 to send, 0 refunded"), "{shown}");
    is_done(&mallcore(app, &ship("--carrier JD --tracking-no JD100002")).await);
    let (_, shown) = mallcore(app, &format!("order show {}", order.id)).await;
    assert!(shown.contains(": shipped,"), "{shown}");
    refused(app, &ship("--carrier JD --tracking-no JD100003"), "wrong_status").await;
    let (_, carriers) = mallcore(app, "shipping carriers").await;
    assert!(carriers.contains("YUNDA 韵达快递: WeChat YD, 快递100 yunda"), "{carriers}");
}

async fn pick_up(shopper: &Person<'_>, order: &Bought) -> Value {
    shopper.get(&format!("/v1/orders/{}/parcels", order.id)).await.body["pick_up"].clone()
}

fn code(shown: &Value) -> String {
    let code = shown["code"].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned();
    assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    code
}

fn wrong(code: &str) -> String {
    format!("{:08}", (code.parse::<u32>().unwrap() + 1) % 100_000_000)
}

async fn goods_are_handed_out_once_to_whoever_shows_the_code(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, price) = shelf(app).await[0];
    let order = buy(app, &shopper, "k", &[(sku, 2)], price * 2, PaymentChannel::Balance).await;
    let hand_out = |code: &str| format!("order pick-up {} --code {code} --wait", order.id);
    assert_eq!(pick_up(&shopper, &order).await, Value::Null);
    refused(app, &hand_out("12345678"), "does not wait to be picked up").await;
    let (success, said) = mallcore(app, &format!("order ready {}", order.no)).await;
    assert!(success && said.contains("its shopper sees the code"), "{said}");
    let shown = pick_up(&shopper, &order).await;
    let right = code(&shown);
    assert!(!said.contains(&right), "nobody at the shop sees it");
    let database = app.database().await;
    let mut tx = database.snapshot().await.unwrap();
    let stored = tx.first("SELECT code FROM pick_ups", Vec::new()).await.unwrap().unwrap().bytes_or_null(0).unwrap().unwrap();
    tx.commit().await.unwrap();
    database.close().await;
    assert!(!stored.windows(8).any(|bytes| bytes == right.as_bytes()), "it is stored sealed");
    assert!(mallcore(app, "order list").await.1.contains("waits to be picked up"));
    app.shopper().get(&format!("/v1/orders/{}/parcels", order.id)).await.is_problem(404, "unknown_order", &["id"]);

    refused(app, &hand_out(&wrong(&right)), "the code is wrong, 4 more tries").await;
    is_done(&mallcore(app, &hand_out(&right)).await);
    let parcels = shopper.get(&format!("/v1/orders/{}/parcels", order.id)).await.body;
    assert_eq!((&parcels["pick_up"]["code"], &parcels["items"][0]["carrier"]["name"]), (&Value::Null, &"到店自提".into()), "{parcels}");
    assert!(parcels["pick_up"]["collected_at"].is_string() && parcels["items"][0]["items"][0]["quantity"] == 2, "{parcels}");
    assert_eq!(shopper.get(&format!("/v1/orders/{}", order.id)).await.body["status"], "completed");
    refused(app, &hand_out(&right), "wrong_status").await;
    refused(app, &format!("order ready {}", order.id), "wrong_status").await;
}

#[actix_web::test]
async fn a_code_dies_after_five_wrong_ones_and_a_new_one_is_made() {
    let app = TestApp::with(super::app::Sale { quota: 10, limit: 1 }, |config| config.rate_limits.enabled = false).await;
    let shopper = app.shopper();
    let (sku, price) = shelf(&app).await[0];
    let order = buy(&app, &shopper, "k", &[(sku, 1)], price, PaymentChannel::Balance).await;
    let hand_out = |code: &str| format!("order pick-up {} --code {code} --wait", order.id);
    let ready = format!("order ready {}", order.id);
    assert!(mallcore(&app, &ready).await.0);
    let first = code(&pick_up(&shopper, &order).await);
    for left in (0..5).rev() {
        refused(&app, &hand_out(&wrong(&first)), &format!("the code is wrong, {left} more tries")).await;
    }
    refused(&app, &hand_out(&first), "too many wrong codes").await;
    assert_eq!(pick_up(&shopper, &order).await["code"], Value::Null, "nobody is sent to the shop with it");
    assert!(mallcore(&app, &ready).await.0);
    let second = code(&pick_up(&shopper, &order).await);
    assert_ne!(first, second);
    refused(&app, &hand_out(&first), "the code is wrong").await;
    is_done(&mallcore(&app, &hand_out(&second)).await);
}
