//! Carts over real HTTP: adding, changing, removing, merging, marks, limits, repeats.

use mallcore::features::catalog::edits;
use mallcore_actors::ids::SkuId;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::checkout::{items, leave, shelf, shelve};
use super::engines::each_embedded_and_all_on_mariadb;

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    a_repeated_request_adds_once,
    a_guests_lines_are_merged_in,
    a_sku_that_is_off_the_shelf_is_marked_and_cannot_be_added,
    pieces_are_added_changed_selected_and_removed,
    a_repeated_merge_gets_the_first_answer,
    a_cart_has_at_most_120_lines,
    lines_are_marked_with_what_the_shelf_says_now,
}

async fn add(shopper: &Person<'_>, key: &str, sku: u64, quantity: u32) -> Reply {
    shopper.send(Method::POST, "/v1/cart/add", Some(key), json!({ "sku_id": sku, "quantity": quantity })).await
}

fn lines(cart: &Value) -> Vec<(u64, u64, bool)> {
    let line = |item: &Value| (item["sku_id"].as_u64().unwrap(), item["quantity"].as_u64().unwrap(), item["selected"].as_bool().unwrap());
    let mut lines: Vec<_> = cart["items"].as_array().unwrap().iter().map(line).collect();
    lines.sort_unstable();
    lines
}

fn sorted(lines: &[(u64, u64, bool)]) -> Vec<(u64, u64, bool)> {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines
}

async fn pieces_are_added_changed_selected_and_removed(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
    assert_eq!(shopper.get("/v1/cart").await.body["items"], json!([]));
    assert_eq!(add(&shopper, "1", a, 2).await.status, 200);
    assert_eq!(lines(&add(&shopper, "2", a, 3).await.body), [(a, 5, true)]);
    let cart = add(&shopper, "3", b, 1).await.body;
    assert_eq!((&cart["selected_quantity"], &cart["selected_fen"]), (&6.into(), &(price_a * 5 + price_b).into()));
    let put = async |path: String, body: Value| shopper.send(Method::PUT, &path, None, body).await;
    let changed = put(format!("/v1/cart/items/{a}"), json!({ "quantity": 4, "selected": false })).await;
    assert_eq!(lines(&changed.body), sorted(&[(a, 4, false), (b, 1, true)]));
    assert_eq!(lines(&put("/v1/cart/selection".into(), json!({ "selected": true })).await.body), sorted(&[(a, 4, true), (b, 1, true)]));
    put("/v1/cart/items/987654".into(), json!({ "quantity": 1 })).await.is_problem(404, "unknown_cart_line", &[]);
    assert_eq!(lines(&put(format!("/v1/cart/items/{a}"), json!({ "quantity": null })).await.body), sorted(&[(a, 4, true), (b, 1, true)]));
    put(format!("/v1/cart/items/{a}"), json!([2, false])).await.is_problem(422, "validation_failed", &["body"]);
    put(format!("/v1/cart/items/{a}"), json!({ "quantity": 10_000 })).await.is_problem(422, "validation_failed", &["quantity"]);
    let other = app.shopper();
    let anothers = other.send(Method::PUT, &format!("/v1/cart/items/{a}"), None, json!({ "quantity": 1 })).await;
    anothers.is_problem(404, "unknown_cart_line", &[]);
    assert_eq!(other.send(Method::DELETE, &format!("/v1/cart/items/{a}"), None, json!({})).await.status, 200, "there is nothing to remove");
    assert_eq!(other.send(Method::DELETE, "/v1/cart", None, json!({})).await.status, 200);
    assert_eq!(lines(&shopper.get("/v1/cart").await.body), sorted(&[(a, 4, true), (b, 1, true)]), "another's cart is another");
    for _ in 0..2 {
        let removed = shopper.send(Method::DELETE, &format!("/v1/cart/items/{a}"), None, json!({})).await;
        assert_eq!((removed.status.as_u16(), lines(&removed.body)), (200, vec![(b, 1, true)]));
    }
    assert_eq!(lines(&shopper.send(Method::DELETE, "/v1/cart", None, json!({})).await.body), []);
    assert_eq!(lines(&other.get("/v1/cart").await.body), []);
}

async fn a_repeated_request_adds_once(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, _) = shelf(app).await[0];
    for _ in 0..3 {
        assert_eq!(lines(&add(&shopper, "k", sku, 2).await.body), [(sku, 2, true)]);
    }
    add(&shopper, "k", sku, 3).await.is_problem(422, "idempotency_mismatch", &["Idempotency-Key"]);
    let keyless = shopper.send(Method::POST, "/v1/cart/add", None, json!({ "sku_id": sku })).await;
    keyless.is_problem(400, "header_missing", &["Idempotency-Key"]);
    add(&shopper, "u", 987_654, 1).await.is_problem(404, "unknown_product", &["sku_id"]);
    add(&shopper, "v", sku, 0).await.is_problem(422, "validation_failed", &["quantity"]);
    add(&shopper, "w", sku, 9_998).await.is_problem(409, "cart_quantity_limit", &[]);
    let none = shopper.send(Method::PUT, "/v1/cart/selection", None, json!({})).await;
    none.is_problem(422, "validation_failed", &["selected"]);
    app.anonymous().get("/v1/cart").await.is_problem(401, "token_missing", &["Authorization"]);
}

