//! Addresses over real HTTP: adding, changing, the default, limits, other people's, and what an order keeps of one.

use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::checkout::{items, place, shelf};
use super::engines::{each_embedded_and_all_on_mariadb, on_both};

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    an_address_is_added_shown_changed_and_removed,
    exactly_one_address_is_the_default,
    a_shopper_has_at_most_twenty_also_when_two_are_added_at_once,
    anothers_address_is_not_there,
    each_wrong_field_is_named_and_nothing_is_changed,
    an_order_keeps_what_its_address_said,
    the_next_order_goes_where_the_address_says_by_then,
    the_longest_address_and_remark_fit_an_order,
}

/// An address that differs by its door.
pub fn address(door: u32) -> Value {
    json!({
        "receiver": "李雷",
        "phone": "13912345678",
        "province": "浙江省",
        "city": "杭州市",
        "district": "西湖区",
        "region_code": "330106",
        "detail": format!("文三路 {door} 号"),
    })
}

fn with(mut address: Value, field: &str, value: Value) -> Value {
    address[field] = value;
    address
}

async fn add(shopper: &Person<'_>, body: Value) -> Reply {
    shopper.send(Method::POST, "/v1/user/addresses", None, body).await
}

async fn added(shopper: &Person<'_>, body: Value) -> u64 {
    let added = add(shopper, body).await;
    assert_eq!(added.status, 201, "{added:?}");
    added.body["id"].as_u64().unwrap()
}

async fn put(shopper: &Person<'_>, path: String, body: Value) -> Reply {
    shopper.send(Method::PUT, &format!("/v1/user/addresses/{path}"), None, body).await
}

async fn make_default(shopper: &Person<'_>, id: u64) -> Reply {
    shopper.send(Method::PUT, &format!("/v1/user/addresses/{id}/default"), None, json!({})).await
}

async fn remove(shopper: &Person<'_>, id: u64) -> Reply {
    shopper.send(Method::DELETE, &format!("/v1/user/addresses/{id}"), None, json!({})).await
}

/// Ids with whether they are the default, as they are listed.
async fn listed(shopper: &Person<'_>) -> Vec<(u64, bool)> {
    let list = shopper.get("/v1/user/addresses").await;
    assert_eq!(list.status, 200, "{list:?}");
    let item = |item: &Value| (item["id"].as_u64().unwrap(), item["is_default"].as_bool().unwrap());
    list.body["items"].as_array().unwrap().iter().map(item).collect()
}

async fn an_address_is_added_shown_changed_and_removed(app: &TestApp) {
    let shopper = app.shopper();
    assert_eq!(listed(&shopper).await, []);
    let first = add(&shopper, with(address(1), "phone", json!("+86 13912345678"))).await;
    assert_eq!(first.status, 201, "{first:?}");
    let id = first.body["id"].as_u64().unwrap();
    assert!(first.header("location").ends_with(&format!("/v1/user/addresses/{id}")), "{first:?}");
    let told = ["receiver", "phone", "phone_masked", "region_code", "detail"].map(|field| first.body[field].as_str().unwrap());
    assert_eq!(told, ["李雷", "13912345678", "139****5678", "330106", "文三路 1 号"]);
    assert_eq!(first.body["is_default"], true, "the first one");
    let again = add(&shopper, address(1)).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &first.body), "the same once more");
    let changed = put(&shopper, id.to_string(), with(address(2), "receiver", json!(" 韩梅梅 "))).await;
    assert_eq!((changed.status.as_u16(), &changed.body["receiver"], &changed.body["is_default"]), (200, &"韩梅梅".into(), &true.into()));
    assert_eq!(shopper.get("/v1/user/addresses").await.body["items"], json!([changed.body]));
    assert_eq!(remove(&shopper, id).await.status, 204);
    remove(&shopper, id).await.is_problem(404, "unknown_address", &["id"]);
    assert_eq!(listed(&shopper).await, []);
}

async fn exactly_one_address_is_the_default(app: &TestApp) {
    let shopper = app.shopper();
    let a = added(&shopper, with(address(1), "is_default", json!(false))).await;
    let b = added(&shopper, address(2)).await;
    let c = added(&shopper, with(address(3), "is_default", json!(true))).await;
    assert_eq!(listed(&shopper).await, [(c, true), (b, false), (a, false)]);
    let set = make_default(&shopper, a).await;
    assert_eq!((set.status.as_u16(), &set.body["id"], &set.body["is_default"]), (200, &a.into(), &true.into()));
    assert_eq!(make_default(&shopper, a).await.status, 200, "once more");
    assert_eq!(listed(&shopper).await, [(a, true), (c, false), (b, false)]);
    put(&shopper, a.to_string(), with(address(1), "is_default", json!(false))).await;
    assert_eq!(listed(&shopper).await[0], (a, true), "it stays the default until another becomes it");
    put(&shopper, b.to_string(), with(address(2), "is_default", json!(true))).await;
    assert_eq!(listed(&shopper).await, [(b, true), (c, false), (a, false)]);
    remove(&shopper, b).await;
    assert_eq!(listed(&shopper).await, [(c, true), (a, false)], "the newest one");
    remove(&shopper, a).await;
    assert_eq!(listed(&shopper).await, [(c, true)]);
}

