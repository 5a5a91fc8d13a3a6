//! Changes of the catalogue by another process, the real binary over the same data folder, as shoppers see them.

use std::process::{Command, Output};

use mallcore::platform::database::Settings;
use serde_json::Value;

use super::app::{Person, TestApp, until};
use super::engines::{KEYS, each_embedded_and_all_on_mariadb};

each_embedded_and_all_on_mariadb! {
    quota 10, limit 3;
    what_makes_no_sense_is_refused_before_anything_is_written,
    a_new_price_is_shown_and_old_orders_and_running_sales_keep_theirs,
    a_product_off_the_shelf_is_neither_shown_nor_sold_until_it_is_back,
    stock_is_adjusted_by_a_command_and_refusals_are_told,
    skus_and_specs_are_edited_by_the_command_line,
    a_sale_shows_what_its_product_costs_outside_with_the_discount_of_the_zone,
}

/// Runs `mallcore` beside the server, over the same database: whether it succeeded, and all that it said.
pub async fn mallcore(app: &TestApp, line: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mallcore"));
    command.args(line.split(' ')).env_clear().env("DATA_DIR", app.data_dir()).env("USER", "tester").env("ADMIN_PASSWORD_COST", "4");
    if let Settings::MySql(server) = app.database_settings() {
        command.env("APP_ENV", "testing").env("CONFIG_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/config/environments"));
        command.env("DB_HOST", &server.host).env("DB_PORT", server.port.to_string()).env("DB_DATABASE", server.database.as_ref().unwrap());
        command
            .env("DB_USERNAME", &server.user)
            .env("DB_PASSWORD", &server.password)
            .env("DATA_KEYS", KEYS[0])
            .env("BLIND_INDEX_KEY", KEYS[1]);
        command.env("REDIS_HOST", "").env("RABBITMQ_URL", "");
    }
    // The relay lives on this thread, so nobody may block it.
    let Output { status, stdout, stderr } = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[track_caller]
pub fn is_done((success, said): &(bool, String)) {
    assert!(*success && said.contains("done"), "{said}");
}

async fn product(visitor: &Person<'_>, id: u64) -> Value {
    visitor.get(&format!("/v1/products/{id}")).await.body
}

async fn a_new_price_is_shown_and_old_orders_and_running_sales_keep_theirs(app: &TestApp) {
    let (visitor, shopper) = (app.anonymous(), app.shopper());
    let order = shopper.buy(1, "before").await;
    is_done(&mallcore(app, "product set-price 1 --fen 77700 --wait").await);
    let shown = product(&visitor, 1).await;
    assert_eq!(shown["price_fen"], 77_700);
    assert!(shown["skus"].as_array().unwrap().iter().all(|sku| sku["price_fen"] == 77_700), "{shown}");
    let sku = shown["skus"][1]["id"].as_u64().unwrap();
    is_done(&mallcore(app, &format!("product set-price sku:{sku} --fen 66600 --wait")).await);
    assert_eq!(product(&visitor, 1).await["price_fen"], 66_600, "the lowest of its SKUs");
    let listed = visitor.get("/v1/products?size=100&cursor=2").await;
    assert_eq!(listed.body["items"][0]["price_fen"], 66_600);

    let item = visitor.get("/v1/seckill/activities/1").await.body["items"][0].clone();
    assert_eq!(item["list_price_fen"], 77_700, "what it costs outside of the sale");
    let sold = shown["skus"].as_array().unwrap().iter().find(|sku| sku["id"] == item["sku_id"]).unwrap();
    assert_eq!((&item["product_id"], &item["spec"]), (&shown["id"], &sold["spec"]), "{item}");
    assert!(item.as_object().unwrap().contains_key("picture"), "{item}");
    let again = shopper.get(order.header("location")).await;
    assert_eq!(again.body["payable_fen"], order.body["payable_fen"]);
    let later = app.shopper().buy(1, "after").await;
    assert_eq!(later.body["payable_fen"], item["price_fen"]);
    assert_eq!(later.body["payable_fen"], order.body["payable_fen"]);
    is_done(&mallcore(app, "product set-price 1 --fen 66600 --wait").await);
    assert!(mallcore(app, "product set-price 1 --fen 66600 --wait").await.1.contains("nothing to change"));
}

