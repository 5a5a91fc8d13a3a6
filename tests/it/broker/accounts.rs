//! An account with the rights that docs/OPERATIONS.md names is enough, a lesser one is told which right it lacks, and names may be odd.

use lapin::ExchangeKind;
use mallcore::doctor::{Outcome, Report};
use mallcore::platform::projection::State;
use mallcore_actors::journal::Sequence;

use super::events::{follow, is, journal_of};
use super::node::Node;
use super::rig::{Rig, SOON};
use crate::doctor::{broker_report, found};

#[track_caller]
fn outcomes(report: &Report) -> [Outcome; 3] {
    ["exchange", "may declare", "may publish"].map(|check| found(report, "broker", check).outcome)
}

#[tokio::test]
async fn a_missing_right_is_named_and_the_documented_ones_are_enough() {
    let node = Node::start().await;
    node.control(&["add_vhost", "a/b"]).await;
    node.control(&["set_permissions", "-p", "a/b", "guest", ".*", ".*", ".*"]).await;
    node.control(&["add_user", "mall", "p/w@:%#?"]).await;
    node.control(&["set_permissions", "-p", "a/b", "mall", "", "", ""]).await;
    let rig = Rig::at(node.url("guest:guest", "a%2Fb")).await;
    let url = node.url("mall:p%2Fw%40%3A%25%23%3F", "a%2Fb");
    let (folder, journal) = (tempfile::tempdir().unwrap(), journal_of(3));

    let none = broker_report(&url, &rig.exchange).await;
    assert_eq!(found(&none, "broker", "exchange").outcome, Outcome::Warn, "{none}");
    assert_eq!(found(&none, "broker", "may publish").outcome, Outcome::Fail, "{none}");
    rig.declare(ExchangeKind::Topic).await;
    let report = broker_report(&url, &rig.exchange).await;
    let pattern = format!("^{}$", rig.exchange.replace('.', "\\."));
    for check in ["may declare", "may publish"] {
        let finding = found(&report, "broker", check);
        let command = format!("rabbitmqctl set_permissions -p 'a/b' 'mall' '{pattern}' '{pattern}' ''");
        assert!(finding.outcome == Outcome::Fail && finding.remedy.as_ref().unwrap().contains(&command), "{finding:?}");
    }
    assert!(!report.to_string().contains("p/w"), "{report}");
    let refused = follow(rig.target_as(url.clone()), folder.path(), &journal).unwrap();
    is(&refused, "refused", |state| matches!(state, State::Refused(reason) if reason.contains("access to exchange"))).await;
    refused.stop(SOON).await;

    node.control(&["set_permissions", "-p", "a/b", "mall", &pattern, &pattern, ""]).await;
    let report = broker_report(&url, &rig.exchange).await;
    assert_eq!((outcomes(&report), found(&report, "broker", "alarm").outcome), ([Outcome::Pass; 3], Outcome::Pass), "{report}");
    let handle = follow(rig.target_as(url), folder.path(), &journal).unwrap();
    assert!(handle.reached(Sequence(3)).await);
    handle.stop(SOON).await;
}

#[tokio::test]
async fn an_exchange_of_another_kind_is_found_by_the_doctor() {
    let rig = Rig::new().await;
    rig.declare(ExchangeKind::Fanout).await;
    let report = broker_report(rig.target().url.expose(), &rig.exchange).await;
    let finding = found(&report, "broker", "exchange");
    assert!(finding.outcome == Outcome::Fail && finding.remedy.as_ref().unwrap().contains("RABBITMQ_EXCHANGE"), "{report}");
}
