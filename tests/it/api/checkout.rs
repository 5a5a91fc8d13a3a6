//! From pieces to an order, over real HTTP: quotes, placing from items and from the cart, repeats, refusals.

use std::sync::Arc;

use futures_util::future::join_all;
use mallcore::features::catalog::edits::skus::{self, SkuChange};
use mallcore::features::stock::adjustments;
use mallcore::platform::outbox::{self, Message, Topic, Wanted};
use mallcore_actors::ids::{SkuId, UserId};
use mallcore_actors::stock::adjustment::{Delta, Operator, Reason};
use mallcore_actors::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::engines::{each_embedded_and_all_on_mariadb, on_both};

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    a_quote_is_what_the_order_costs,
    a_key_that_only_the_database_knows_gets_the_first_answer,
    a_changed_price_is_told_with_the_new_quote,
    an_order_is_placed_whole_or_not_at_all,
    what_is_wrong_with_an_order_is_named,
    an_order_from_the_cart_takes_its_lines_out_of_it,
    a_cancelled_basket_gives_all_its_pieces_back,
    what_is_off_the_shelf_is_not_ordered,
}

/// Three SKUs on the shelf with their prices, each of another product without discount and reviews, none of them the sale's.
pub async fn shelf(app: &TestApp) -> Vec<(u64, u64)> {
    let products = app.anonymous().get("/v1/products?size=100").await;
    let cards = products.body["items"].as_array().unwrap().iter();
    let plain = cards.filter(|card| card["is_discount"] == false && card["review_count"] == 0 && card["id"] != 1);
    let mut skus = Vec::new();
    for card in plain.take(3) {
        let product = app.anonymous().get(&format!("/v1/products/{}", card["id"])).await;
        let number = |sku: &Value, field: &str| sku[field].as_u64().unwrap();
        skus.extend(product.body["skus"].as_array().unwrap().first().map(|sku| (number(sku, "id"), number(sku, "price_fen"))));
    }
    assert_eq!(skus.len(), 3, "{products:?}");
    skus
}

pub fn items(wanted: &[(u64, u32)]) -> Value {
    wanted.iter().map(|(sku, quantity)| json!({ "sku_id": sku, "quantity": quantity })).collect()
}

pub async fn available(app: &TestApp, sku: u64) -> u64 {
    app.caught_up().await;
    let database = app.database().await;
    let mut tx = database.snapshot().await.unwrap();
    tx.first("SELECT available FROM skus WHERE id = ?", vec![sku.into()]).await.unwrap().unwrap().count(0).unwrap()
}

/// Leaves so many pieces of a SKU, and returns when shoppers see it.
pub async fn leave(app: &TestApp, sku: u64, left: u64) {
    let by = i32::try_from(left).unwrap() - i32::try_from(available(app, sku).await).unwrap();
    let (wanted, now) = (Wanted::By(Delta::new(by).unwrap()), Timestamp::from_millis(1_795_451_405_000));
    let (reason, whose, id) = (Reason::parse("盘点").unwrap(), Operator::parse("tester").unwrap(), SkuId::new(sku).unwrap());
    adjustments::ask(&app.database().await, id, wanted, reason, whose, now).await.unwrap();
    until("the catalogue has the count", async || u64::from(app.catalog().sku(id).unwrap().sku(id).unwrap().1.available()) == left).await;
    until("so has the database", async || available(app, sku).await == left).await;
}

/// Puts a SKU on the shelf or takes it off, and returns when shoppers see it.
pub async fn shelve(app: &TestApp, sku: u64, on_sale: bool) {
    let (id, change) = (SkuId::new(sku).unwrap(), SkuChange { on_sale: Some(on_sale), ..SkuChange::default() });
    skus::change(&app.database().await, id, &change, Timestamp::from_millis(1_795_451_405_000)).await.unwrap().unwrap();
    until("the catalogue shows it", async || app.catalog().sku(id).unwrap().sku(id).unwrap().0.on_sale == on_sale).await;
}

