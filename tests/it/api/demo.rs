use std::collections::BTreeSet;

use serde_json::Value;

use super::app::{Person, Sale, TestApp};
use super::engines::each_on_both;

each_on_both! {
    a_demo_shopper_can_buy_and_is_counted,
}

/// Every address of a picture in an answer.
fn pictures(of: &Value, found: &mut BTreeSet<String>) {
    match of {
        Value::String(text) if text.ends_with(".svg") => drop(found.insert(text.clone())),
        Value::Array(all) => all.iter().for_each(|one| pictures(one, found)),
        Value::Object(fields) => fields.values().for_each(|one| pictures(one, found)),
        _ => {}
    }
}

async fn items(visitor: &Person<'_>, path: &str) -> Vec<Value> {
    let list = visitor.get(path).await;
    assert_eq!(list.status, 200, "{path} {list:?}");
    list.body["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn every_picture_of_the_shop_is_served() {
    let app = TestApp::with(Sale { quota: 1, limit: 1 }, |config| config.rate_limits.enabled = false).await;
    let visitor = app.anonymous();
    let mut found = BTreeSet::new();
    for path in ["/v1/banners", "/v1/brands", "/v1/categories", "/v1/seckill/activities"] {
        pictures(&visitor.get(path).await.body, &mut found);
    }
    assert_eq!(found.len(), 4 + 15 + 65 + 1, "{found:?}");
    for page in 1..=3 {
        for card in items(&visitor, &format!("/v1/products?size=100&page={page}")).await {
            let product = visitor.get(&format!("/v1/products/{}", card["id"])).await.body;
            assert_eq!((product["images"].as_array().unwrap().len(), &product["images"][0]), (4, &card["image"]));
            assert!(product["skus"].as_array().unwrap().iter().all(|sku| sku["picture"].is_string()), "{product}");
            assert!(!product["tags"].as_array().unwrap().is_empty() && product["description"].as_str().unwrap().chars().count() > 40);
            pictures(&product, &mut found);
        }
    }
    let reviews = items(&visitor, "/v1/products/3/reviews?with_pictures=true").await;
    assert!(!reviews.is_empty() && reviews.iter().all(|review| !review["pictures"].as_array().unwrap().is_empty()), "{reviews:?}");
    reviews.iter().for_each(|review| pictures(review, &mut found));
    assert!(found.len() > 1_000, "{}", found.len());
    for picture in &found {
        let svg = visitor.get(picture).await;
        assert_eq!((svg.status.as_u16(), svg.header("content-type")), (200, "image/svg+xml"), "{picture}");
        assert!(svg.header("content-security-policy").contains("default-src 'none'") && svg.header("cache-control").contains("public"));
        assert!(svg.body.as_str().unwrap().starts_with("<svg "), "{picture}");
    }
    visitor.get("/demo/pictures/goods-999-0-1.svg").await.is_problem(404, "not_found", &[]);
}

#[actix_web::test]
async fn the_shop_has_tags_discounts_hot_goods_and_answered_reviews() {
    let app = TestApp::start().await;
    let visitor = app.anonymous();
    for tag in 1..=6 {
        assert!(!items(&visitor, &format!("/v1/products?tag_id={tag}")).await.is_empty(), "tag {tag}");
    }
    assert_eq!(items(&visitor, "/v1/products?zone=discount&size=100").await.len(), 45);
    assert_eq!(items(&visitor, "/v1/products?zone=hot&size=100").await.len(), 12);
    let phone = visitor.get("/v1/products/1").await.body;
    assert_eq!(phone["specs"][1], serde_json::json!({ "name": "容量", "values": ["128GB", "256GB", "512GB"] }));
    assert_eq!(phone["skus"][2]["spec_values"], serde_json::json!(["远山青", "512GB"]));
    let reviews = items(&visitor, "/v1/products/1/reviews").await;
    assert!(reviews.len() >= 3 && reviews.iter().any(|review| !review["reply"].is_null()), "{reviews:?}");
}

async fn a_demo_shopper_can_buy_and_is_counted(app: &TestApp) {
    let shopper = app.anonymous().post("/demo/shopper").await;
    assert_eq!(shopper.status, 201);
    let code = serde_json::json!({ "code": shopper.body["code"] });
    let login = app.anonymous().send(reqwest::Method::POST, "/v1/auth/login", None, code).await;
    let shopper = app.holder_of(login.body["access_token"].as_str().unwrap());
    assert_eq!(shopper.buy(1, "one").await.status, 201);
    shopper.buy(1, "two").await.is_problem(409, "purchase_limit", &[]);
    let stats = app.anonymous().get("/demo/stats").await.body;
    assert_eq!((&stats["orders"], &stats["refusals"]), (&1.into(), &1.into()));
    assert_eq!(stats["refusals_by_code"]["purchase_limit"], 1);
}

#[actix_web::test]
async fn the_page_brings_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let page = app.anonymous().get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(page.header("x-frame-options"), "DENY");
    let html = page.body.as_str().unwrap();
    assert!(html.contains("data-prefix=\"/v1\"") && !html.contains("https://"));
    for asset in ["/demo/app.js", "/demo/style.css"] {
        assert!(html.contains(asset));
        assert_eq!(app.anonymous().get(asset).await.status, 200);
    }
}

#[actix_web::test]
async fn with_servers_there_is_no_demo() {
    let app = TestApp::with(Sale { quota: 1, limit: 1 }, |config| config.http.demo = false).await;
    for path in ["/", "/demo/stats", "/demo/app.js", "/demo/pictures/brand-1.svg"] {
        app.anonymous().get(path).await.is_problem(404, "not_found", &[]);
    }
    app.anonymous().post("/demo/shopper").await.is_problem(404, "not_found", &[]);
}