async fn a_guests_lines_are_merged_in(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, _), (b, _), _] = shelf(app).await[..] else { unreachable!() };
    add(&shopper, "1", a, 2).await;
    let body = json!({ "items": items(&[(a, 3), (b, 1), (987_654, 1)]) });
    for _ in 0..2 {
        let merged = shopper.send(Method::POST, "/v1/cart/merge", Some("m"), body.clone()).await;
        assert_eq!(merged.status, 200, "{merged:?}");
        assert_eq!(lines(&merged.body), sorted(&[(a, 5, true), (b, 1, true)]));
        assert_eq!(merged.body["left_out"], json!([987_654]));
    }
    for (items, code, field) in [(json!([]), "validation_failed", "items"), (items(&[(a, 1)]), "idempotency_mismatch", "Idempotency-Key")] {
        let refused = shopper.send(Method::POST, "/v1/cart/merge", Some("m"), json!({ "items": items })).await;
        refused.is_problem(422, code, &[field]);
    }
}

async fn lines_are_marked_with_what_the_shelf_says_now(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, _), (b, _), (c, _)] = shelf(app).await[..] else { unreachable!() };
    for (sku, key) in [(a, "1"), (b, "2"), (c, "3")] {
        add(&shopper, key, sku, 2).await;
    }
    leave(app, a, 1).await;
    leave(app, b, 0).await;
    let product = app.catalog().sku(SkuId::new(c).unwrap()).unwrap().product.id.get();
    let (whose, now) = (Operator::parse("tester").unwrap(), Timestamp::from_millis(1_795_451_405_000));
    edits::set_status(&app.database().await, product, false, &whose, now).await.unwrap().unwrap();
    until("the product is off the shelf", async || !app.catalog().product(product).unwrap().product.on_sale).await;
    let cart = shopper.get("/v1/cart").await.body;
    let state = |sku: u64| cart["items"].as_array().unwrap().iter().find(|item| item["sku_id"] == sku).unwrap()["state"].clone();
    assert_eq!([a, b, c].map(state), ["short", "sold_out", "off_shelf"]);
    assert_eq!(cart["selected_quantity"], 0);
}

/// Its product stays: only this size or colour is no longer sold.
async fn a_sku_that_is_off_the_shelf_is_marked_and_cannot_be_added(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, _) = shelf(app).await[0];
    add(&shopper, "1", sku, 2).await;
    shelve(app, sku, false).await;
    let cart = shopper.get("/v1/cart").await.body;
    assert_eq!((&cart["items"][0]["state"], &cart["selected_quantity"]), (&"off_shelf".into(), &0.into()), "{cart}");
    add(&shopper, "2", sku, 1).await.is_problem(404, "unknown_product", &["sku_id"]);
    let merged = shopper.send(Method::POST, "/v1/cart/merge", Some("m"), json!({ "items": items(&[(sku, 1)]) })).await;
    assert_eq!((lines(&merged.body), &merged.body["left_out"]), (vec![(sku, 2, true)], &json!([sku])), "{merged:?}");
    shelve(app, sku, true).await;
    assert_eq!(shopper.get("/v1/cart").await.body["items"][0]["state"], "ok");
}

async fn a_repeated_merge_gets_the_first_answer(app: &TestApp) {
    let shopper = app.shopper();
    let skus = shelf(app).await;
    let (late, _) = skus[skus.len() - 1];
    let mut tx = app.database().await.begin().await.unwrap();
    for id in 1..=120u64 {
        let text =
            "INSERT INTO skus (id, product_id, spec, price_fen, available) SELECT ?, product_id, ?, price_fen, 0 FROM skus WHERE id = ?";
        tx.execute(text, vec![(500_000 + id).into(), id.to_string().into(), late.into()]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let wanted: Vec<(u64, u32)> = (1..=119).map(|id| (500_000 + id, 1)).collect();
    let merge = async |key: &str, wanted: &[(u64, u32)]| {
        shopper.send(Method::POST, "/v1/cart/merge", Some(key), json!({ "items": items(wanted) })).await
    };
    assert_eq!(merge("a", &wanted).await.status, 200);
    let first = merge("b", &[(500_001, 1), (500_120, 1), (late, 1)]).await;
    assert_eq!(first.body["left_out"], json!([late]), "{first:?}");
    assert_eq!(merge("b", &[(500_001, 1), (500_120, 1), (late, 1)]).await.body, first.body);
}

async fn a_cart_has_at_most_120_lines(app: &TestApp) {
    let shopper = app.shopper();
    let database = app.database().await;
    let mut tx = database.begin().await.unwrap();
    let mut skus = Vec::new();
    for number in 0..121 {
        let text = "INSERT INTO skus (product_id, spec, price_fen, available) SELECT MIN(id), ?, 100, 0 FROM products";
        skus.push(tx.insert(text, vec![format!("spec {number}").into()]).await.unwrap());
    }
    tx.commit().await.unwrap();
    for (place, sku) in skus[..120].iter().enumerate() {
        assert_eq!(add(&shopper, &format!("k{place}"), *sku, 1).await.status, 200);
    }
    add(&shopper, "last", skus[120], 1).await.is_problem(409, "cart_full", &[]);
    assert_eq!(add(&shopper, "more", skus[0], 1).await.status, 200, "a line that is there takes more pieces");
    assert_eq!(shopper.get("/v1/cart").await.body["items"].as_array().unwrap().len(), 120);
}
