//! Sales slow down, and stop, when what follows the journal is too far behind; what needs no new order goes on.

use std::sync::Arc;

use mallcore_actors::lag::PARTS;

use super::app::{Sale, TestApp, until};

fn plan(records_max: u64) -> impl FnOnce(&mut mallcore::platform::config::Config) {
    move |config| {
        config.storage.projection_paused = true;
        config.rate_limits.enabled = false;
        config.lag.database_records_max = records_max;
    }
}

async fn check(app: &TestApp, part: &str) -> (u16, String) {
    let ready = app.anonymous().get("/health/ready").await;
    let checks = ready.body["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["part"] == part).unwrap_or_else(|| panic!("no {part} in {ready:?}"));
    (ready.status.as_u16(), found["health"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn a_spent_budget_refuses_fresh_purchases_only() {
    let app = TestApp::with(Sale { quota: 100, limit: 5 }, plan(6)).await;
    let first = app.shopper();
    let order = first.buy(1, "first").await;
    assert_eq!(order.status, 201, "{order:?}");
    // Ids, quota and orders are records, too: some more purchases, then the budget is spent.
    until("a purchase is refused", async || app.shopper().buy(1, "more").await.body["code"] == "lag_full").await;
    let refused = first.buy(1, "second").await;
    refused.is_problem(503, "lag_full", &[]);
    assert_eq!(refused.header("retry-after"), "10");
    assert_eq!(check(&app, "database").await, (503, "fail".to_owned()), "a node that cannot sell is not ready");
    assert_eq!(first.buy(1, "first").await.status, 200, "a repeat has its answer");
    assert_eq!(first.get("/v1/orders").await.status, 200);
    let id = order.body["order_id"].as_u64().unwrap();
    assert_eq!(first.post(&format!("/v1/orders/{id}/cancel")).await.status, 200, "closing makes room");
    app.resume_projection();
    app.caught_up().await;
    until("it sells again", async || first.buy(1, "second").await.status == 201).await;
    until("it is ready again", async || check(&app, "database").await == (200, "pass".to_owned())).await;
}

#[actix_web::test]
async fn near_the_end_of_the_budget_some_are_let_in_and_some_are_not() {
    let app = Arc::new(TestApp::with(Sale { quota: 1_000, limit: 5 }, plan(400)).await);
    let mut bought = 0;
    until("one is turned away", async || app.shopper().buy(1, "key").await.body["code"] == "lag_shed").await;
    let mut codes = Vec::new();
    for _ in 0..PARTS {
        let answer = app.shopper().buy(1, "key").await;
        bought += u32::from(answer.status == 201);
        codes.extend(answer.body["code"].as_str().map(str::to_owned));
    }
    assert!(bought > 0 && codes.iter().all(|code| code == "lag_shed") && !codes.is_empty(), "{bought} bought, {codes:?}");
    assert_eq!(check(&app, "database").await, (200, "degraded".to_owned()));
    app.resume_projection();
}
