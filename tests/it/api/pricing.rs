//! What an order costs, over real HTTP: discounts, freight, what is told when it cannot be known, and what an order keeps of it.

use std::sync::Arc;

use mallcore::features::catalog::edits;
use mallcore::features::freight::{Draft, TemplateName, service};
use mallcore_actors::ids::{FreightTemplateId, SkuId};
use mallcore_actors::money::Money;
use mallcore_actors::pricing::freight::{Area, Billing, FreeFrom, Rate, Terms};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::checkout::{edit, home, items, place, shelf};
use super::engines::each_on_both;

each_on_both! {
    an_order_keeps_what_the_preview_said,
    a_price_that_changes_between_preview_and_order_is_told,
    freight_that_depends_on_the_region_needs_an_address,
    goods_that_cannot_be_sent_or_priced_are_named,
}

fn fen(fen: u64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn rate((first, first_fee): (u32, u64), (next, next_fee): (u32, u64)) -> Terms {
    Terms::Delivered(Rate { first, first_fee: fen(first_fee), next, next_fee: fen(next_fee), free: FreeFrom::default() })
}

/// Puts the SKU's product into the discount zone, at so many basis points off, and returns when shoppers see it.
async fn discount(app: &TestApp, sku: u64, basis_points: u16) {
    let product = app.catalog().sku(SkuId::new(sku).unwrap()).unwrap().product.id.get();
    let (rate, now) = (DiscountRate::from_basis_points(basis_points).unwrap(), Timestamp::from_millis(1_795_451_405_000));
    edits::products::set_discount(&app.database().await, product, Some(rate), now).await.unwrap().unwrap();
    until("the catalogue shows it", async || app.catalog().product(product).unwrap().product.discount == Some(rate)).await;
}

/// Gives the SKU's product a template of its own, and returns when quotes have it.
async fn send_by(app: &TestApp, sku: u64, billing: Billing, default: Terms, areas: Vec<Area>) -> FreightTemplateId {
    let (database, now) = (app.database().await, Timestamp::from_millis(1_795_451_405_000));
    let draft = Draft { name: TemplateName::parse("快递").unwrap(), billing, default, areas };
    let id = service::create(&database, &draft, now).await.unwrap();
    let product = || Arc::clone(&app.catalog().sku(SkuId::new(sku).unwrap()).unwrap().product);
    service::assign(&database, &[product().id], id, now).await.unwrap();
    until("the catalogue shows it", async || product().freight_template == Some(id.get())).await;
    id
}

fn area(region: &str, terms: Terms) -> Area {
    Area { regions: vec![region.parse().unwrap()], terms }
}

/// The shopper's new address in a region.
async fn lives_in(shopper: &Person<'_>, region: &str) -> Value {
    let mut body = super::addresses::address(region.parse().unwrap());
    body["region_code"] = region.into();
    body["province"] = match &region[..2] {
        "11" => "北京市",
        "44" => "广东省",
        "65" => "新疆维吾尔自治区",
        province => panic!("what is {province} called?"),
    }
    .into();
    let added = shopper.send(Method::POST, "/v1/user/addresses", None, body).await;
    assert_eq!(added.status, 201, "{added:?}");
    added.body["id"].clone()
}

async fn preview(shopper: &Person<'_>, wanted: &[(u64, u32)]) -> Reply {
    shopper.send(Method::POST, "/v1/orders/preview", None, json!({ "items": items(wanted) })).await
}

fn amounts(of: &Value) -> [Option<u64>; 4] {
    ["goods_fen", "discount_fen", "freight_fen", "payable_fen"].map(|name| of[name].as_u64())
}

fn shares(of: &Value, name: &str) -> Vec<u64> {
    of["items"].as_array().unwrap().iter().map(|item| item[name].as_u64().unwrap()).collect()
}

async fn an_order_keeps_what_the_preview_said(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, price_a), (b, price_b), _] = shelf(app).await[..] else { unreachable!() };
    discount(app, a, 1_550).await;
    send_by(app, a, Billing::Pieces, rate((1, 800), (2, 300)), Vec::new()).await;
    let wanted = [(a, 4), (b, 1)];
    let quote = preview(&shopper, &wanted).await;
    assert_eq!(quote.status, 200, "{quote:?}");
    // Per cent off each piece, half up to the fen; the next two pieces begin twice.
    let off = (price_a - (price_a * 8_450 + 5_000) / 10_000) * 4;
    let goods = price_a * 4 + price_b;
    assert_eq!(amounts(&quote.body), [goods, off, 1_400, goods - off + 1_400].map(Some));
    assert_eq!(shares(&quote.body, "discount_fen"), [off, 0]);
    assert_eq!(shares(&quote.body, "freight_fen").iter().sum::<u64>(), 1_400);
    let steps: Vec<_> =
        quote.body["explanation"].as_array().unwrap().iter().map(|step| (step["code"].as_str(), step["amount_fen"].as_i64())).collect();
    let signed = |amount: u64| Some(i64::try_from(amount).unwrap());
    let expected = [
        (Some("goods"), signed(goods)),
        (Some("zone_discount"), signed(off).map(|off| -off)),
        (Some("freight"), Some(1_400)),
        (Some("payable"), signed(goods - off + 1_400)),
    ];
    assert_eq!(steps, expected);
    assert_eq!(quote.body["explanation"][2]["text"], "运费 ¥14.00。");
    let turned = preview(&shopper, &[(b, 1), (a, 4)]).await;
    assert_eq!(turned.body["quote_version"], quote.body["quote_version"]);
    let cart = shopper.send(Method::POST, "/v1/cart/add", Some("c"), json!({ "sku_id": a, "quantity": 4 })).await;
    assert_eq!(cart.body["selected_fen"], price_a * 4 - off, "a cart shows what is paid: {cart:?}");

    let placed = place(&shopper, "k", &wanted, goods - off + 1_400).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let path = format!("/v1/orders/{}", placed.body["order_id"]);
    let order = shopper.get(&path).await.body;
    assert_eq!(amounts(&order), amounts(&quote.body));
    for name in ["unit_price_fen", "discount_fen", "freight_fen"] {
        assert_eq!(shares(&order, name), shares(&quote.body, name), "{name}");
    }
    // What changes afterwards changes no order, and the database has what memory has.
    discount(app, a, 9_000).await;
    assert_eq!(shopper.post(&format!("{path}/cancel")).await.status, 200);
    app.caught_up().await;
    let stored = shopper.get(&path).await.body;
    assert_eq!((amounts(&stored), &stored["items"]), (amounts(&order), &order["items"]));
}

