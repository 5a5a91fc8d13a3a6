//! Agreements, and who accepted which version.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::app::{Person, Reply};
use super::world::World;

async fn publish(world: &World, kind: &str, version: u32) {
    let now = mallcore_actors::time::Timestamp::from_millis(1_790_000_000_000 + u64::from(version));
    let published = mallcore::features::accounts::agreements::publish(&world.app.database().await, kind, "标题", "内容", now).await;
    assert_eq!(published.unwrap(), version);
}

async fn accept(person: &Person<'_>, kind: &str, version: u64) -> Reply {
    person.send(Method::POST, "/v1/user/agreements", None, json!({ "kind": kind, "version": version })).await
}

#[actix_web::test]
async fn the_newest_version_is_in_force_and_its_first_acceptance_stands() {
    for world in World::both().await {
        let newest = |body: &Value, kind: &str| {
            body["items"].as_array().unwrap().iter().find(|item| item["kind"] == kind).and_then(|item| item["version"].as_u64())
        };
        let before = world.app.anonymous().get("/v1/agreements").await;
        assert_eq!((before.status.as_u16(), newest(&before.body, "returns")), (200, None));
        publish(&world, "returns", 1).await;
        publish(&world, "returns", 2).await;
        let listed = world.app.anonymous().get("/v1/agreements").await.body;
        assert_eq!(newest(&listed, "returns"), Some(2));
        let login = world.log_in(None).await;
        let shopper = world.holder(&login);
        let first = accept(&shopper, "returns", 2).await;
        assert_eq!((first.status.as_u16(), &first.body["version"]), (200, &2.into()));
        assert_eq!(accept(&shopper, "returns", 2).await.body, first.body, "the first one stands");
        accept(&shopper, "returns", 1).await.is_problem(409, "agreement_outdated", &[]);
        accept(&shopper, "returns", 3).await.is_problem(404, "unknown_agreement", &[]);
        accept(&shopper, "nonsense", 1).await.is_problem(404, "unknown_agreement", &[]);
        accept(&shopper, "returns", 0).await.is_problem(422, "validation_failed", &["version"]);
        accept(&world.app.anonymous(), "returns", 2).await.is_problem(401, "token_missing", &["Authorization"]);
        publish(&world, "returns", 3).await;
        accept(&shopper, "returns", 2).await.is_problem(409, "agreement_outdated", &[]);
        assert_eq!(accept(&shopper, "returns", 3).await.status, 200);
    }
}
