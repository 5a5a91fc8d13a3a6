//! Single messages: confirmed or not, through breaks and refusals.

use std::time::Instant;

use lapin::ExchangeKind;
use mallcore::platform::broker::{Outgoing, PublishError, Publisher};
use mallcore_actors::time::Timestamp;

use super::proxy::{Door, Proxy};
use super::rig::{Rig, SOON, address};

fn message(id: &str) -> Outgoing {
    Outgoing {
        id: id.to_owned(),
        kind: "product.updated".into(),
        occurred_at: Timestamp::from_millis(1_795_451_405_007),
        headers: vec![("journal", "none".to_owned())],
        body: br#"{"price_fen":1999}"#.to_vec(),
    }
}

/// Publishes under the same id until it is confirmed, as a relay does.
async fn insist(publisher: &Publisher, id: &str) {
    let begin = Instant::now();
    while let Err(error) = publisher.publish(&message(id)).await {
        assert!(begin.elapsed() < SOON, "{error}");
    }
}

#[tokio::test]
async fn a_message_arrives_as_it_was_meant() {
    let rig = Rig::new().await;
    let mut heard = rig.hear("product.*").await;
    let publisher = Publisher::spawn(rig.target(), "test").unwrap();
    publisher.publish(&message("outbox-7")).await.unwrap();
    let delivery = heard.next().await;
    assert_eq!(delivery.routing_key.as_str(), "product.updated");
    assert_eq!(delivery.data, message("").body);
    let properties = &delivery.properties;
    assert_eq!(properties.message_id().as_ref().unwrap().as_str(), "outbox-7");
    assert_eq!(properties.kind().as_ref().unwrap().as_str(), "product.updated");
    assert_eq!(properties.delivery_mode(), &Some(2), "persistent");
    assert_eq!(properties.content_type().as_ref().unwrap().as_str(), "application/json");
    assert_eq!(properties.timestamp(), &Some(1_795_451_405));
    assert!(properties.headers().as_ref().unwrap().inner().contains_key("journal"));
}

#[tokio::test]
async fn a_message_without_a_queue_counts_as_published() {
    let rig = Rig::new().await;
    let publisher = Publisher::spawn(rig.target(), "test").unwrap();
    publisher.publish(&message("1")).await.unwrap();
}

#[tokio::test]
async fn many_callers_share_the_connection() {
    let rig = Rig::new().await;
    let mut heard = rig.hear("#").await;
    let publisher = Publisher::spawn(rig.target(), "test").unwrap();
    let callers = (0..300).map(|id| {
        let publisher = publisher.clone();
        tokio::spawn(async move { publisher.publish(&message(&id.to_string())).await })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap().unwrap();
    }
    for _ in 0..300 {
        heard.next().await;
    }
    let mut ids: Vec<u32> = heard.ids.iter().map(|id| id.parse().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..300).collect::<Vec<_>>());
}

#[tokio::test]
async fn it_comes_back_after_a_break() {
    let rig = Rig::new().await;
    let mut heard = rig.hear("#").await;
    let proxy = Proxy::to(address(), Door::Shut).await;
    let publisher = Publisher::spawn(rig.target_through(&proxy.address.to_string()), "test").unwrap();
    let away = publisher.publish(&message("0")).await;
    assert!(matches!(away, Err(PublishError::Unavailable(_))), "{away:?}");
    proxy.set(Door::Open);
    insist(&publisher, "1").await;
    proxy.set(Door::Shut);
    let cut = publisher.publish(&message("2")).await;
    assert!(matches!(cut, Err(PublishError::Unavailable(_))), "{cut:?}");
    proxy.set(Door::Open);
    insist(&publisher, "2").await;
    heard.until("2").await;
    assert_eq!(heard.ids, ["1", "2"]);
}

#[tokio::test]
async fn an_exchange_of_another_kind_is_a_refusal() {
    let rig = Rig::new().await;
    rig.declare(ExchangeKind::Fanout).await;
    let publisher = Publisher::spawn(rig.target(), "test").unwrap();
    let refused = publisher.publish(&message("1")).await;
    assert!(matches!(&refused, Err(PublishError::Refused(reason)) if reason.contains("declare the exchange")), "{refused:?}");
}

#[tokio::test]
async fn a_wrong_password_is_a_refusal() {
    let rig = Rig::new().await;
    let mut target = rig.target();
    target.url = mallcore::platform::config::Secret::new(target.url.expose().replace("guest:guest", "guest:nobody-knows"));
    let publisher = Publisher::spawn(target, "test").unwrap();
    let refused = publisher.publish(&message("1")).await;
    assert!(matches!(refused, Err(PublishError::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn a_broker_that_takes_connections_and_says_nothing_is_let_go_of() {
    let rig = Rig::new().await;
    let proxy = Proxy::to(address(), Door::Hanging).await;
    let publisher = Publisher::spawn(rig.target_through(&proxy.address.to_string()), "test").unwrap();
    let silent = publisher.publish(&message("1")).await;
    assert!(matches!(silent, Err(PublishError::Unavailable(_))), "{silent:?}");
    proxy.has_guests(0).await;
}