async fn a_sale_shows_what_its_product_costs_outside_with_the_discount_of_the_zone(app: &TestApp) {
    let visitor = app.anonymous();
    is_done(&mallcore(app, "product set-price 1 --fen 10000 --wait").await);
    is_done(&mallcore(app, "product set-discount 1 --percent 15 --wait").await);
    assert_eq!(product(&visitor, 1).await["skus"][0]["price_fen"], 8_500);
    until("the list shows it", async || {
        visitor.get("/v1/seckill/activities").await.body["items"][0]["items"][0]["list_price_fen"] == 8_500
    })
    .await;
}

async fn a_product_off_the_shelf_is_neither_shown_nor_sold_until_it_is_back(app: &TestApp) {
    let (visitor, buyer, before) = (app.anonymous(), app.shopper(), app.remaining().await);
    let first = buyer.buy(1, "first").await;
    is_done(&mallcore(app, "product set-status 1 off_sale --wait").await);
    visitor.get("/v1/products/1").await.is_problem(404, "unknown_product", &["id"]);
    let listed = visitor.get("/v1/products?size=100&cursor=2").await;
    assert_eq!(listed.body["items"].as_array().unwrap().len(), 0);
    assert_eq!(visitor.get("/v1/seckill/activities/1").await.body["items"], serde_json::json!([]));
    app.shopper().buy(1, "a-stranger").await.is_problem(409, "off_sale", &[]);
    buyer.buy(1, "a-second-piece").await.is_problem(409, "off_sale", &[]);
    let repeat = buyer.buy(1, "first").await;
    assert_eq!((repeat.status.as_u16(), &repeat.body), (200, &first.body), "a repeat gets its answer all the same");

    is_done(&mallcore(app, "product set-status 1 on_sale --wait").await);
    assert_eq!(buyer.buy(1, "a-third-attempt").await.status, 201);
    assert_eq!(app.remaining().await, before - 2);
}

async fn stock_is_adjusted_by_a_command_and_refusals_are_told(app: &TestApp) {
    let visitor = app.anonymous();
    let before = product(&visitor, 2).await["skus"][0].clone();
    let (sku, available) = (before["id"].as_u64().unwrap(), before["available"].as_u64().unwrap());
    is_done(&mallcore(app, &format!("product adjust-stock {sku} --by -5 --reason broken --wait")).await);
    let shows = async |pieces: u64| product(&visitor, 2).await["skus"][0]["available"] == pieces;
    until("the pieces are gone", async || shows(available - 5).await).await;
    let refused = mallcore(app, &format!("product adjust-stock {sku} --by -{available} --reason all --wait")).await;
    assert!(!refused.0 && refused.1.contains("insufficient_stock"), "{}", refused.1);
    let refused = mallcore(app, &format!("product adjust-stock {sku} --to 9 --expected-version 0 --reason count --wait")).await;
    assert!(!refused.0 && refused.1.contains("version_mismatch"), "{}", refused.1);
    let (_, shown) = mallcore(app, "product show 2").await;
    let version = shown.lines().find(|line| line.contains(&format!("SKU {sku} "))).unwrap().rsplit(' ').next().unwrap().to_owned();
    is_done(&mallcore(app, &format!("product adjust-stock {sku} --to 9 --expected-version {version} --reason count --wait")).await);
    until("the pieces are counted", async || shows(9).await).await;
}

