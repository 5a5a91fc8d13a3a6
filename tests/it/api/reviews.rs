//! Reviews over real HTTP: written once for each received line, moderated, counted on the product's card.

use mallcore::features::reviews::service;
use mallcore_actors::idempotency::KeyHash;
use mallcore_actors::ids::{OrderId, PaymentId, SkuId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Carrier, LinePieces, Parcel, Payment, PaymentChannel, Tracking};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::app::{Person, Reply, TestApp, until};
use super::checkout::{place, shelf};
use super::cold_writes::{is_done, mallcore};
use super::engines::on_both_explained;

/// Orders and pays these SKUs, one piece each, with their prices.
pub async fn paid(app: &TestApp, shopper: &Person<'_>, key: u64, wanted: &[(u64, u64)]) -> OrderId {
    let payable = wanted.iter().map(|(_, price)| price).sum();
    let items: Vec<_> = wanted.iter().map(|(sku, _)| (*sku, 1)).collect();
    let placed = place(shopper, &format!("k{key}"), &items, payable).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let order = OrderId::new(placed.body["order_id"].as_u64().unwrap()).unwrap();
    let (id, amount) = (PaymentId::new(1_000 + order.get() * 10 + key).unwrap(), Money::from_fen(payable).unwrap());
    let payment = Payment { id, channel: PaymentChannel::WechatPay, amount, payer: None };
    app.orders().commands().pay(Provenance::SYSTEM, shopper.user(), order, &payment).await.unwrap().unwrap();
    order
}

/// Sends everything and has its shopper confirm it.
async fn received(app: &TestApp, shopper: &Person<'_>, order: OrderId, skus: &[u64]) {
    let pieces = |sku: &u64| LinePieces { sku: SkuId::new(*sku).unwrap(), quantity: Quantity::new(1).unwrap() };
    let parcel = Parcel {
        key: KeyHash::from_bytes([9; 16]),
        carrier: Carrier::parse("SF").unwrap(),
        tracking: Tracking::parse("SF1001").unwrap(),
        pieces: skus.iter().map(pieces).collect(),
    };
    app.orders().commands().ship(Provenance::SYSTEM, shopper.user(), order, &parcel).await.unwrap().unwrap();
    let confirmed = shopper.post(&format!("/v1/orders/{order}/confirm")).await;
    assert_eq!(confirmed.body["status"], "completed", "{confirmed:?}");
}

async fn review(shopper: &Person<'_>, order: OrderId, body: Value) -> Reply {
    shopper.send(Method::POST, &format!("/v1/orders/{order}/reviews"), None, body).await
}

async fn product_of(app: &TestApp, sku: u64) -> u64 {
    app.catalog().sku(SkuId::new(sku).unwrap()).unwrap().product.id.get()
}

