//! Search over real HTTP: products, suggestions, hot words, one's own history, on SQLite and on MySQL.

use mallcore::features::catalog::edits::products;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::text::Text;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::cold_writes::{is_done, mallcore};
use super::engines::each_embedded_and_all_on_mariadb;

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    beginnings_are_completed_and_hot_words_are_what_finds_something,
    products_are_found_by_name_brand_category_and_pinyin,
    facets_say_what_choosing_finds,
    what_cannot_be_searched_for_is_refused,
    shoppers_have_a_history_of_their_own,
    an_edit_is_searchable_a_moment_later,
}

async fn ready(app: &TestApp) {
    until("search is ready", async || app.anonymous().get(&format!("/v1/products/search?q={}", encoded("准备就绪"))).await.status == 200)
        .await;
}

/// A text as a value of a query string.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn search(visitor: &Person<'_>, q: &str, rest: &str) -> Value {
    let reply = visitor.get(&format!("/v1/products/search?q={}&{rest}", encoded(q))).await;
    assert_eq!(reply.status, 200, "{q} {rest} {reply:?}");
    reply.body
}

fn ids(list: &Value) -> Vec<u64> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

fn words(list: &Reply) -> Vec<String> {
    assert_eq!(list.status, 200, "{list:?}");
    list.body["items"].as_array().unwrap().iter().map(|item| item["word"].as_str().unwrap().to_owned()).collect()
}

async fn suggested(visitor: &Person<'_>, q: &str) -> Vec<String> {
    words(&visitor.get(&format!("/v1/search/suggest?q={}", encoded(q))).await)
}

async fn products_are_found_by_name_brand_category_and_pinyin(app: &TestApp) {
    ready(app).await;
    let visitor = app.anonymous();
    let found = search(&visitor, "蓝牙音箱", "size=2").await;
    assert_eq!((&found["total"], ids(&found).len(), &found["next_page"]), (&5.into(), 2, &2.into()));
    let card = &found["items"][0];
    assert!(card["name"].as_str().unwrap().contains("蓝牙音箱"), "{card}");
    let shown = visitor.get(&format!("/v1/products/{}", card["id"])).await;
    assert_eq!(card["price_fen"], shown.body["price_fen"], "cards are those of the catalogue");
    let all = ids(&search(&visitor, "蓝牙音箱", "size=100").await);
    for (page, place) in [(1, 0..2), (2, 2..4), (3, 4..5)] {
        let page = search(&visitor, "蓝牙音箱", &format!("size=2&page={page}")).await;
        assert_eq!(ids(&page), all[place]);
    }
    assert_eq!(search(&visitor, "蓝牙音箱", "size=2&page=3").await["next_page"], Value::Null);
    for typed in ["lanyayinxiang", "lyyx", "ＬＡＮＹＡ yinxiang", "lanyayinxaing"] {
        let mut found = ids(&search(&visitor, typed, "size=100").await);
        let mut expected = all.clone();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{typed}");
    }
    let department = search(&visitor, "数码电子", "size=1").await;
    assert_eq!(department["total"], 45, "by the name of a category above");
    let of_brand = search(&visitor, "北坡", "sort=price_desc&size=100").await;
    let prices: Vec<u64> = of_brand["items"].as_array().unwrap().iter().map(|card| card["price_fen"].as_u64().unwrap()).collect();
    assert!(!prices.is_empty() && prices.is_sorted_by(|one, other| one >= other), "{prices:?}");
    assert_eq!(search(&visitor, "没有这种东西", "").await["total"], 0);
}