/// Runs a statement about a SKU as an edit of its product, and returns when shoppers see it.
pub async fn edit(app: &TestApp, sku: u64, text: &str) {
    let shown = || Arc::clone(&app.catalog().sku(SkuId::new(sku).unwrap()).unwrap().product);
    let before = shown();
    let mut tx = app.database().await.begin().await.unwrap();
    assert_eq!(tx.execute(text, vec![sku.into()]).await.unwrap(), 1);
    let message = Message::changed(Topic::Product, before.id.get());
    outbox::append(&mut tx, &message, Timestamp::from_millis(1_795_451_405_000)).await.unwrap();
    tx.commit().await.unwrap();
    until("the catalogue has read it", async || !Arc::ptr_eq(&before, &shown())).await;
}

/// The id of the shopper's address in Hangzhou, which they have from now on.
pub async fn home(shopper: &Person<'_>) -> Value {
    let added = shopper.send(Method::POST, "/v1/user/addresses", None, super::addresses::address(1)).await;
    assert!(added.status.is_success(), "{added:?}");
    added.body["id"].clone()
}

/// Orders these pieces, sent home.
pub async fn place(shopper: &Person<'_>, key: &str, wanted: &[(u64, u32)], expected: u64) -> Reply {
    let body = json!({ "items": items(wanted), "expected_payable_fen": expected, "address_id": home(shopper).await });
    shopper.send(Method::POST, "/v1/orders", Some(key), body).await
}

async fn a_quote_is_what_the_order_costs(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
    let quote = shopper.send(Method::POST, "/v1/orders/preview", None, json!({ "items": items(&[(a, 2), (b, 1)]) })).await;
    assert_eq!(quote.status, 200, "{quote:?}");
    let payable = price_a * 2 + price_b;
    assert_eq!((quote.body["payable_fen"].as_u64(), quote.body["goods_fen"].as_u64()), (Some(payable), Some(payable)));
    assert_eq!((&quote.body["items"][0]["state"], &quote.body["freight_fen"]), (&"ok".into(), &0.into()));
    let before = available(app, a).await;
    let address = shopper.send(Method::POST, "/v1/user/addresses", None, super::addresses::address(9)).await.body["id"].clone();
    let body = json!({ "items": items(&[(a, 2), (b, 1)]), "expected_payable_fen": payable, "remark": " 请放前台 ", "address_id": address });
    let placed = shopper.send(Method::POST, "/v1/orders", Some("k"), body.clone()).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let no = placed.body["order_no"].as_str().unwrap();
    assert!(placed.header("location").ends_with(&format!("/v1/orders/{no}")), "{placed:?}");
    assert_eq!(available(app, a).await, before - 2);
    let order = shopper.get(&format!("/v1/orders/{no}")).await;
    assert_eq!(order.body["status"], "pending_payment");
    assert_eq!(
        (&order.body["remark"], &order.body["address_id"], &order.body["payable_fen"]),
        (&"请放前台".into(), &address, &payable.into())
    );
    let names: Vec<_> = order.body["items"].as_array().unwrap().iter().map(|item| item["product_name"].clone()).collect();
    assert_eq!(names, [quote.body["items"][0]["product_name"].clone(), quote.body["items"][1]["product_name"].clone()]);
    assert_eq!(order.body["timeline"][0]["kind"], "placed");
    // It is sealed: a list opens nothing.
    let list = shopper.get("/v1/orders").await.body;
    assert!(list["items"][0]["order_no"] == *no && !list.to_string().contains("请放前台"), "{list}");
    let another = place(&shopper, "l", &[(b, 1)], price_b).await.body;
    assert_eq!(shopper.get(&format!("/v1/orders/{}", another["order_id"])).await.body["remark"], Value::Null);
    // The same request again gets the same answer, also once the price has changed.
    let again = shopper.send(Method::POST, "/v1/orders", Some("k"), body).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &placed.body));
    place(&shopper, "k", &[(a, 1)], price_a).await.is_problem(422, "idempotency_mismatch", &["Idempotency-Key"]);
}

