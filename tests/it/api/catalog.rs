//! The catalogue over real HTTP: lists, details, categories, brands, entity tags, and what another process changes.

use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::cold_writes::{is_done, mallcore};
use super::engines::each_embedded_and_all_on_mariadb;

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    a_look_is_counted_and_a_shoppers_look_leaves_a_footprint,
    products_are_listed_and_shown,
    filters_sorts_and_pages_fit_together,
    categories_are_a_tree_of_three_levels,
    a_product_that_is_not_there_is_unknown,
    every_wrong_parameter_is_named,
    what_a_client_has_is_not_sent_again_until_it_changes,
    the_command_line_puts_products_in,
}

async fn ids(visitor: &Person<'_>, path: &str) -> Vec<u64> {
    let list = visitor.get(path).await;
    assert_eq!(list.status, 200, "{path} {list:?}");
    list.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

async fn products_are_listed_and_shown(app: &TestApp) {
    let visitor = app.anonymous();
    let list = visitor.get("/v1/products?size=1").await;
    assert_eq!((list.status.as_u16(), &list.body["total"]), (200, &225.into()));
    let card = &list.body["items"][0];
    let shown = visitor.get(&format!("/v1/products/{}", card["id"])).await;
    assert_eq!(shown.status, 200);
    for (field, value) in card.as_object().unwrap() {
        assert_eq!(&shown.body[field], value, "{field}");
    }
    assert!(shown.body["skus"][0]["price_fen"].as_u64().is_some() && shown.body["description"].is_string());
    assert_eq!(shown.body["category_path"].as_array().unwrap().len(), 3);
    assert!(shown.body["brand"]["name"].is_string());
}

async fn filters_sorts_and_pages_fit_together(app: &TestApp) {
    let visitor = app.anonymous();
    let dearest = visitor.get("/v1/products?category_id=1&sort=price_desc&size=100").await;
    let prices: Vec<u64> = dearest.body["items"].as_array().unwrap().iter().map(|card| card["price_fen"].as_u64().unwrap()).collect();
    assert!(prices.len() == 45 && prices.is_sorted_by(|one, other| one >= other), "{prices:?}");
    let all = ids(&visitor, "/v1/products?category_id=1&sort=price_desc&size=100").await;
    assert_eq!(ids(&visitor, "/v1/products/category/1?sort=price_desc&size=100").await, all);
    assert_eq!(ids(&visitor, "/v1/products?category_id=1&sort=price_desc&size=20&page=3").await, all[40..]);
    let (mut paged, mut path) = (Vec::new(), "/v1/products?category_id=1&sort=price_desc&size=20".to_owned());
    loop {
        let page = visitor.get(&path).await;
        assert_eq!(page.body["total"], 45);
        paged.extend(page.body["items"].as_array().unwrap().iter().map(|card| card["id"].as_u64().unwrap()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/products?category_id=1&sort=price_desc&size=20&cursor={cursor}");
    }
    assert_eq!(paged, all);
    let some = visitor.get(&format!("/v1/products?brand_id=1&price_min_fen={}&price_max_fen={}", prices[40], prices[4])).await;
    for card in some.body["items"].as_array().unwrap() {
        assert!(card["brand_id"] == 1 && (prices[40]..=prices[4]).contains(&card["price_fen"].as_u64().unwrap()), "{card}");
    }
    assert!(ids(&visitor, "/v1/products?zone=hot&size=100").await.len() == 12);
    assert_eq!(ids(&visitor, "/v1/products?zone=discount&size=100").await.len(), 45);
    assert!(ids(&visitor, "/v1/products?tag_id=7").await.is_empty());
    assert!(ids(&visitor, "/v1/products?category_id=999999").await.is_empty());
    assert!(ids(&visitor, "/v1/products?page=100000").await.is_empty());
}

async fn categories_are_a_tree_of_three_levels(app: &TestApp) {
    let visitor = app.anonymous();
    let tree = visitor.get("/v1/categories").await;
    assert_eq!(tree.body, visitor.get("/v1/categories/tree").await.body);
    let first = &tree.body["items"][0];
    assert_eq!((first["level"].as_u64(), &first["parent_id"]), (Some(1), &Value::Null));
    let leaf = &first["children"][0]["children"][0];
    assert_eq!((leaf["level"].as_u64(), leaf["children"].as_array().unwrap().len()), (Some(3), 0));
    let children = visitor.get("/v1/categories/1/children").await;
    let named = |list: &Value| list.as_array().unwrap().iter().map(|node| node["id"].clone()).collect::<Vec<_>>();
    assert_eq!(named(&children.body["items"]), named(&first["children"]));
    assert!(children.body["items"].as_array().unwrap().iter().all(|node| node["children"] == json!([])));
    visitor.get("/v1/categories/999999/children").await.is_problem(404, "unknown_category", &["id"]);
    visitor.get("/v1/categories/x/children").await.is_problem(400, "validation_failed", &["id"]);
    visitor.get("/v1/products/category/999999").await.is_problem(404, "unknown_category", &["id"]);
    let brands = visitor.get("/v1/brands").await;
    assert_eq!((brands.body["items"].as_array().unwrap().len(), &brands.body["items"][0]["name"]), (15, &"云雀".into()));
}

async fn what_a_client_has_is_not_sent_again_until_it_changes(app: &TestApp) {
    let visitor = app.anonymous();
    let paths =
        ["/v1/products?size=3", "/v1/products/category/1", "/v1/products/2", "/v1/categories", "/v1/categories/1/children", "/v1/brands"];
    let with_tag = async |path: &str, etag: &str| Reply::of(visitor.request(Method::GET, path).header("If-None-Match", etag)).await;
    for path in paths {
        let first = visitor.get(path).await;
        let etag = first.header("etag").to_owned();
        assert!(etag.starts_with('"') && first.header("cache-control") == "public, no-cache", "{path} {first:?}");
        let again = with_tag(path, &etag).await;
        assert_eq!(
            (again.status.as_u16(), again.header("etag"), &again.body),
            (304, etag.as_str(), &Value::String(String::new())),
            "{path}"
        );
        assert_eq!(with_tag(path, "\"another\"").await.status, 200);
    }
    let etag = visitor.get("/v1/products/1").await.header("etag").to_owned();
    is_done(&mallcore(app, "product set-discount 1 --percent 15 --wait").await);
    let changed = with_tag("/v1/products/1", &etag).await;
    assert_eq!((changed.status.as_u16(), &changed.body["discount_rate_bp"]), (200, &1_500.into()));
    assert_eq!(changed.body["price_fen"], changed.body["original_price_fen"].as_u64().map(|fen| (fen * 8_500 + 5_000) / 10_000).unwrap());
    assert!(ids(&visitor, "/v1/products?zone=discount&size=100").await.contains(&1));
}

async fn the_command_line_puts_products_in(app: &TestApp) {
    let visitor = app.anonymous();
    is_done(&mallcore(app, "product category add --name 手作 --wait").await);
    is_done(&mallcore(app, "product brand add --name 山坊 --wait").await);
    let tree = visitor.get("/v1/categories").await;
    let category = tree.body["items"].as_array().unwrap().iter().find(|node| node["name"] == "手作").unwrap()["id"].clone();
    let line =
        format!("product create --name 木勺 --price-fen 4500 --category {category} --spec 木料=樱桃木,胡桃木 --tag 新品 --stock 7 --wait");
    is_done(&mallcore(app, &line).await);
    let made = ids(&visitor, &format!("/v1/products/category/{category}")).await;
    let shown = async || visitor.get(&format!("/v1/products/{}", made[0])).await.body;
    until("its pieces are there", async || shown().await["skus"][1]["available"] == 7).await;
    let product = shown().await;
    assert_eq!((&product["name"], &product["tags"], &product["is_sold_out"]), (&"木勺".into(), &json!(["新品"]), &false.into()));
    assert_eq!(product["skus"][1]["spec_values"], json!(["胡桃木"]));
    is_done(&mallcore(app, &format!("product set-hot {} true --sort-order 9 --wait", made[0])).await);
    assert_eq!(ids(&visitor, "/v1/products?zone=hot&size=1").await, made);
    for (line, said) in [
        ("product set-discount 1 --percent 100.5", "percent"),
        ("product set-discount 999999 --percent 5", "no product 999999"),
        ("product create --name x --price-fen 1 --category 999999", "no category 999999"),
        ("product category add --name x --parent 111", "levels"),
        ("product brand add --name 山坊", "has this name"),
    ] {
        let (success, text) = mallcore(app, line).await;
        assert!(!success && text.contains(said), "{line}: {text}");
    }
}

async fn a_look_is_counted_and_a_shoppers_look_leaves_a_footprint(app: &TestApp) {
    let (visitor, shopper) = (app.anonymous(), app.shopper());
    for _ in 0..3 {
        assert_eq!(visitor.get("/v1/products/7").await.status, 200);
    }
    for product in [7, 9, 8, 9] {
        assert_eq!(shopper.get(&format!("/v1/products/{product}")).await.status, 200);
    }
    app.holder_of("no token").get("/v1/products/7").await.body["id"].as_u64().expect("whoever has no good token is anybody");
    let seen = shopper.get("/v1/user/footprints").await;
    let products =
        |reply: &Reply| reply.body["items"].as_array().unwrap().iter().map(|item| item["product_id"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(products(&seen), [9, 8, 7]);
    assert_eq!(seen.body["items"][0]["product"]["id"], 9);
    let database = app.database().await;
    let views = async || {
        let mut tx = database.snapshot().await.unwrap();
        tx.first("SELECT view_count FROM products WHERE id = 7", Vec::new()).await.unwrap().unwrap().int(0).unwrap()
    };
    until("the looks are counted", async || views().await == 5).await;
    assert_eq!(products(&shopper.get("/v1/user/footprints").await), [9, 8, 7], "written, they are the same");
    assert_eq!(app.shopper().get("/v1/user/footprints").await.body["items"], json!([]), "another's are another's");
    assert_eq!(shopper.send(Method::DELETE, "/v1/user/footprints", None, json!({})).await.status, 204);
    assert_eq!(shopper.get("/v1/user/footprints").await.body["items"], json!([]));
    visitor.get("/v1/user/footprints").await.is_problem(401, "token_missing", &["Authorization"]);
    visitor.send(Method::DELETE, "/v1/user/footprints", None, json!({})).await.is_problem(401, "token_missing", &["Authorization"]);
}

async fn a_product_that_is_not_there_is_unknown(app: &TestApp) {
    app.anonymous().get("/v1/products/9007199254740991").await.is_problem(404, "unknown_product", &["id"]);
}

async fn every_wrong_parameter_is_named(app: &TestApp) {
    let refused = app.anonymous().get("/v1/products?size=0&sise=2&category_id=x&cursor=-1").await;
    refused.is_problem(400, "validation_failed", &["sise", "category_id", "size", "cursor"]);
    let refused = "/v1/products?brand_id=0&tag_id=x&zone=all&price_min_fen=-1&price_max_fen=10000000000&sort=best&page=0";
    let fields = ["brand_id", "tag_id", "zone", "price_min_fen", "price_max_fen", "sort", "page"];
    app.anonymous().get(refused).await.is_problem(400, "validation_failed", &fields);
    app.anonymous().get("/v1/products?page=2&cursor=7").await.is_problem(400, "validation_failed", &["page"]);
    app.anonymous().get("/v1/products/category/1?category_id=2").await.is_problem(400, "validation_failed", &["category_id"]);
    app.anonymous().get("/v1/products/0").await.is_problem(400, "validation_failed", &["id"]);
    app.anonymous().get("/v1/products/9007199254740992").await.is_problem(400, "validation_failed", &["id"]);
    app.anonymous().get("/v1/products?size=1&size=2").await.is_problem(400, "validation_failed", &["size"]);
}