async fn what_makes_no_sense_is_refused_before_anything_is_written(app: &TestApp) {
    for (line, said) in [
        ("product set-price 999999 --fen 1", "no product 999999"),
        ("product set-price sku:999999 --fen 1", "no SKU 999999"),
        ("product set-price 1 --fen 10000000000", "--fen"),
        ("product set-status 999999 off_sale", "no product 999999"),
        ("product adjust-stock 999999 --by 1 --reason x", "no SKU 999999"),
        ("product adjust-stock 1 --by 0 --reason x", "--by"),
        ("product adjust-stock 1 --by 10000000 --reason x", "--by"),
        ("product show 999999", "no product 999999"),
        ("outbox retry 1", "no row 1"),
    ] {
        let (success, text) = mallcore(app, line).await;
        assert!(!success && text.contains(said), "{line}: {text}");
    }
    assert!(mallcore(app, "outbox list").await.1.contains("nothing waits"));
}

async fn skus_and_specs_are_edited_by_the_command_line(app: &TestApp) {
    let visitor = app.anonymous();
    let made = mallcore(app, "product create --name 衬衫 --price-fen 9900 --spec 颜色=白,黑 --stock 3 --wait").await;
    is_done(&made);
    let id: u64 = made.1.split_whitespace().nth(1).unwrap().parse().unwrap();
    let skus = async || -> Vec<Value> { product(&visitor, id).await["skus"].as_array().cloned().unwrap_or_default() };
    let ids: Vec<u64> = skus().await.iter().map(|sku| sku["id"].as_u64().unwrap()).collect();
    let [white, black] = ids[..] else { panic!("{made:?}") };

    is_done(&mallcore(app, &format!("product spec rename-value {id} 颜色 白 米白 --wait")).await);
    is_done(&mallcore(app, &format!("product spec add {id} 尺码 M --wait")).await);
    is_done(&mallcore(app, &format!("product sku set {white} --code SH-01 --picture /images/w.svg --wait")).await);
    let added = mallcore(app, &format!("product sku add {id} --value 米白 --value L --price-fen 8800 --wait")).await;
    is_done(&added);
    let large: u64 = added.1.split_whitespace().nth(1).unwrap().parse().unwrap();
    let shown = product(&visitor, id).await;
    let specs: Vec<_> = shown["skus"].as_array().unwrap().iter().map(|sku| sku["spec"].as_str().unwrap()).collect();
    assert_eq!((specs, &shown["price_fen"]), (vec!["米白 / M", "黑 / M", "米白 / L"], &8_800.into()));
    assert_eq!(shown["skus"][0]["picture"], "/images/w.svg");

    is_done(&mallcore(app, &format!("product sku set {black} --status off_sale --wait")).await);
    assert_eq!(skus().await.len(), 2, "it is off the shelf");
    let (_, said) = mallcore(app, &format!("product show {id}")).await;
    for part in ["颜色: 米白, 黑", "尺码: M, L", "code SH-01", "off the shelf"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    is_done(&mallcore(app, &format!("product sku remove {large} --wait")).await);
    assert_eq!(skus().await.len(), 1);
    for (line, said) in [
        (format!("product sku remove {white}"), "has stock: it cannot be removed, only taken off the shelf"),
        (format!("product sku remove {large}"), "there is no SKU"),
        (format!("product sku set {white}"), "required"),
        (format!("product sku set {white} --code a --no-code"), "cannot be used with"),
        (format!("product sku set {white} --value 绿 --value M"), "is not one value of each spec"),
        (format!("product sku add {id} --value 黑 --value M --price-fen 1"), "has [\"黑\", \"M\"] already"),
        (format!("product sku add {id} --value 黑 --price-fen 1"), "the product has 2 specs"),
        (format!("product spec remove-value {id} 颜色 黑"), "is 黑"),
        (format!("product spec remove {id} 颜色"), "would be the same"),
        ("product spec remove 999999 颜色".to_owned(), "there is no product 999999"),
    ] {
        let refused = mallcore(app, &line).await;
        assert!(!refused.0 && refused.1.contains(said), "{line}: {refused:?}");
    }
}
