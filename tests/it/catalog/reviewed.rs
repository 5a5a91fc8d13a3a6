//! Ratings and what is bought together after a restart, on both engines: from the rows and from the journal.

use mallcore::demo::seed::{SeedOptions, seed};
use mallcore::features::catalog::snapshot::Rating;
use mallcore::features::recommendations::Recommendations;
use mallcore::features::reviews::Ratings;
use mallcore::features::reviews::model::{Opinion, Status};
use mallcore::features::reviews::service::{NewReview, submit};
use mallcore::reconcile::reconcile;
use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::time::Timestamp;

use super::counts::{basket, pay};
use super::running::Running;
use crate::api::app::until;
use crate::database::scratch;

fn review(number: u64, product: u64, stars: u8) -> NewReview {
    NewReview {
        user: UserId::new(1).unwrap(),
        order: OrderId::new(900_000 + number).unwrap(),
        sku: 1,
        product,
        spec: String::new(),
        opinion: Opinion { stars, content: Some("好".into()), pictures: Vec::new(), is_anonymous: false },
    }
}

fn related(running: &Running, product: u64) -> Vec<u64> {
    let body = running.shop.provided::<Recommendations>().unwrap().related(&running.catalog.current().unwrap(), product, 5);
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    body["items"].as_array().unwrap().iter().map(|card| card["id"].as_u64().unwrap()).collect()
}

#[actix_web::test]
async fn a_restart_shows_the_same_ratings_and_the_same_partners() {
    for scratch in scratch::both().await {
        let now = Timestamp::from_millis(1_795_451_405_000);
        seed(&scratch.database, SeedOptions::default(), now).await.unwrap();
        let mut running = Running::open(scratch).await;
        let rated = |running: &Running, product| running.shop.provided::<Ratings>().unwrap().of(product).rating();
        running.shows("a demo product is rated", 60, |entry| entry.counted.rating.count == 3).await;
        for (number, stars) in [(1, 5), (2, 4), (3, 4)] {
            let new = review(number, 200, stars);
            let written = submit(&running.scratch.database, &new, Status::Shown, 90, now).await.unwrap();
            let again = submit(&running.scratch.database, &new, Status::Shown, 90, now).await.unwrap();
            assert!(written.is_new && !again.is_new && written.review == again.review, "{again:?}");
        }
        submit(&running.scratch.database, &review(4, 200, 1), Status::Pending, 90, now).await.unwrap();
        let is_rated = |rating: Rating| (rating.count, rating.stars, rating.tenths()) == (3, 13, Some(43));
        running.shows("reviews of another process are counted", 200, |entry| is_rated(entry.counted.rating)).await;
        // The first SKUs of the demo are those of its first products.
        let skus = |running: &Running, product: u64| running.catalog.product(product).unwrap().product.skus[0].id.get();
        let (first, second) = (skus(&running, 2), skus(&running, 7));
        for number in 1..=2 {
            let user = UserId::new(number).unwrap();
            let bought = basket(&running, user, number as u8, &[(first, 1), (second, 1)]).await;
            pay(&running, user, &bought, number).await;
        }
        until("they are bought together", async || related(&running, 2)[0] == 7 && related(&running, 7)[0] == 2).await;
        let before = related(&running, 2);
        for is_projected in [false, true] {
            if is_projected {
                until("the rows have everything", async || running.shop.projection_lag() == 0).await;
            }
            running = running.killed_and_restarted().await;
            until("the partners are the same", async || related(&running, 2) == before).await;
            running.shows("the ratings are the same", 200, |entry| is_rated(entry.counted.rating)).await;
            assert!(is_rated(rated(&running, 200)));
        }
        until("the rows have everything", async || running.shop.projection_lag() == 0).await;
        assert_eq!(reconcile(&running.scratch.database).await.unwrap().differences, Vec::<String>::new());
        running.stop().await;
    }
}