async fn facets_say_what_choosing_finds(app: &TestApp) {
    ready(app).await;
    let visitor = app.anonymous();
    let found = search(&visitor, "云雀", "").await;
    let facets = &found["facets"];
    assert!(facets["brands"].as_array().unwrap().iter().any(|brand| brand["name"] == "云雀" && brand["count"] == found["total"]));
    for category in facets["categories"].as_array().unwrap() {
        let chosen = search(&visitor, "云雀", &format!("category_id={}", category["id"])).await;
        assert_eq!(chosen["total"], category["count"], "{category}");
        assert_eq!(chosen["facets"]["categories"], facets["categories"], "choices of the same kind stay");
    }
    for price in facets["prices"].as_array().unwrap() {
        let most = price["max_fen"].as_u64().map(|most| format!("&price_max_fen={most}")).unwrap_or_default();
        let chosen = search(&visitor, "云雀", &format!("price_min_fen={}{most}", price["min_fen"])).await;
        assert_eq!(chosen["total"], price["count"], "{price}");
    }
    assert_eq!(search(&visitor, "云雀", "brand_id=15").await["total"], 0);
    assert_eq!(search(&visitor, "云雀", "category_id=999999").await["total"], 0);
}

async fn what_cannot_be_searched_for_is_refused(app: &TestApp) {
    ready(app).await;
    let visitor = app.anonymous();
    for path in ["/v1/products/search", "/v1/search/suggest"] {
        visitor.get(path).await.is_problem(422, "validation_failed", &["q"]);
        visitor.get(&format!("{path}?q=%20%20")).await.is_problem(422, "validation_failed", &["q"]);
        visitor.get(&format!("{path}?q=%EF%BC%81%EF%BC%9F")).await.is_problem(422, "validation_failed", &["q"]);
        visitor.get(&format!("{path}?q={}", "a".repeat(65))).await.is_problem(422, "validation_failed", &["q"]);
        visitor.get(&format!("{path}?q=a&x=1")).await.is_problem(400, "validation_failed", &["x"]);
    }
    let wrong = "/v1/products/search?q=a&page=101&size=0&sort=best&brand_id=x&price_min_fen=-1";
    visitor.get(wrong).await.is_problem(400, "validation_failed", &["brand_id", "price_min_fen", "sort", "page", "size"]);
    visitor.get("/v1/search/hot?x=1").await.is_problem(400, "validation_failed", &["x"]);
    for method in [Method::GET, Method::DELETE] {
        Reply::of(visitor.request(method, "/v1/search/history")).await.is_problem(401, "token_missing", &["Authorization"]);
    }
    assert_eq!(search(&visitor, &"长".repeat(64), "").await["total"], 0, "as long as it may be");
}

async fn an_edit_is_searchable_a_moment_later(app: &TestApp) {
    ready(app).await;
    let visitor = app.anonymous();
    let database = app.database().await;
    let finds = async |q: &str, product: u64| ids(&search(&visitor, q, "size=100").await).contains(&product);
    let suggests = async |q: &str, word: &str| {
        let suggestions = visitor.get(&format!("/v1/search/suggest?q={}", encoded(q))).await;
        // What was searched for here is hot, whatever has become of it.
        let mut items = suggestions.body["items"].as_array().unwrap().iter().filter(|suggestion| suggestion["kind"] != "hot");
        items.any(|suggestion| suggestion["word"] == word)
    };
    let before = visitor.get("/v1/products/7").await.body["name"].as_str().unwrap().to_owned();
    assert!(finds(&before, 7).await && suggests(&before, &before).await);
    let name = Text::parse("鎏金航天纪念章").unwrap();
    products::update(&database, 7, &name, &products::About::default(), Timestamp::from_millis(1_795_451_405_000)).await.unwrap();
    until("the new name is found", async || finds("航天纪念章", 7).await && finds("htjnz", 7).await).await;
    assert!(!finds(&before, 7).await, "it no longer has its old name");
    until("the new name is suggested", async || suggests("liujinhang", "鎏金航天纪念章").await).await;
    assert!(!suggests(&before, &before).await);
    is_done(&mallcore(app, "product set-status 7 off_sale --wait").await);
    let gone = search(&visitor, "航天纪念章", "").await;
    assert_eq!(gone["items"], json!([]), "not shown from the moment on that the catalogue knows");
    until("it is not counted either", async || search(&visitor, "航天纪念章", "").await["total"] == 0).await;
    assert!(!suggests("鎏金", "鎏金航天纪念章").await);
    is_done(&mallcore(app, "product set-status 7 on_sale --wait").await);
    until("it is back", async || finds("航天纪念章", 7).await).await;
    assert!(mallcore(app, "product brand add --name 飞燕坊").await.0);
    until("a new brand is suggested", async || suggests("feiyan", "飞燕坊").await).await;
}

