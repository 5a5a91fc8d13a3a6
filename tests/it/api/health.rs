use mallcore::platform::config;

use super::app::{Sale, TestApp, until};
use super::engines::on_both;
use crate::broker::rig::Rig;

#[actix_web::test]
async fn a_server_that_can_sell_is_ready() {
    on_both(
        |_| {},
        async |app| {
            assert_eq!(app.anonymous().get("/health/live").await.status, 200);
            assert_eq!(app.anonymous().get("/health/ready").await.status, 200);
            // It can sell before the last of its projections has reached the database.
            until("every part passes", async || app.anonymous().get("/health/ready").await.body["status"] == "pass").await;
            let ready = app.anonymous().get("/health/ready").await;
            let clock = ready.body["checks"].as_array().unwrap().iter().find(|check| check["part"] == "clock").unwrap();
            assert!(clock["detail"].as_str().unwrap().starts_with("within"), "{clock}");
        },
    )
    .await;
}

#[actix_web::test]
async fn a_broker_whose_exchange_was_deleted_is_degraded_and_the_shop_sells() {
    let rig = Rig::new().await;
    let target = rig.target();
    let app = TestApp::with(Sale { quota: 10, limit: 1 }, |config| {
        config.broker = Some(config::Broker { url: target.url, exchange: target.exchange });
    })
    .await;
    let check = async |part: &str| {
        let ready = app.anonymous().get("/health/ready").await;
        assert_eq!(ready.status, 200);
        let checks = ready.body["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["part"] == part).unwrap_or_default()
    };
    until("events are published", async || {
        let detail = check("rabbitmq").await["detail"].as_str().unwrap().to_owned();
        detail.contains(" 0 records behind") && detail.contains("Following")
    })
    .await;
    assert_eq!(check("broker").await["health"], "pass");
    rig.delete_exchange().await;
    assert_eq!(app.shopper().buy(1, "key").await.status, 201);
    until("the loss is told", async || check("broker").await["health"] == "degraded").await;
    assert!(check("broker").await["detail"].as_str().unwrap().contains("bind the queues again"));
}
