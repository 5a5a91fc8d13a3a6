//! The zones over real HTTP: ranked, in pages, and moved by edits and sales.

use std::time::{SystemTime, UNIX_EPOCH};

use mallcore::features::catalog::edits::{products, zones};
use mallcore::platform::database::Database;
use mallcore_actors::ids::{OrderId, PaymentId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Payment, PaymentChannel};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;
use reqwest::Method;
use serde_json::Value;

use super::app::{Person, Reply, Sale, TestApp, until};
use super::checkout::place;
use super::cold_writes::{is_done, mallcore};
use super::engines::each_embedded_and_all_on_mariadb;

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    every_wrong_parameter_of_a_zone_is_named,
    what_a_client_has_of_a_zone_is_not_sent_again_until_it_changes,
    off_the_shelf_leaves_and_sold_out_stays_marked,
    zones_are_ranked_by_weight_then_measure_then_id,
}

fn now() -> Timestamp {
    Timestamp::from_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|card| card["id"].as_u64().unwrap()).collect()
}

async fn all(visitor: &Person<'_>, zone: &str) -> Vec<Value> {
    let list = visitor.get(&format!("/v1/zones/{zone}/products?size=100")).await;
    assert_eq!(list.status, 200, "{list:?}");
    let items = list.body["items"].as_array().unwrap().clone();
    assert_eq!(list.body["total"], items.len(), "the demo's zones fit one page");
    items
}

fn rate(basis_points: u16) -> Option<DiscountRate> {
    DiscountRate::from_basis_points(basis_points).ok()
}

/// Products 1 to 4 in both zones, with weights for some, and more hot ones than a page shows.
async fn arrange(database: &Database) {
    zones::set_hots(database, &(200..220).collect::<Vec<_>>(), true, now()).await.unwrap();
    zones::set_discounts(database, &[1, 2, 3, 4], rate(9_000), now()).await.unwrap();
    products::set_discount(database, 4, rate(9_500), now()).await.unwrap();
    zones::set_hots(database, &[1, 2, 3, 4], true, now()).await.unwrap();
    products::set_sort_order(database, 3, 7, now()).await.unwrap();
    products::set_sort_order(database, 1, -1, now()).await.unwrap();
}

async fn zones_are_ranked_by_weight_then_measure_then_id(app: &TestApp) {
    let (visitor, database) = (app.anonymous(), app.database().await);
    arrange(&database).await;
    let discounted = async || ids(&Value::Array(all(&visitor, "discount").await));
    until("the discount zone is arranged", async || discounted().await.starts_with(&[3, 4, 2])).await;
    let cards = all(&visitor, "discount").await;
    assert_eq!(cards.last().unwrap()["id"], 1, "the shop's weight counts more than a discount of 90 %");
    let measured: Vec<_> = cards.iter().filter(|card| card["id"].as_u64() > Some(4)).collect();
    let key = |card: &Value| (std::cmp::Reverse(card["discount_rate_bp"].as_u64()), card["id"].as_u64());
    assert!(measured.len() == 45 && measured.is_sorted_by_key(|card| key(card)), "strongest first, ties by id: {measured:?}");

    until("the hot zone is arranged", async || ids(&visitor.get("/v1/zones/hot").await.body["items"]).starts_with(&[3, 2, 4])).await;
    let hot = ids(&Value::Array(all(&visitor, "hot").await));
    assert!(hot.last() == Some(&1) && hot[3..hot.len() - 1].is_sorted(), "nothing was sold, so they stand by id: {hot:?}");

    let head = visitor.get("/v1/zones/hot").await;
    assert_eq!((&head.body["zone"], &head.body["title"], &head.body["total"]), (&"hot".into(), &"热销专区".into(), &hot.len().into()));
    assert_eq!(ids(&head.body["items"]), hot[..20]);
    let homepage = visitor.get("/v1/zones/homepage").await;
    assert_eq!(homepage.body["hot"]["total"], hot.len());
    assert_eq!(ids(&homepage.body["hot"]["items"]), hot[..3]);
    assert_eq!((ids(&homepage.body["discount"]["items"]), &homepage.body["discount"]["title"]), (vec![3, 4, 2], &"折扣专区".into()));
    let page = visitor.get("/v1/zones/hot/products?page=3&size=7").await;
    assert_eq!((ids(&page.body["items"]).as_slice(), &page.body["page"], &page.body["size"]), (&hot[14..21], &3.into(), &7.into()));
    let beyond = visitor.get("/v1/zones/hot/products?page=100000&size=100").await;
    assert_eq!((ids(&beyond.body["items"]), &beyond.body["total"]), (vec![], &hot.len().into()));

    assert_eq!(zones::set_hots(&database, &[1, 2], true, now()).await.unwrap(), Vec::<u64>::new(), "they are there already");
    let refused = zones::set_discounts(&database, &[5, 999_999], rate(500), now()).await;
    assert!(refused.is_err_and(|cause| cause.to_string().contains("999999")), "all or none");
    assert!(
        zones::set_hots(&database, &[], true, now()).await.is_err() && zones::set_hots(&database, &[1; 501], true, now()).await.is_ok()
    );
    zones::set_discounts(&database, &[4, 2], None, now()).await.unwrap();
    until("two have left", async || {
        let now = discounted().await;
        !now.contains(&4) && !now.contains(&2) && !now.contains(&5)
    })
    .await;
}

