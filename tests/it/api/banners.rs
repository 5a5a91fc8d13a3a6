//! Banners over real HTTP: shown in their time, with what is behind them, and their clicks.

use std::time::{SystemTime, UNIX_EPOCH};

use mallcore::features::banners::edits::{self, About};
use mallcore::features::banners::link::{Link, LinkHosts};
use mallcore::features::catalog::edits::labels;
use mallcore::platform::database::Database;
use mallcore_actors::ids::BannerId;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;
use mallcore_actors::values::text::Text;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::cold_writes::{is_done, mallcore};
use super::engines::each_embedded_and_all_on_mariadb;
use crate::database::scratch;

each_embedded_and_all_on_mariadb! {
    quota 10, limit 1;
    a_click_counts_once_a_minute_for_each_visitor,
    the_command_line_manages_banners,
    banners_are_shown_in_order_within_their_time,
    each_kind_of_link_has_its_products,
}

fn now() -> Timestamp {
    Timestamp::from_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

fn about(link_type: i64, link_value: &str) -> About {
    About {
        title: Text::parse("横幅").unwrap(),
        image_url: Text::parse("/images/banner.svg").unwrap(),
        link: Link::parse(link_type, link_value).unwrap(),
        sort_order: 100,
        is_on: true,
        starts_at: None,
        ends_at: None,
    }
}

async fn create(database: &Database, about: &About) -> BannerId {
    edits::create(database, about, &LinkHosts::default(), now()).await.unwrap().0
}

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

async fn shown(visitor: &Person<'_>) -> Vec<u64> {
    let list = visitor.get("/v1/banners").await;
    assert_eq!(list.status, 200, "{list:?}");
    ids(&list.body["items"])
}

async fn behind(visitor: &Person<'_>, banner: BannerId) -> Vec<u64> {
    ids(&visitor.get(&format!("/v1/banners/{banner}/products?size=100")).await.body["items"])
}

async fn click(person: &Person<'_>, banner: impl std::fmt::Display) -> Reply {
    person.post(&format!("/v1/banners/{banner}/click")).await
}

async fn banners_are_shown_in_order_within_their_time(app: &TestApp) {
    let (visitor, database) = (app.anonymous(), app.database().await);
    let demo = visitor.get("/v1/banners").await;
    assert_eq!(ids(&demo.body["items"]), [1, 2, 3, 4]);
    let first = &demo.body["items"][0];
    assert_eq!((&first["link_type"], &first["link_value"], &first["title"]), (&1.into(), &"recommended".into(), &"为你推荐".into()));
    assert_eq!((&first["start_time"], &first["end_time"], &first["sort_order"]), (&Value::Null, &Value::Null, &1.into()));
    let began = now();
    let window = |sort_order, starts, ends| About {
        sort_order,
        starts_at: Some(began.plus_millis(starts)),
        ends_at: Some(began.plus_millis(ends)),
        ..about(2, "1")
    };
    let soon = create(&database, &window(0, 1_500, 3_600_000)).await.get();
    let brief = create(&database, &window(0, 0, 1_500)).await.get();
    let later = create(&database, &window(0, 3_600_000, 7_200_000)).await.get();
    let off = create(&database, &About { is_on: false, ..about(2, "1") }).await;
    until("the brief one has begun and ended, and the next has begun by the clock", async || shown(&visitor).await == [soon, 1, 2, 3, 4])
        .await;
    for hidden in [brief, later, off.get()] {
        visitor.get(&format!("/v1/banners/{hidden}/products")).await.is_problem(404, "unknown_banner", &["id"]);
        click(&visitor, hidden).await.is_problem(404, "unknown_banner", &["id"]);
    }
    edits::set_status(&database, off, true, now()).await.unwrap().unwrap();
    assert_eq!(edits::set_status(&database, off, true, now()).await.unwrap(), None);
    until("it is on", async || shown(&visitor).await == [soon, 1, 2, 3, 4, off.get()]).await;
    let moved = About { sort_order: -5, title: Text::parse("改过").unwrap(), ..about(3, "1") };
    edits::update(&database, off, &moved, &LinkHosts::default(), now()).await.unwrap();
    until("it has moved", async || visitor.get("/v1/banners").await.body["items"][0]["title"] == "改过").await;
    edits::set_products(&database, off, &[3, 2], now()).await.unwrap().unwrap();
    edits::delete(&database, off, now()).await.unwrap();
    until("it is gone", async || shown(&visitor).await == [soon, 1, 2, 3, 4]).await;
    assert!(edits::delete(&database, off, now()).await.is_err());
}

async fn each_kind_of_link_has_its_products(app: &TestApp) {
    let (visitor, database) = (app.anonymous(), app.database().await);
    let (tag, _) = labels::tag(&database, &Text::parse("礼物").unwrap(), now()).await.unwrap();
    let mut tx = database.begin().await.unwrap();
    tx.execute("INSERT INTO product_tags (product_id, tag_id) VALUES (?, ?)", vec![5_u64.into(), tag.into()]).await.unwrap();
    tx.commit().await.unwrap();
    // An edit makes the catalogue read the row with its tags.
    mallcore::features::catalog::edits::products::set_hot(&database, 5, true, now()).await.unwrap();
    mallcore::features::catalog::edits::products::set_hot(&database, 5, false, now()).await.unwrap();
    let by_hand = create(&database, &about(1, "manual")).await;
    edits::set_products(&database, by_hand, &[9, 3, 7, 3], now()).await.unwrap().unwrap();
    edits::add_products(&database, by_hand, &[3, 1], now()).await.unwrap().unwrap();
    edits::remove_product(&database, by_hand, 7, now()).await.unwrap().unwrap();
    assert_eq!(edits::remove_product(&database, by_hand, 7, now()).await.unwrap(), None);
    let of_category = create(&database, &about(1, "category:11")).await;
    let of_tag = create(&database, &about(1, &format!("tag:{tag}"))).await;
    let recommended = create(&database, &about(1, "recommended")).await;
    let single = create(&database, &about(2, "8")).await;
    let category = create(&database, &about(3, "111")).await;
    let activity = create(&database, &about(4, "1")).await;
    until("all are shown", async || shown(&visitor).await.contains(&activity.get())).await;
    until("the chosen ones are there", async || behind(&visitor, by_hand).await == [9, 3, 1]).await;
    until("the tagged one is there", async || behind(&visitor, of_tag).await == [5]).await;
    assert_eq!(behind(&visitor, single).await, [8]);
    assert_eq!(behind(&visitor, activity).await, Vec::<u64>::new());
    let list = visitor.get("/v1/products/category/11?sort=sales&size=100").await;
    assert_eq!(behind(&visitor, of_category).await, ids(&list.body["items"]), "with those below it");
    let leaf = visitor.get("/v1/products/category/111?sort=sales&size=100").await;
    assert_eq!(behind(&visitor, category).await, ids(&leaf.body["items"]));
    let best = visitor.get(&format!("/v1/banners/{recommended}/products?size=100")).await;
    assert_eq!(best.body["total"], 100);
    let page = visitor.get(&format!("/v1/banners/{recommended}/products?page=2&size=30")).await;
    assert_eq!(ids(&page.body["items"]), ids(&best.body["items"])[30..60]);
    assert_eq!((&page.body["page"], &page.body["size"], &page.body["total"]), (&2.into(), &30.into(), &100.into()));
    let etag = page.header("etag").to_owned();
    let again = visitor.request(Method::GET, &format!("/v1/banners/{recommended}/products?page=2&size=30")).header("If-None-Match", &etag);
    assert_eq!(Reply::of(again).await.status, 304);
    let mut tx = database.begin().await.unwrap();
    let stored = tx.all("SELECT product_id FROM banner_products WHERE banner_id = ? ORDER BY sort_order", vec![by_hand.get().into()]);
    let stored: Vec<u64> = stored.await.unwrap().iter().map(|row| row.count(0).unwrap()).collect();
    tx.commit().await.unwrap();
    assert_eq!(stored, [9, 3, 1]);
    is_done(&mallcore(app, "product set-status 8 off_sale --wait").await);
    until("it is off the shelf", async || behind(&visitor, single).await.is_empty()).await;
}

async fn a_click_counts_once_a_minute_for_each_visitor(app: &TestApp) {
    let began = now();
    let (visitor, shopper, other) = (app.anonymous(), app.shopper(), app.shopper());
    for person in [&shopper, &shopper, &visitor, &other, &visitor] {
        assert_eq!(click(person, 2).await.status, 204);
    }
    assert_eq!(click(&shopper, 3).await.status, 204);
    let database = app.database().await;
    let stored = async || {
        let mut tx = database.snapshot().await.unwrap();
        let rows = tx.all("SELECT banner_id, day, clicks FROM banner_clicks ORDER BY banner_id, day", Vec::new()).await.unwrap();
        let days: Vec<_> = rows.iter().map(|row| (row.count(0).unwrap(), row.pieces(1).unwrap(), row.count(2).unwrap())).collect();
        let rows = tx.all("SELECT click_count FROM banners WHERE id IN (1, 2, 3) ORDER BY id", Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
        (days, rows.iter().map(|row| row.count(0).unwrap()).collect::<Vec<_>>())
    };
    until("the clicks are written", async || stored().await.1 == [0, 3, 1]).await;
    let (days, _) = stored().await;
    let of = |banner| days.iter().filter(|day| day.0 == banner).map(|day| day.2).sum::<u64>();
    let today = BusinessDay::of(began).number()..=BusinessDay::of(now()).number();
    assert_eq!((of(2), of(3), days.iter().all(|day| today.contains(&day.1))), (3, 1, true), "{days:?}");
    // Later ones are added to the same day.
    assert_eq!(click(&app.shopper(), 2).await.status, 204);
    until("it is added", async || stored().await.1 == [0, 4, 1]).await;
    click(&visitor, 999).await.is_problem(404, "unknown_banner", &["id"]);
    click(&visitor, "x").await.is_problem(400, "validation_failed", &["id"]);
    visitor.get("/v1/banners/0/products").await.is_problem(400, "validation_failed", &["id"]);
    visitor.get("/v1/banners/999/products").await.is_problem(404, "unknown_banner", &["id"]);
    visitor.get("/v1/banners/1/products?page=0&x=1").await.is_problem(400, "validation_failed", &["x", "page"]);
    visitor.get("/v1/banners/1/click").await.is_problem(405, "method_not_allowed", &[]);
}

#[actix_web::test]
async fn a_banner_that_breaks_a_rule_is_refused_and_changes_nothing() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        let refused = async |about: About, hosts: &LinkHosts| edits::create(database, &about, hosts, now()).await.unwrap_err().to_string();
        let none = LinkHosts::default();
        for (about, said) in [
            (about(2, "7"), "no product 7"),
            (about(3, "7"), "no category 7"),
            (about(1, "category:7"), "no category 7"),
            (about(1, "tag:7"), "no tag 7"),
            (about(5, "https://www.example.com/"), "BANNER_LINK_HOSTS"),
            (About { image_url: Text::parse("javascript:x").unwrap(), ..about(4, "7") }, "image_url"),
            (About { starts_at: Some(now()), ends_at: Some(now()), ..about(4, "7") }, "end_time"),
        ] {
            let text = refused(about, &none).await;
            assert!(text.contains(said), "{text}");
        }
        let hosts = LinkHosts::new(vec!["www.example.com".into()]);
        let (site, _) = edits::create(database, &about(5, "https://www.example.com/sale"), &hosts, now()).await.unwrap();
        assert!(edits::set_products(database, site, &[7], now()).await.is_err(), "there is no product 7");
        assert!(edits::update(database, BannerId::new(99).unwrap(), &about(4, "7"), &none, now()).await.is_err());
        assert!(edits::update(database, site, &about(5, "https://other.example/"), &hosts, now()).await.is_err());
        for _ in 1..200 {
            create(database, &about(4, "7")).await;
        }
        assert!(refused(about(4, "7"), &none).await.contains("200 banners"));
        edits::update(database, site, &about(4, "8"), &none, now()).await.expect("it is on already");
        let mut tx = database.snapshot().await.unwrap();
        let count = async |tx: &mut mallcore::platform::database::Tx, table: &str| {
            tx.first(format!("SELECT COUNT(*) FROM {table}"), Vec::new()).await.unwrap().unwrap().int(0).unwrap()
        };
        assert_eq!(
            (count(&mut tx, "banners").await, count(&mut tx, "banner_products").await, count(&mut tx, "outbox").await),
            (200, 0, 201)
        );
        tx.commit().await.unwrap();
    }
}