/// As for a key that is older than what memory keeps.
async fn a_key_that_only_the_database_knows_gets_the_first_answer(app: &TestApp) {
    let (one, another) = (app.shopper(), app.shopper());
    let (sku, price) = shelf(app).await[0];
    let address = home(&one).await;
    let placed = place(&one, "k", &[(sku, 1)], price).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    app.caught_up().await;
    let order = placed.body["order_id"].as_u64().unwrap();
    let give_to = async |user: UserId| {
        let mut tx = app.database().await.begin().await.unwrap();
        tx.execute("UPDATE orders SET user_id = ? WHERE id = ?", vec![user.get().into(), order.into()]).await.unwrap();
        tx.commit().await.unwrap();
    };
    // In memory it stays the other's, so that this one's request is known to the database alone.
    give_to(another.user()).await;
    let first = json!({ "items": items(&[(sku, 1)]), "expected_payable_fen": price, "address_id": address });
    let again = another.send(Method::POST, "/v1/orders", Some("k"), first).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &placed.body));
    place(&another, "k", &[(sku, 2)], price * 2).await.is_problem(422, "idempotency_mismatch", &["Idempotency-Key"]);
    // Also where there is nothing to ask a price for, and without the address that orders of earlier releases did not need.
    for address in [home(&another).await, Value::Null] {
        let from_cart = json!({ "expected_payable_fen": price, "address_id": address });
        let from_cart = another.send(Method::POST, "/v1/orders", Some("k"), from_cart).await;
        from_cart.is_problem(422, "idempotency_mismatch", &["Idempotency-Key"]);
    }
    give_to(one.user()).await;
}

async fn a_changed_price_is_told_with_the_new_quote(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, price) = shelf(app).await[0];
    let before = available(app, sku).await;
    let changed = place(&shopper, "k", &[(sku, 2)], price).await;
    changed.is_problem(409, "price_changed", &["expected_payable_fen"]);
    assert_eq!(changed.body["quote"]["payable_fen"], price * 2);
    assert_eq!(available(app, sku).await, before);
    // Nothing was placed: the same key orders at the price that was told.
    assert_eq!(place(&shopper, "k", &[(sku, 2)], price * 2).await.status, 201);
}

async fn an_order_is_placed_whole_or_not_at_all(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
    let (left_a, left_b) = (available(app, a).await, available(app, b).await);
    let too_many = u32::try_from(left_b).unwrap() + 1;
    let refused = place(&shopper, "k", &[(a, 1), (b, too_many)], price_a + price_b * u64::from(too_many)).await;
    refused.is_problem(409, "sold_out", &["items[1].sku_id"]);
    assert_eq!((available(app, a).await, available(app, b).await), (left_a, left_b));
    assert_eq!(shopper.get("/v1/orders").await.body["items"], json!([]));
}

async fn what_is_wrong_with_an_order_is_named(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, price) = shelf(app).await[0];
    let address = home(&shopper).await;
    let post_anywhere = async |body: Value| shopper.send(Method::POST, "/v1/orders", Some("k"), body).await;
    let post = async |mut body: Value| {
        body["address_id"] = address.clone();
        post_anywhere(body).await
    };
    let one = items(&[(sku, 1)]);
    post(json!({ "expected_payable_fen": 1 })).await.is_problem(409, "nothing_selected", &["items"]);
    post(json!({ "items": one })).await.is_problem(422, "validation_failed", &["expected_payable_fen"]);
    post(json!({ "items": one, "from_cart": true, "expected_payable_fen": 1 })).await.is_problem(422, "validation_failed", &["from_cart"]);
    post(json!({ "items": [], "expected_payable_fen": 1 })).await.is_problem(422, "validation_failed", &["items"]);
    let twice = json!({ "items": items(&[(sku, 1), (sku, 2)]) });
    let preview = shopper.send(Method::POST, "/v1/orders/preview", None, twice).await.body;
    assert_eq!(preview["items"][0]["quantity"], 3, "the same SKU twice is its pieces together: {preview}");
    let too_many = items(&[(sku, 9_999), (sku, 1)]);
    post(json!({ "items": too_many, "expected_payable_fen": 1 })).await.is_problem(422, "validation_failed", &["items[1].quantity"]);
    let none = items(&[(sku, 0)]);
    post(json!({ "items": none, "expected_payable_fen": 1 })).await.is_problem(422, "validation_failed", &["items[0].quantity"]);
    let unknown = items(&[(sku, 1), (987_654_321, 1)]);
    let quote = async |body: Value| shopper.send(Method::POST, "/v1/orders/preview", None, body).await;
    quote(json!({ "items": unknown })).await.is_problem(404, "unknown_product", &["items[1].sku_id"]);
    quote(json!({})).await.is_problem(409, "nothing_selected", &["items"]);
    post(json!({ "items": unknown, "expected_payable_fen": 1 })).await.is_problem(404, "unknown_product", &["items[1].sku_id"]);
    let long = "长".repeat(201);
    post(json!({ "items": one, "expected_payable_fen": price, "remark": long })).await.is_problem(422, "validation_failed", &["remark"]);
    let empty = json!({ "expected_payable_fen": 0 });
    post(empty).await.is_problem(409, "nothing_selected", &["items"]);
    // Everything is sent, also what is sent free everywhere.
    let nowhere = json!({ "items": one, "expected_payable_fen": price });
    post_anywhere(nowhere.clone()).await.is_problem(422, "validation_failed", &["address_id"]);
    let reasons = post_anywhere(json!({ "items": one, "expected_payable_fen": price, "address_id": null })).await;
    assert_eq!(reasons.body["errors"][0]["code"], "required", "{reasons:?}");
    let keyless = nowhere;
    shopper.send(Method::POST, "/v1/orders", None, keyless.clone()).await.is_problem(400, "header_missing", &["Idempotency-Key"]);
    app.anonymous().send(Method::POST, "/v1/orders", Some("k"), keyless).await.is_problem(401, "token_missing", &["Authorization"]);
}