#[actix_web::test]
async fn a_sale_moves_the_hot_zone_while_the_database_has_none_of_it() {
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| config.storage.projection_paused = true).await;
    let (visitor, shopper) = (app.anonymous(), app.shopper());
    let before = ids(&Value::Array(all(&visitor, "hot").await));
    let last = *before.last().unwrap();
    let sku = visitor.get(&format!("/v1/products/{last}")).await.body["skus"][0].clone();
    let price = sku["price_fen"].as_u64().unwrap();
    let placed = place(&shopper, "k", &[(sku["id"].as_u64().unwrap(), 2)], price * 2).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let order = OrderId::new(placed.body["order_id"].as_u64().unwrap()).unwrap();
    let amount = Money::from_fen(price * 2).unwrap();
    let payment = Payment { id: PaymentId::new(1).unwrap(), channel: PaymentChannel::WechatPay, amount, payer: None };
    app.orders().commands().pay(Provenance::SYSTEM, shopper.user(), order, &payment).await.unwrap().unwrap();
    until("what sold stands first", async || {
        let homepage = visitor.get("/v1/zones/homepage").await;
        let first = &homepage.body["hot"]["items"][0];
        first["id"] == last && first["sales_count"] == 2
    })
    .await;
    let after = ids(&Value::Array(all(&visitor, "hot").await));
    assert_eq!(after[1..], before[..before.len() - 1], "the others stay in their order");
    let database = app.database().await;
    let mut tx = database.snapshot().await.unwrap();
    let stored = tx.first("SELECT sales_count FROM products WHERE id = ?", vec![last.into()]).await.unwrap().unwrap();
    assert_eq!(stored.int(0).unwrap(), 0, "the database does not know of it");
    tx.commit().await.unwrap();
    app.resume_projection();
}

async fn off_the_shelf_leaves_and_sold_out_stays_marked(app: &TestApp) {
    let visitor = app.anonymous();
    let hot = ids(&visitor.get("/v1/zones/hot").await.body["items"]);
    let (first, second) = (hot[0], hot[1]);
    is_done(&mallcore(app, &format!("product set-status {first} off_sale --wait")).await);
    until("it has left", async || ids(&visitor.get("/v1/zones/hot").await.body["items"])[0] == second).await;
    is_done(&mallcore(app, &format!("product set-status {first} on_sale --wait")).await);
    until("it is back", async || ids(&visitor.get("/v1/zones/homepage").await.body["hot"]["items"])[0] == first).await;
    let shown = visitor.get(&format!("/v1/products/{first}")).await;
    for sku in shown.body["skus"].as_array().unwrap() {
        is_done(&mallcore(app, &format!("product adjust-stock {} --by -{} --reason gone --wait", sku["id"], sku["available"])).await);
    }
    until("it is marked", async || visitor.get("/v1/zones/hot").await.body["items"][0]["is_sold_out"] == true).await;
    assert_eq!(ids(&visitor.get("/v1/zones/hot").await.body["items"])[0], first, "where it was");
    is_done(&mallcore(app, &format!("product zone-sort {} 1 --wait", hot[9])).await);
    until("the weight counts", async || ids(&visitor.get("/v1/zones/hot").await.body["items"])[0] == hot[9]).await;
    assert!(!mallcore(app, "product zone-sort 999999 1").await.0);
    is_done(&mallcore(app, &format!("product zone-sort {} 0 --wait", hot[9])).await);
}

async fn what_a_client_has_of_a_zone_is_not_sent_again_until_it_changes(app: &TestApp) {
    let visitor = app.anonymous();
    let with_tag = async |path: &str, etag: &str| Reply::of(visitor.request(Method::GET, path).header("If-None-Match", etag)).await;
    for path in
        ["/v1/zones/homepage", "/v1/zones/discount", "/v1/zones/hot", "/v1/zones/discount/products", "/v1/zones/hot/products?size=3"]
    {
        let etag = visitor.get(path).await.header("etag").to_owned();
        assert!(etag.starts_with('"'), "{path}");
        assert_eq!(with_tag(path, &etag).await.status, 304, "{path}");
        assert_eq!(with_tag(path, "\"another\"").await.status, 200, "{path}");
    }
    let etag = visitor.get("/v1/zones/homepage").await.header("etag").to_owned();
    is_done(&mallcore(app, "product set-discount 1 --percent 95 --wait").await);
    until("it has changed", async || with_tag("/v1/zones/homepage", &etag).await.status == 200).await;
}

async fn every_wrong_parameter_of_a_zone_is_named(app: &TestApp) {
    let visitor = app.anonymous();
    for zone in ["discount", "hot"] {
        let refused = visitor.get(&format!("/v1/zones/{zone}/products?page=0&size=101&cursor=3")).await;
        refused.is_problem(400, "validation_failed", &["cursor", "page", "size"]);
        let refused = visitor.get(&format!("/v1/zones/{zone}/products?page=100001&size=x")).await;
        refused.is_problem(400, "validation_failed", &["page", "size"]);
    }
    visitor.get("/v1/zones/new").await.is_problem(404, "not_found", &[]);
    visitor.post("/v1/zones/hot").await.is_problem(405, "method_not_allowed", &[]);
}