async fn the_command_line_manages_banners(app: &TestApp) {
    let visitor = app.anonymous();
    let line = "banner add --title 秋日 --image /images/autumn.svg --link-type products --link-value manual --sort-order -1 --wait";
    is_done(&mallcore(app, line).await);
    until("it stands first", async || visitor.get("/v1/banners").await.body["items"][0]["title"] == "秋日").await;
    let id = visitor.get("/v1/banners").await.body["items"][0]["id"].clone();
    is_done(&mallcore(app, &format!("banner link {id} --product 12 --product 4 --wait")).await);
    let products = async || ids(&visitor.get(&format!("/v1/banners/{id}/products")).await.body["items"]);
    until("its products are there", async || products().await == [12, 4]).await;
    let (_, text) = mallcore(app, &format!("banner show {id}")).await;
    assert!(text.contains("秋日") && text.contains("[12, 4]"), "{text}");
    is_done(&mallcore(app, &format!("banner set-status {id} off --wait")).await);
    until("it is off", async || shown(&visitor).await == [1, 2, 3, 4]).await;
    let (_, text) = mallcore(app, "banner list").await;
    assert!(text.lines().count() == 5 && text.contains(&format!("banner {id} off")), "{text}");
    for (line, said) in [
        ("banner add --title x --image /x --link-type external --link-value https://www.example.com/", "BANNER_LINK_HOSTS"),
        ("banner add --title x --image /x --link-type external --link-value http://www.example.com/", "https"),
        ("banner add --title x --image /x --link-type product --link-value 999999", "no product 999999"),
        ("banner set-status 999 on", "no banner 999"),
        ("banner show 999", "no banner 999"),
        ("banner link 1 --product 999999", "no product 999999"),
    ] {
        let (success, text) = mallcore(app, line).await;
        assert!(!success && text.contains(said), "{line}: {text}");
    }
    assert_eq!(json!(shown(&visitor).await), json!([1, 2, 3, 4]), "nothing was added");
}