async fn beginnings_are_completed_and_hot_words_are_what_finds_something(app: &TestApp) {
    ready(app).await;
    let visitor = app.anonymous();
    assert_eq!(suggested(&visitor, "数码").await[0], "数码电子");
    assert!(suggested(&visitor, "smdz").await.contains(&"数码电子".to_owned()));
    let names = suggested(&visitor, "zhineng").await;
    assert!(!names.is_empty() && names.len() <= 10 && names.iter().all(|name| name.contains("智能手机")), "{names:?}");
    assert_eq!(suggested(&visitor, "没有这种").await, [""; 0]);
    for _ in 0..3 {
        search(&visitor, "蓝牙 音箱！", "").await;
    }
    search(&visitor, "耳机", "").await;
    search(&visitor, "耳机", "page=2").await;
    search(&visitor, "没有这种东西", "").await;
    let hot = async || words(&visitor.get("/v1/search/hot").await);
    until("searches are hot", async || hot().await == ["蓝牙 音箱", "耳机"]).await;
    assert_eq!(suggested(&visitor, "lanya").await[0], "蓝牙 音箱", "hot words first");
}

/// Searches, at a later millisecond than the shopper has before.
async fn search_later(shopper: &Person<'_>, word: &str) {
    let newest = async || {
        let history = shopper.get("/v1/search/history").await;
        history.body["items"][0]["searched_at"].as_str().unwrap_or_default().to_owned()
    };
    let before = newest().await;
    until("it is later", async || {
        search(shopper, word, "").await;
        newest().await > before
    })
    .await;
}

async fn shoppers_have_a_history_of_their_own(app: &TestApp) {
    ready(app).await;
    let (shopper, other) = (app.shopper(), app.shopper());
    let history = async |person: &Person<'_>| words(&person.get("/v1/search/history").await);
    for word in ["手机", "耳机", "ABC 没有", "手机"] {
        search_later(&shopper, word).await;
    }
    search(&shopper, "音箱", "page=2").await;
    let expected = ["手机", "abc 没有", "耳机"];
    assert_eq!(history(&shopper).await, expected, "each once, the newest first, whether it found something or not");
    let database = app.database().await;
    let stored = async || {
        let mut tx = database.snapshot().await.unwrap();
        let rows = tx.all("SELECT word, found FROM search_history ORDER BY searched_at DESC", Vec::new()).await.unwrap();
        rows.iter().map(|row| (row.text(0).unwrap(), row.int(1).unwrap())).collect::<Vec<_>>()
    };
    let written = [("手机".to_owned(), 1), ("abc 没有".to_owned(), 0), ("耳机".to_owned(), 1)];
    until("they are written", async || stored().await == written).await;
    assert_eq!(history(&shopper).await, expected, "written, they are the same");
    assert!(history(&other).await.is_empty(), "another's are another's");
    for number in 0..25 {
        search_later(&shopper, &format!("杯{number}")).await;
    }
    let newest: Vec<String> = (5..25).rev().map(|number| format!("杯{number}")).collect();
    assert_eq!(history(&shopper).await, newest);
    until("the rest is removed", async || stored().await.len() == 20).await;
    search(&other, "手机", "").await;
    assert_eq!(shopper.send(Method::DELETE, "/v1/search/history", None, json!({})).await.status, 204);
    assert!(history(&shopper).await.is_empty());
    assert_eq!(history(&other).await, ["手机"]);
    until("nothing of it comes back", async || stored().await == [("手机".to_owned(), 1)]).await;
    database.close().await;
}