async fn what_is_off_the_shelf_is_not_ordered(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, price) = shelf(app).await[0];
    edit(app, sku, "UPDATE products SET status = 0 WHERE id = (SELECT product_id FROM skus WHERE id = ?)").await;
    place(&shopper, "k", &[(sku, 1)], price).await.is_problem(409, "off_sale", &["items[0].sku_id"]);
}

async fn an_order_from_the_cart_takes_its_lines_out_of_it(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), (c, _)] = shelf(app).await[..] else { unreachable!() };
    for (sku, key) in [(a, "a"), (b, "b"), (c, "c")] {
        let added = shopper.send(Method::POST, "/v1/cart/add", Some(key), json!({ "sku_id": sku, "quantity": 2 })).await;
        assert_eq!(added.status, 200, "{added:?}");
    }
    let left = shopper.send(Method::PUT, &format!("/v1/cart/items/{c}"), None, json!({ "selected": false })).await;
    assert_eq!(left.status, 200, "{left:?}");
    let body = json!({ "expected_payable_fen": (price_a + price_b) * 2, "address_id": home(&shopper).await });
    let placed = shopper.send(Method::POST, "/v1/orders", Some("k"), body.clone()).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    until("the cart has lost what was bought", async || {
        shopper.get("/v1/cart").await.body["items"].as_array().unwrap().iter().map(|item| item["sku_id"].as_u64().unwrap()).eq([c])
    })
    .await;
    // A repeat is answered although nothing is selected any more.
    let again = shopper.send(Method::POST, "/v1/orders", Some("k"), body).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &placed.body));
    // What is added again stays: the order has taken its lines once.
    shopper.send(Method::POST, "/v1/cart/add", Some("d"), json!({ "sku_id": a, "quantity": 1 })).await;
    let another = place(&app.shopper(), "k", &[(a, 1)], price_a).await;
    assert_eq!(another.status, 201, "{another:?}");
    let cart = shopper.get("/v1/cart").await;
    assert_eq!(cart.body["items"].as_array().unwrap().len(), 2, "{cart:?}");
}

/// Adds two pieces of each, selected.
async fn lay_in(shopper: &Person<'_>, skus: &[u64]) {
    for sku in skus {
        let added = shopper.send(Method::POST, "/v1/cart/add", Some(&sku.to_string()), json!({ "sku_id": sku, "quantity": 2 })).await;
        assert_eq!(added.status, 200, "{added:?}");
    }
}

