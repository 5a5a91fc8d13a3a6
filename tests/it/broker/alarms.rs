//! A broker that is short of memory: it takes nothing and says so, and so do we.

use mallcore::doctor::Outcome;
use mallcore::platform::broker::{Outgoing, Publisher};
use mallcore::platform::readiness::Health;
use mallcore_actors::journal::Sequence;
use mallcore_actors::time::Timestamp;

use super::events::{append, follow, journal_of, sequences};
use super::node::Node;
use super::rig::{Rig, SOON};
use crate::api::app::until;
use crate::doctor::{broker_report, found};

#[tokio::test]
async fn an_alarm_is_told_and_nothing_is_lost_or_sent_twice() {
    let node = Node::start().await;
    let url = node.url("guest:guest", "%2f");
    let rig = Rig::at(url.clone()).await;
    let (folder, journal, target) = (tempfile::tempdir().unwrap(), journal_of(10), rig.target());
    let status = target.status.clone();
    let mut heard = rig.hear("#").await;
    let publisher = Publisher::spawn(target.clone(), "cold").unwrap();
    let handle = follow(target, folder.path(), &journal).unwrap();
    assert!(handle.reached(Sequence(10)).await);
    assert_eq!(found(&broker_report(&url, &rig.exchange).await, "broker", "alarm").outcome, Outcome::Pass);

    node.control(&["set_vm_memory_high_watermark", "0"]).await;
    append(&journal, 11..=20);
    let cold = Outgoing { id: "cold".into(), kind: "a.b".into(), occurred_at: Timestamp::default(), headers: vec![], body: vec![1] };
    let publishing = tokio::spawn(async move { publisher.publish(&cold).await });
    until("both publishers are told", async || {
        let check = status.check();
        let tells = |name: &str| check.detail.contains(&format!("{name} is blocked"));
        check.health == Health::Degraded && check.detail.contains("memory") && tells("rabbitmq") && tells("cold")
    })
    .await;
    let report = broker_report(&url, &rig.exchange).await;
    let alarm = found(&report, "broker", "alarm");
    assert!(alarm.outcome == Outcome::Fail && alarm.seen.contains("memory"), "{report}");
    assert_eq!(*handle.checkpoint.borrow(), Sequence(10));

    node.control(&["set_vm_memory_high_watermark", "0.9"]).await;
    assert!(handle.reached(Sequence(20)).await);
    tokio::time::timeout(SOON, publishing).await.expect("the cold event was not published").unwrap().unwrap();
    until("the alarm is over", async || status.check().health == Health::Pass).await;
    while heard.ids.len() < 21 {
        heard.next().await;
    }
    let mut ids: Vec<_> = heard.ids.iter().cloned().collect();
    ids.retain(|id| id != "cold");
    assert_eq!(ids, sequences(1..=20), "each once");
}