fn ids(reply: &Reply) -> Vec<u64> {
    reply.body["items"].as_array().unwrap_or_else(|| panic!("{reply:?}")).iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

#[actix_web::test]
async fn a_received_line_is_reviewed_once_and_counted_on_its_product() {
    on_both_explained(|_| {}, async |app| {
        let (shopper, visitor) = (app.shopper(), app.anonymous());
        let [a, b, c] = shelf(app).await[..] else { unreachable!() };
        let order = paid(app, &shopper, 1, &[a, b]).await;
        let good = json!({ "sku_id": a.0, "stars": 5, "text": "很好\n<b>真的</b>", "pictures": ["https://img.example.com/1.jpg"], "anonymous": true });
        review(&shopper, order, good.clone()).await.is_problem(409, "not_received", &[]);
        assert_eq!(shopper.get("/v1/user/reviews/pending").await.body["items"], json!([]));
        received(app, &shopper, order, &[a.0, b.0]).await;
        let waiting = async || {
            let pending = shopper.get("/v1/user/reviews/pending").await.body["items"].clone();
            let lines = pending.as_array().unwrap().iter().flat_map(|order| order["items"].as_array().unwrap());
            lines.map(|line| line["sku_id"].as_u64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(waiting().await, [a.0, b.0]);

        let written = review(&shopper, order, good.clone()).await;
        assert_eq!((written.status.as_u16(), &written.body["status"], &written.body["text"]), (201, &"shown".into(), &good["text"]), "{written:?}");
        app.caught_up().await;
        let again = review(&shopper, order, good.clone()).await;
        assert_eq!((again.status.as_u16(), &again.body["id"]), (200, &written.body["id"]), "a repeat gets the first answer");
        review(&shopper, order, json!({ "sku_id": a.0, "stars": 1 })).await.is_problem(409, "already_reviewed", &[]);
        assert_eq!(waiting().await, [b.0]);
        let second = review(&shopper, order, json!({ "sku_id": b.0, "stars": 3 })).await;
        assert_eq!((second.status.as_u16(), &second.body["text"]), (201, &Value::Null), "{second:?}");
        assert_eq!(waiting().await, [0_u64; 0]);

        review(&shopper, order, json!({ "sku_id": c.0, "stars": 5 })).await.is_problem(404, "unknown_order_line", &[]);
        review(&app.shopper(), order, good.clone()).await.is_problem(404, "unknown_order", &["id"]);
        review(&visitor, order, good.clone()).await.is_problem(401, "token_missing", &["Authorization"]);
        for path in ["/v1/user/reviews", "/v1/user/reviews/pending"] {
            visitor.get(path).await.is_problem(401, "token_missing", &["Authorization"]);
        }
        assert_eq!(app.shopper().get("/v1/user/reviews").await.body["items"], json!([]), "another's are another's");

        let product = product_of(app, a.0).await;
        let path = format!("/v1/products/{product}/reviews");
        until("the card shows the review", async || {
            let card = visitor.get(&format!("/v1/products/{product}")).await.body;
            card["review_count"] == 1 && card["rating_tenths"] == 50
        })
        .await;
        let shown = visitor.get(&path).await;
        let summary = json!({ "count": 1, "rating_tenths": 50, "by_stars": [0, 0, 0, 0, 1], "with_pictures": 1 });
        assert_eq!((&shown.body["summary"], &shown.body["total"]), (&summary, &1.into()), "{shown:?}");
        let item = &shown.body["items"][0];
        assert_eq!((&item["author"], &item["avatar_url"], &item["text"]), (&"匿名用户".into(), &Value::Null, &good["text"]));
        assert!(item["user_id"].is_null() && item["order_id"].is_null(), "who wrote it is nobody's business: {item}");
        let named = visitor.get(&format!("/v1/products/{}/reviews", product_of(app, b.0).await)).await;
        assert_eq!(named.body["items"][0]["author"], format!("体验用户 {}", shopper.user()));

        let own = shopper.get("/v1/user/reviews?size=1").await;
        assert_eq!((ids(&own), &own.body["items"][0]["anonymous"]), (vec![second.body["id"].as_u64().unwrap()], &false.into()));
        let rest = shopper.get(&format!("/v1/user/reviews?size=1&cursor={}", own.body["next_cursor"].as_str().unwrap())).await;
        assert_eq!((ids(&rest), &rest.body["next_cursor"]), (vec![written.body["id"].as_u64().unwrap()], &Value::Null));
        assert_eq!(rest.body["items"][0]["product"]["id"], product);
    })
    .await;
}

#[actix_web::test]
async fn reviews_of_a_product_are_filtered_sorted_and_paged() {
    on_both_explained(
        |_| {},
        async |app| {
            let visitor = app.anonymous();
            let a = shelf(app).await[0];
            let mut written = Vec::new();
            for (stars, pictures) in [(5, json!([])), (2, json!(["https://img.example.com/2.jpg"])), (4, json!([]))] {
                let shopper = app.shopper();
                let order = paid(app, &shopper, 1, &[a]).await;
                received(app, &shopper, order, &[a.0]).await;
                let reply = review(&shopper, order, json!({ "sku_id": a.0, "stars": stars, "pictures": pictures })).await;
                written.push(reply.body["id"].as_u64().unwrap_or_else(|| panic!("{reply:?}")));
            }
            let [five, two, four] = written[..] else { unreachable!() };
            let path = format!("/v1/products/{}/reviews", product_of(app, a.0).await);
            until("all are counted", async || visitor.get(&path).await.body["summary"]["rating_tenths"] == 37).await;
            for (query, expected, total) in [
                ("", vec![four, two, five], Some(3)),
                ("?sort=best", vec![five, four, two], Some(3)),
                ("?stars=2", vec![two], Some(1)),
                ("?with_pictures=true", vec![two], Some(1)),
                ("?with_pictures=true&stars=5", vec![], None),
                ("?stars=3&sort=best", vec![], Some(0)),
            ] {
                let page = visitor.get(&format!("{path}{query}")).await;
                assert_eq!((ids(&page), page.body["total"].as_u64()), (expected, total), "{query}");
            }
            for sort in ["newest", "best"] {
                let (mut paged, mut cursor) = (Vec::new(), String::new());
                loop {
                    let page = visitor.get(&format!("{path}?size=1&sort={sort}{cursor}")).await;
                    paged.extend(ids(&page));
                    let Some(next) = page.body["next_cursor"].as_str() else { break };
                    cursor = format!("&cursor={next}");
                }
                assert_eq!(paged, ids(&visitor.get(&format!("{path}?sort={sort}")).await), "{sort}");
            }
            let behind_none = visitor.get(&format!("{path}?sort=best&cursor=999999999")).await;
            assert_eq!(behind_none.body["items"], json!([]));
            let bad = visitor.get(&format!("{path}?stars=6&with_pictures=maybe&sort=worst&size=0&x=1")).await;
            bad.is_problem(400, "validation_failed", &["x", "stars", "with_pictures", "sort", "size"]);
            visitor.get("/v1/products/999999/reviews").await.is_problem(404, "unknown_product", &["id"]);
            visitor.get("/v1/products/x/reviews").await.is_problem(400, "validation_failed", &["id"]);
        },
    )
    .await;
}

#[actix_web::test]
async fn what_is_moderated_is_seen_by_its_author_alone_until_it_is_shown() {
    on_both_explained(
        |config| config.reviews.moderation = true,
        async |app| {
            let (shopper, visitor) = (app.shopper(), app.anonymous());
            let a = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[a]).await;
            received(app, &shopper, order, &[a.0]).await;
            let written = review(&shopper, order, json!({ "sku_id": a.0, "stars": 4, "text": "好" })).await;
            assert_eq!((written.status.as_u16(), &written.body["status"]), (201, &"pending".into()), "{written:?}");
            let id = written.body["id"].as_u64().unwrap();
            let path = format!("/v1/products/{}/reviews", product_of(app, a.0).await);
            let counted = async |count: u64| {
                let page = visitor.get(&path).await;
                page.body["summary"]["count"] == count && ids(&page).len() as u64 == count
            };
            assert!(counted(0).await, "nobody else sees it");
            assert_eq!(shopper.get("/v1/user/reviews").await.body["items"][0]["status"], "pending");
            let (database, now) = (app.database().await, Timestamp::from_millis(1_800_000_000_000));
            assert!(service::set_shown(&database, id, true, now).await.unwrap().is_some());
            assert_eq!(service::set_shown(&database, id, true, now).await.unwrap(), None, "it is shown already");
            until("it is shown", async || counted(1).await).await;
            service::reply(&database, id, &"谢谢".to_owned().try_into().unwrap(), now).await.unwrap().unwrap();
            assert_eq!(visitor.get(&path).await.body["items"][0]["reply"]["text"], "谢谢");
            service::set_shown(&database, id, false, now).await.unwrap().unwrap();
            until("it is hidden", async || counted(0).await).await;
            assert!(matches!(service::set_shown(&database, 999_999, true, now).await, Err(service::ReviewError::Unknown(999_999))));
            database.close().await;
        },
    )
    .await;
}

#[actix_web::test]
async fn a_review_that_comes_too_late_or_makes_no_sense_is_refused() {
    on_both_explained(
        |_| {},
        async |app| {
            let shopper = app.shopper();
            let a = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[a]).await;
            received(app, &shopper, order, &[a.0]).await;
            app.caught_up().await;
            let pictures = |count: usize| vec!["https://img.example.com/1.jpg"; count];
            for (body, fields) in [
                (json!({ "stars": 5 }), vec!["sku_id"]),
                (json!({ "sku_id": a.0, "stars": 0 }), vec!["stars"]),
                (json!({ "sku_id": a.0, "stars": 6 }), vec!["stars"]),
                (json!({ "sku_id": a.0, "stars": 5, "text": "长".repeat(501) }), vec!["text"]),
                (json!({ "sku_id": a.0, "stars": 5, "text": "a\u{0}b" }), vec!["text"]),
                (json!({ "sku_id": a.0, "stars": 5, "pictures": pictures(10) }), vec!["pictures"]),
                (json!({ "sku_id": a.0, "stars": 5, "pictures": ["http://img.example.com/1.jpg"] }), vec!["pictures[0]"]),
                (json!({ "sku_id": a.0, "stars": 5, "x": 1 }), vec!["x"]),
            ] {
                review(&shopper, order, body).await.is_problem(422, "validation_failed", &fields);
            }
            let path = format!("/v1/orders/{order}/reviews");
            shopper.send(Method::POST, "/v1/orders/x/reviews", None, json!({ "sku_id": 1, "stars": 5 })).await.is_problem(
                400,
                "validation_failed",
                &["id"],
            );
            let database = app.database().await;
            let mut tx = database.begin().await.unwrap();
            let long_ago = Timestamp::from_millis(1_600_000_000_000);
            tx.execute("UPDATE orders SET completed_at = ? WHERE id = ?", vec![long_ago.into(), order.get().into()]).await.unwrap();
            tx.commit().await.unwrap();
            database.close().await;
            let late = shopper.send(Method::POST, &path, None, json!({ "sku_id": a.0, "stars": 5 })).await;
            late.is_problem(409, "review_closed", &[]);
            assert_eq!(shopper.get("/v1/user/reviews/pending").await.body["items"], json!([]));
        },
    )
    .await;
}

#[actix_web::test]
async fn the_back_office_lists_shows_hides_and_answers_from_the_command_line() {
    on_both_explained(
        |config| config.reviews.moderation = true,
        async |app| {
            let shopper = app.shopper();
            let a = shelf(app).await[0];
            let order = paid(app, &shopper, 1, &[a]).await;
            received(app, &shopper, order, &[a.0]).await;
            let id = review(&shopper, order, json!({ "sku_id": a.0, "stars": 4, "text": "好\n用" })).await.body["id"].as_u64().unwrap();
            let (_, listed) = mallcore(app, "review list --status pending").await;
            assert!(listed.contains(&format!("{id} ")) && listed.contains("4 stars") && listed.contains("  好 用"), "{listed}");
            is_done(&mallcore(app, &format!("review show {id} --wait")).await);
            is_done(&mallcore(app, &format!("review reply {id} --text 谢谢 --wait")).await);
            let (_, listed) = mallcore(app, &format!("review list --status shown --product {}", product_of(app, a.0).await)).await;
            assert!(listed.contains(&format!("{id} ")) && listed.contains("reply: 谢谢"), "{listed}");
            is_done(&mallcore(app, &format!("review hide {id} --wait")).await);
            assert!(mallcore(app, &format!("review hide {id}")).await.1.contains("nothing to change"));
            for (line, said) in [("review show 999999", "no review 999999"), ("review list --stars-max 6", "--stars-max")] {
                let (success, text) = mallcore(app, line).await;
                assert!(!success && text.contains(said), "{line}: {text}");
            }
            assert!(mallcore(app, "review list --status pending").await.1.contains("no review fits"));
        },
    )
    .await;
}