#[actix_web::test]
async fn of_orders_of_one_cart_at_the_same_time_one_gets_its_lines() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
            let before = (available(app, a).await, available(app, b).await);
            lay_in(&shopper, &[a, b]).await;
            let body = json!({ "expected_payable_fen": (price_a + price_b) * 2, "address_id": home(&shopper).await });
            let keys: Vec<String> = (0..12).map(|number| format!("k{number}")).collect();
            let order = async |key: &String| shopper.send(Method::POST, "/v1/orders", Some(key), body.clone()).await;
            let answers = join_all(keys.iter().map(order)).await;
            let (mut placed, mut busy) = (Vec::new(), Vec::new());
            for (key, answer) in keys.iter().zip(&answers) {
                match (answer.status.as_u16(), answer.body["code"].as_str()) {
                    (201, _) => placed.push((key, answer)),
                    (503, Some("busy")) => busy.push(key),
                    (409, Some("nothing_selected")) => {}
                    _ => panic!("{answer:?}"),
                }
            }
            let [(key, first)] = placed[..] else { panic!("{answers:?}") };
            // At once, whether or not the cart has let go of its lines.
            for key in busy {
                order(key).await.is_problem(409, "nothing_selected", &["items"]);
            }
            order(&"another".to_owned()).await.is_problem(409, "nothing_selected", &["items"]);
            let again = order(key).await;
            assert_eq!((again.status.as_u16(), &again.body), (200, &first.body));
            assert_eq!((available(app, a).await, available(app, b).await), (before.0 - 2, before.1 - 2));
            // A line that is laid in afterwards is another one.
            until("the cart is empty", async || shopper.get("/v1/cart").await.body["items"] == json!([])).await;
            let added = shopper.send(Method::POST, "/v1/cart/add", Some("later"), json!({ "sku_id": a, "quantity": 1 })).await;
            assert_eq!(added.status, 200, "{added:?}");
            let body = json!({ "expected_payable_fen": price_a, "address_id": home(&shopper).await });
            assert_eq!(shopper.send(Method::POST, "/v1/orders", Some("later"), body).await.status, 201);
        },
    )
    .await;
}

/// What a cart does not count cannot be ordered from it either, and both say which lines those are.
#[actix_web::test]
async fn lines_that_cannot_be_bought_are_named_by_preview_and_order() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let [(a, price_a), (b, _), (c, _)] = shelf(app).await[..] else { unreachable!() };
            let address = home(&shopper).await;
            lay_in(&shopper, &[a, b, c]).await;
            leave(app, b, 0).await;
            shelve(app, c, false).await;
            let cart = shopper.get("/v1/cart").await.body;
            assert_eq!(cart["selected_fen"], price_a * 2, "{cart}");
            let preview = async || shopper.send(Method::POST, "/v1/orders/preview", None, json!({ "address_id": address })).await;
            let body = json!({ "expected_payable_fen": price_a * 2, "address_id": address });
            let order = async || shopper.send(Method::POST, "/v1/orders", Some("k"), body.clone()).await;
            let dead = preview().await;
            assert_eq!(dead.status, 409, "{dead:?}");
            let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
            let errors = dead.body["errors"].as_array().unwrap().iter();
            let mut named: Vec<_> = errors.map(|error| (text(error, "field"), text(error, "code"))).collect();
            named.sort_unstable();
            let mut expected = [(format!("cart.{b}"), "sold_out".to_owned()), (format!("cart.{c}"), "off_sale".to_owned())];
            expected.sort_unstable();
            assert_eq!(named, expected, "{dead:?}");
            order().await.is_problem(409, "off_sale", &[&format!("cart.{c}")]);
            let deselect = async |sku: u64| {
                let path = format!("/v1/cart/items/{sku}");
                assert_eq!(shopper.send(Method::PUT, &path, None, json!({ "selected": false })).await.status, 200);
            };
            deselect(c).await;
            preview().await.is_problem(409, "sold_out", &[&format!("cart.{b}")]);
            order().await.is_problem(409, "sold_out", &[&format!("cart.{b}")]);
            deselect(b).await;
            let quote = preview().await;
            assert_eq!(quote.body["payable_fen"], price_a * 2, "{quote:?}");
            assert_eq!(order().await.status, 201);
        },
    )
    .await;
}

async fn a_cancelled_basket_gives_all_its_pieces_back(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
    let before = (available(app, a).await, available(app, b).await);
    let placed = place(&shopper, "k", &[(a, 3), (b, 1)], price_a * 3 + price_b).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let path = format!("/v1/orders/{}", placed.body["order_id"]);
    app.shopper().post(&format!("{path}/cancel")).await.is_problem(404, "unknown_order", &["id"]);
    let first = shopper.post(&format!("{path}/cancel")).await;
    assert_eq!((first.status.as_u16(), &first.body["status"]), (200, &"closed".into()), "{first:?}");
    assert_eq!((available(app, a).await, available(app, b).await), before);
    let again = shopper.post(&format!("{path}/cancel")).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &first.body));
    let timeline = shopper.get(&path).await.body["timeline"].clone();
    assert_eq!((&timeline[1]["kind"], &timeline[1]["data"]["reason"]), (&"closed".into(), &"cancelled".into()));
}
