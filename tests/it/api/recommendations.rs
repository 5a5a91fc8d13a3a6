//! Recommendations over real HTTP: what is bought together, what one shopper may like, and never what cannot be bought.

use std::collections::BTreeSet;

use mallcore::features::catalog::edits;
use mallcore_actors::ids::SkuId;
use mallcore_actors::stock::adjustment::Operator;
use mallcore_actors::time::Timestamp;
use reqwest::Method;
use reqwest::header::IF_NONE_MATCH;

use super::app::{Reply, until};
use super::checkout::shelf;
use super::engines::on_both_explained;
use super::reviews::paid;

fn ids(reply: &Reply) -> Vec<u64> {
    reply.body["items"].as_array().unwrap_or_else(|| panic!("{reply:?}")).iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

#[track_caller]
fn each_once(products: &[u64], count: usize) {
    assert_eq!((products.len(), products.iter().collect::<BTreeSet<_>>().len()), (count, count), "{products:?}");
}

#[actix_web::test]
async fn what_is_bought_together_is_shown_together_and_liked_by_who_looks() {
    on_both_explained(
        |_| {},
        async |app| {
            let visitor = app.anonymous();
            // Far from each other in the catalogue, so that only an order brings them together.
            let a = shelf(app).await[0];
            let far = app.catalog().product(100).unwrap();
            let b = (far.product.skus[0].id.get(), far.product.paid(far.product.skus[0].price).fen());
            let product = |sku: u64| app.catalog().sku(SkuId::new(sku).unwrap()).unwrap().product.id.get();
            let (one, other) = (product(a.0), product(b.0));
            assert_ne!(one, other);
            let path = format!("/v1/products/{one}/related");
            let before = ids(&visitor.get(&format!("{path}?size=12")).await);
            each_once(&before, 12);
            assert!(!before.contains(&one), "never the product itself");
            let categories = app.catalog().current().unwrap();
            let category = |product: u64| categories.product(product).unwrap().product.category;
            assert!(before[..4].iter().all(|product| category(*product) == category(one)), "filled up from its own category first");

            let buyers = [app.shopper(), app.shopper()];
            for buyer in &buyers {
                paid(app, buyer, 1, &[a, b]).await;
            }
            for (of, partner) in [(one, other), (other, one)] {
                let path = format!("/v1/products/{of}/related");
                until("they are shown together", async || ids(&visitor.get(&path).await)[0] == partner).await;
                each_once(&ids(&visitor.get(&path).await), 10);
            }
            let first = visitor.get(&path).await;
            let again = Reply::of(visitor.request(Method::GET, &path).header(IF_NONE_MATCH, first.header("etag"))).await;
            assert!(again.status == 304 || again.header("etag") != first.header("etag"), "{again:?}");

            let popular = ids(&visitor.get("/v1/recommendations?size=50").await);
            each_once(&popular, 50);
            until("what sells comes first", async || {
                let first: BTreeSet<u64> = ids(&visitor.get("/v1/recommendations?size=2").await).into_iter().collect();
                first == BTreeSet::from([one, other])
            })
            .await;
            let looking = app.shopper();
            assert_eq!(looking.get(&format!("/v1/products/{one}")).await.status, 200);
            until("a look leads to what is bought with it", async || ids(&looking.get("/v1/recommendations").await)[0] == other).await;
            assert!(!ids(&looking.get("/v1/recommendations").await).contains(&one), "what one knows is not shown first");
            app.caught_up().await;
            until("what was bought is not shown again", async || {
                let liked = ids(&buyers[0].get("/v1/recommendations?size=50").await);
                liked.len() == 50 && !liked.contains(&one) && !liked.contains(&other)
            })
            .await;
            assert_eq!(buyers[0].get("/v1/recommendations").await.header("cache-control"), "private, no-cache");

            let database = app.database().await;
            let now = Timestamp::from_millis(1_900_000_000_000);
            edits::set_status(&database, other, false, &Operator::parse("小王").unwrap(), now).await.unwrap().unwrap();
            database.close().await;
            until("what is off the shelf is shown nowhere", async || {
                let lists = [path.as_str(), "/v1/recommendations?size=50"].map(|path| visitor.get(path));
                let [related, popular] = lists;
                !ids(&related.await).contains(&other) && !ids(&popular.await).contains(&other)
            })
            .await;
            assert!(!ids(&looking.get("/v1/recommendations?size=50").await).contains(&other));
            visitor.get(&format!("/v1/products/{other}/related")).await.is_problem(404, "unknown_product", &["id"]);
            visitor.get("/v1/products/0/related").await.is_problem(400, "validation_failed", &["id"]);
            visitor.get(&format!("{path}?size=0&x=1")).await.is_problem(400, "validation_failed", &["x", "size"]);
            visitor.get("/v1/recommendations?size=51").await.is_problem(400, "validation_failed", &["size"]);
            let stranger = app.holder_of("no token").get("/v1/recommendations").await;
            assert_eq!(stranger.status, 200, "a bad token is none: {stranger:?}");
        },
    )
    .await;
}