async fn a_price_that_changes_between_preview_and_order_is_told(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, price) = shelf(app).await[0];
    let first = preview(&shopper, &[(sku, 1)]).await.body;
    assert_eq!(first["payable_fen"], price);
    discount(app, sku, 5_000).await;
    let changed = place(&shopper, "k", &[(sku, 1)], price).await;
    changed.is_problem(409, "price_changed", &["expected_payable_fen"]);
    let quote = &changed.body["quote"];
    let sent_home = json!({ "items": items(&[(sku, 1)]), "address_id": home(&shopper).await });
    assert_eq!(quote, &shopper.send(Method::POST, "/v1/orders/preview", None, sent_home).await.body);
    assert_ne!(quote["quote_version"], first["quote_version"]);
    let template = send_by(app, sku, Billing::Pieces, rate((1, 500), (1, 0)), Vec::new()).await;
    let half = quote["payable_fen"].as_u64().unwrap();
    place(&shopper, "k", &[(sku, 1)], half).await.is_problem(409, "price_changed", &["expected_payable_fen"]);
    // An edit of the template counts from the moment when the shop has heard of it.
    let draft =
        Draft {
            name: TemplateName::parse("快递").unwrap(), billing: Billing::Pieces, default: rate((1, 700), (1, 0)), areas: Vec::new()
        };
    service::update(&app.database().await, template, &draft, Timestamp::default()).await.unwrap();
    until("quotes have the edit", async || preview(&shopper, &[(sku, 1)]).await.body["freight_fen"] == 700).await;
    place(&shopper, "k", &[(sku, 1)], half + 500).await.is_problem(409, "price_changed", &["expected_payable_fen"]);
    assert_eq!(place(&shopper, "k", &[(sku, 1)], half + 700).await.status, 201);
}