async fn a_shopper_has_at_most_twenty_also_when_two_are_added_at_once(app: &TestApp) {
    let shopper = app.shopper();
    for door in 1..=19 {
        added(&shopper, address(door)).await;
    }
    let raced = futures_util::future::join_all((20..24).map(|door| add(&shopper, address(door)))).await;
    let (added, refused): (Vec<_>, Vec<_>) = raced.into_iter().partition(|reply| reply.status == 201);
    assert_eq!((added.len(), refused.len()), (1, 3));
    for reply in refused {
        reply.is_problem(409, "too_many_addresses", &[]);
        assert_eq!(reply.body["limit"], 20);
    }
    assert_eq!(listed(&shopper).await.len(), 20);
    assert_eq!(add(&shopper, address(1)).await.status, 200, "one that is there takes no room");
    assert_eq!(added_to(&app.shopper()).await, 1, "another shopper has room");
}

async fn added_to(shopper: &Person<'_>) -> usize {
    added(shopper, address(1)).await;
    listed(shopper).await.len()
}

async fn anothers_address_is_not_there(app: &TestApp) {
    let (owner, other) = (app.shopper(), app.shopper());
    let id = added(&owner, address(1)).await;
    for shopper in [&other, &app.shopper()] {
        put(shopper, id.to_string(), address(2)).await.is_problem(404, "unknown_address", &["id"]);
        make_default(shopper, id).await.is_problem(404, "unknown_address", &["id"]);
        remove(shopper, id).await.is_problem(404, "unknown_address", &["id"]);
        assert_eq!(listed(shopper).await, []);
    }
    assert_eq!(listed(&owner).await, [(id, true)]);
    let nobody = app.anonymous();
    nobody.get("/v1/user/addresses").await.is_problem(401, "token_missing", &["Authorization"]);
    add(&nobody, address(1)).await.is_problem(401, "token_missing", &["Authorization"]);
    put(&nobody, id.to_string(), address(1)).await.is_problem(401, "token_missing", &["Authorization"]);
    make_default(&nobody, id).await.is_problem(401, "token_missing", &["Authorization"]);
    remove(&nobody, id).await.is_problem(401, "token_missing", &["Authorization"]);
}