async fn freight_that_depends_on_the_region_needs_an_address(app: &TestApp) {
    let shopper = app.shopper();
    let (sku, price) = shelf(app).await[0];
    send_by(
        app,
        sku,
        Billing::Pieces,
        rate((1, 800), (1, 200)),
        vec![area("44", rate((1, 500), (1, 100))), area("65", Terms::NotDelivered)],
    )
    .await;
    let quote = preview(&shopper, &[(sku, 2)]).await;
    assert_eq!(quote.status, 200, "{quote:?}");
    assert_eq!(amounts(&quote.body), [Some(price * 2), Some(0), None, None]);
    let item = &quote.body["items"][0];
    assert_eq!((&quote.body["needs_address"], &item["freight_fen"], &item["payable_fen"]), (&true.into(), &Value::Null, &Value::Null));
    assert_eq!(quote.body["explanation"][1], json!({ "code": "freight", "amount_fen": null, "text": "选择收货地址后计算运费。" }));
    let nowhere = json!({ "items": items(&[(sku, 2)]), "expected_payable_fen": price * 2 });
    shopper.send(Method::POST, "/v1/orders", Some("k"), nowhere).await.is_problem(422, "validation_failed", &["address_id"]);
    for (region, freight) in [("440305", 600), ("110105", 1_000)] {
        let to = json!({ "items": items(&[(sku, 2)]), "address_id": lives_in(&shopper, region).await });
        let quote = shopper.send(Method::POST, "/v1/orders/preview", None, to.clone()).await;
        assert_eq!(amounts(&quote.body), [price * 2, 0, freight, price * 2 + freight].map(Some), "{region}: {quote:?}");
        let mut order = to;
        order["expected_payable_fen"] = (price * 2 + freight).into();
        let placed = shopper.send(Method::POST, "/v1/orders", Some(region), order).await;
        assert_eq!((placed.status.as_u16(), placed.body["payable_fen"].as_u64()), (201, Some(price * 2 + freight)), "{placed:?}");
    }
    let far = json!({ "items": items(&[(sku, 2)]), "address_id": lives_in(&shopper, "650102").await });
    shopper.send(Method::POST, "/v1/orders/preview", None, far.clone()).await.is_problem(409, "no_delivery", &["items[0].sku_id"]);
    // Another's address, or none, is the same.
    for another in [far["address_id"].clone(), 987_654_321.into()] {
        let mut body = json!({ "items": items(&[(sku, 1)]), "address_id": another });
        app.shopper().send(Method::POST, "/v1/orders/preview", None, body.clone()).await.is_problem(
            404,
            "unknown_address",
            &["address_id"],
        );
        body["expected_payable_fen"] = 1.into();
        app.shopper().send(Method::POST, "/v1/orders", Some("k"), body).await.is_problem(404, "unknown_address", &["address_id"]);
    }
}

async fn goods_that_cannot_be_sent_or_priced_are_named(app: &TestApp) {
    let shopper = app.shopper();
    let [(a, _), (b, _), (c, _)] = shelf(app).await[..] else { unreachable!() };
    let both = [(a, 1), (b, 1)];
    send_by(app, b, Billing::Pieces, Terms::NotDelivered, Vec::new()).await;
    preview(&shopper, &both).await.is_problem(409, "no_delivery", &["items[1].sku_id"]);
    place(&shopper, "k", &both, 1).await.is_problem(409, "no_delivery", &["items[1].sku_id"]);
    // Nobody has said what it weighs.
    send_by(app, b, Billing::Weight, rate((1_000, 800), (500, 200)), Vec::new()).await;
    preview(&shopper, &both).await.is_problem(409, "freight_unknown", &["items[1].sku_id"]);
    edit(app, b, "UPDATE skus SET weight_grams = 600 WHERE id = ?").await;
    edit(app, c, "UPDATE skus SET price_fen = 9999999999 WHERE id = ?").await;
    assert_eq!(preview(&shopper, &[(a, 1), (b, 2)]).await.body["freight_fen"], 1_000);
    edit(app, a, "UPDATE products SET freight_template_id = NULL WHERE id = (SELECT product_id FROM skus WHERE id = ?)").await;
    preview(&shopper, &both).await.is_problem(409, "freight_unknown", &["items[0].sku_id"]);
    place(&shopper, "k", &both, 1).await.is_problem(409, "freight_unknown", &["items[0].sku_id"]);
    preview(&shopper, &[(c, 2)]).await.is_problem(422, "validation_failed", &["items"]);
    place(&shopper, "k", &[(c, 2)], 9_999_999_999).await.is_problem(422, "validation_failed", &["items"]);
    assert_eq!(shopper.get("/v1/orders").await.body["items"], json!([]));
}