async fn each_wrong_field_is_named_and_nothing_is_changed(app: &TestApp) {
    let shopper = app.shopper();
    let id = added(&shopper, address(1)).await;
    let before = shopper.get("/v1/user/addresses").await.body;
    for (field, bad) in [
        ("receiver", json!("  ")),
        ("receiver", json!("名".repeat(51))),
        ("phone", json!("1391234567")),
        ("phone", json!("010-12345678")),
        ("phone", json!(13_912_345_678_u64)),
        ("province", json!("")),
        ("city", json!("杭\n州")),
        ("district", json!("区".repeat(51))),
        ("region_code", json!("33010")),
        ("region_code", json!("990101")),
        ("region_code", json!("330000")),
        ("region_code", json!("440305")),
        ("receiver", json!("\u{200B}\u{202E}")),
        ("receiver", json!("李\u{202E}雷")),
        ("detail", json!("路".repeat(201))),
        ("is_default", json!("yes")),
        ("postcode", json!("310000")),
    ] {
        let body = with(address(2), field, bad);
        add(&shopper, body.clone()).await.is_problem(422, "validation_failed", &[field]);
        put(&shopper, id.to_string(), body).await.is_problem(422, "validation_failed", &[field]);
    }
    let missing = json!({ "receiver": "李雷" });
    add(&shopper, missing).await.is_problem(422, "validation_failed", &["phone"]);
    let several = with(with(address(2), "phone", json!("1")), "detail", json!(""));
    let named = add(&shopper, several).await;
    let mut fields: Vec<&str> = named.body["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["detail", "phone"]);
    let phone = add(&shopper, with(address(2), "phone", json!("1"))).await.body["errors"][0].clone();
    assert_eq!((&phone["code"], &phone["detail"]), (&"invalid".into(), &"请输入 11 位手机号。".into()));
    let elsewhere = add(&shopper, with(address(2), "province", json!("广东"))).await;
    elsewhere.is_problem(422, "validation_failed", &["region_code"]);
    put(&shopper, "0".to_owned(), address(2)).await.is_problem(400, "validation_failed", &["id"]);
    put(&shopper, "x/default".to_owned(), json!({})).await.is_problem(400, "validation_failed", &["id"]);
    assert_eq!(shopper.get("/v1/user/addresses").await.body, before);
}

async fn an_order_keeps_what_its_address_said(app: &TestApp) {
    let shopper = app.shopper();
    let id = added(&shopper, address(7)).await;
    let (sku, price) = shelf(app).await[0];
    let remark = "请放 \"前台\"";
    let order =
        |address: u64| json!({ "items": items(&[(sku, 1)]), "expected_payable_fen": price, "address_id": address, "remark": remark });
    let placed = shopper.send(Method::POST, "/v1/orders", Some("k"), order(id)).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    put(&shopper, id.to_string(), address(8)).await;
    remove(&shopper, id).await;
    let path = format!("/v1/orders/{}", placed.body["order_no"].as_str().unwrap());
    let wanted = json!({
        "receiver": "李雷", "phone": "139****5678", "province": "浙江省", "city": "杭州市", "district": "西湖区",
        "region_code": "330106", "detail": "文三路 7 号",
    });
    let from_memory = shopper.get(&path).await;
    assert_eq!((&from_memory.body["delivery"], &from_memory.body["address_id"]), (&wanted, &id.into()), "{from_memory:?}");
    assert_eq!(from_memory.body["remark"], remark);
    // Closed and stored it leaves memory, and is read from its row.
    assert_eq!(shopper.post(&format!("{path}/cancel")).await.status, 200);
    app.caught_up().await;
    let stored = shopper.get(&path).await.body;
    assert_eq!((&stored["delivery"], &stored["remark"]), (&wanted, &remark.into()), "{stored}");
    app.shopper().get(&path).await.is_problem(404, "unknown_order", &["id"]);
    // The repeat is answered although the address is gone; a new order is not taken.
    let again = shopper.send(Method::POST, "/v1/orders", Some("k"), order(id)).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &placed.body));
    let refused = shopper.send(Method::POST, "/v1/orders", Some("l"), order(id)).await;
    refused.is_problem(404, "unknown_address", &["address_id"]);
    let others = added(&app.shopper(), address(1)).await;
    let refused = shopper.send(Method::POST, "/v1/orders", Some("m"), order(others)).await;
    refused.is_problem(404, "unknown_address", &["address_id"]);
}

async fn the_next_order_goes_where_the_address_says_by_then(app: &TestApp) {
    let shopper = app.shopper();
    let id = added(&shopper, address(1)).await;
    let (sku, price) = shelf(app).await[0];
    for door in [1, 2, 3] {
        put(&shopper, id.to_string(), address(door)).await;
        let order = json!({ "items": items(&[(sku, 1)]), "expected_payable_fen": price, "address_id": id });
        let placed = shopper.send(Method::POST, "/v1/orders", Some(&door.to_string()), order).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let shown = shopper.get(&format!("/v1/orders/{}", placed.body["order_id"])).await.body;
        assert_eq!(shown["delivery"]["detail"], format!("文三路 {door} 号"));
    }
}

async fn the_longest_address_and_remark_fit_an_order(app: &TestApp) {
    let shopper = app.shopper();
    let longest = ["receiver", "city", "district"].into_iter().fold(address(1), |body, field| with(body, field, "😀".repeat(50).into()));
    let id = added(&shopper, with(longest, "detail", "\"\\".repeat(100).into())).await;
    let (sku, price) = shelf(app).await[0];
    let remark = "😀".repeat(200);
    let order = json!({ "items": items(&[(sku, 1)]), "expected_payable_fen": price, "address_id": id, "remark": remark });
    let placed = shopper.send(Method::POST, "/v1/orders", Some("k"), order).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let shown = shopper.get(&format!("/v1/orders/{}", placed.body["order_id"])).await.body;
    assert_eq!((&shown["remark"], &shown["delivery"]["detail"]), (&remark.into(), &"\"\\".repeat(100).into()));
}

/// What an earlier release recorded: the remark in the clear, in its own column.
#[actix_web::test]
async fn a_remark_of_before_it_was_sealed_is_still_shown() {
    on_both(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let (sku, price) = shelf(app).await[0];
            let placed = place(&shopper, "k", &[(sku, 1)], price).await;
            let path = format!("/v1/orders/{}", placed.body["order_id"]);
            assert_eq!(shopper.post(&format!("{path}/cancel")).await.status, 200);
            app.caught_up().await;
            let mut tx = app.database().await.begin().await.unwrap();
            let order = placed.body["order_id"].as_u64().unwrap();
            tx.execute("UPDATE orders SET remark = '放门口' WHERE id = ?", vec![order.into()]).await.unwrap();
            tx.commit().await.unwrap();
            until("it is read from its row", async || shopper.get(&path).await.body["remark"] == "放门口").await;
        },
    )
    .await;
}
