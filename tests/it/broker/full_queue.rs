//! A queue with a limit and overflow=reject-publish: what it refuses is set aside and sent again until it accepts it; the queues that are
//! well get newer events meanwhile.

use std::cell::RefCell;
use std::collections::BTreeSet;

use mallcore::platform::broker::Status;
use mallcore::platform::outbox::ToBroker;
use mallcore::platform::outbox::ports::{Event, EventsOut, Failure};
use mallcore::platform::projection::{ProjectorSettings, State};
use mallcore::platform::readiness::Health;
use mallcore_actors::journal::Sequence;
use mallcore_actors::time::Timestamp;

use super::events::{append, follow, is, journal_of, open, publish, record, sequences};
use super::proxy::{Door, Proxy};
use super::rig::{Heard, Narrow, Rig, SOON, address};
use crate::api::app::until;

/// Takes what is in the queue, and what comes, until it had all of the first so many.
async fn take_all(narrow: &Narrow, records: u64) {
    let taken = RefCell::new(BTreeSet::new());
    until("the queue has had all of them", async || {
        while let Some(id) = narrow.take().await {
            taken.borrow_mut().insert(id);
        }
        sequences(1..=records).iter().all(|id| taken.borrow().contains(id))
    })
    .await;
}

async fn are_set_aside(status: &Status, messages: usize) {
    let text = format!("{messages} messages");
    until("they are set aside", async || status.check().health == Health::Degraded && status.check().detail.contains(&text)).await;
}

/// Each event came for the first time in its order, and none is missing.
fn assert_no_gap(heard: &Heard, records: u64) {
    let mut seen = BTreeSet::new();
    let first_times: Vec<_> = heard.ids.iter().filter(|id| seen.insert((*id).clone())).cloned().collect();
    assert_eq!(first_times, sequences(1..=records));
}

#[tokio::test]
async fn the_other_queues_get_newer_events_and_the_full_one_gets_all_of_them_later() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(50));
    let mut healthy = rig.hear("#").await;
    let narrow = rig.narrow("ids.#", 5).await;
    let target = rig.target();
    let status = target.status.clone();
    let handle = follow(target, folder.path(), &journal).unwrap();
    are_set_aside(&status, 45).await;
    assert!(status.check().detail.contains("full queue"), "{:?}", status.check());
    append(&journal, 51..=80);
    healthy.until("80").await;
    are_set_aside(&status, 75).await;
    assert_eq!(*handle.checkpoint.borrow(), Sequence(5), "what a queue lacks counts as published");
    assert_eq!(*handle.state.borrow(), State::Following);
    // Its consumer comes back.
    take_all(&narrow, 80).await;
    assert!(handle.reached(Sequence(80)).await);
    until("nothing is refused any more", async || status.check().health == Health::Pass).await;
    let last = journal.append(&record(81));
    assert!(handle.reached(last).await);
    healthy.until("81").await;
    assert_no_gap(&healthy, 81);
    // Each once, about twice more for each that was refused, and one for each pause.
    assert!(healthy.ids.len() < 81 * 4, "{:?}", healthy.ids);
}

#[tokio::test]
async fn a_restart_while_a_queue_is_full_begins_at_the_oldest_that_it_refused() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(20));
    let mut healthy = rig.hear("#").await;
    let narrow = rig.narrow("ids.#", 5).await;
    let target = rig.target();
    let status = target.status.clone();
    let handle = follow(target, folder.path(), &journal).unwrap();
    are_set_aside(&status, 15).await;
    assert_eq!(handle.stop(SOON).await, Sequence(5));
    assert_eq!(*journal.released.lock().unwrap(), Sequence(5), "the journal keeps what is to be sent again");
    append(&journal, 21..=30);
    let handle = follow(rig.target(), folder.path(), &journal).unwrap();
    healthy.until("30").await;
    assert_no_gap(&healthy, 30);
    take_all(&narrow, 30).await;
    assert!(handle.reached(Sequence(30)).await);
    assert_eq!(handle.stop(SOON).await, Sequence(30));
    assert_eq!(*journal.released.lock().unwrap(), Sequence(30));
}

#[tokio::test]
async fn a_new_connection_does_not_repeat_what_is_set_aside() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(50));
    let mut healthy = rig.hear("#").await;
    let narrow = rig.narrow("ids.#", 5).await;
    let proxy = Proxy::to(address(), Door::Open).await;
    let target = rig.target_through(&proxy.address.to_string());
    let status = target.status.clone();
    let handle = follow(target, folder.path(), &journal).unwrap();
    are_set_aside(&status, 45).await;
    for last in [60, 70] {
        proxy.set(Door::Shut);
        is(&handle, "noticed", |state| matches!(state, State::Retrying(_))).await;
        proxy.set(Door::Open);
        is(&handle, "back", |state| *state == State::Following).await;
        append(&journal, last - 9..=last);
        healthy.until(&last.to_string()).await;
        are_set_aside(&status, last as usize - 5).await;
    }
    assert_no_gap(&healthy, 70);
    let repeated = healthy.ids.iter().filter(|id| *id != "6").count();
    assert_eq!(repeated, 69, "only the oldest is sent again: {:?}", healthy.ids);
    take_all(&narrow, 70).await;
    assert!(handle.reached(Sequence(70)).await);
}

#[tokio::test]
async fn newer_events_wait_when_as_many_are_set_aside_as_may_be() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(50));
    let mut healthy = rig.hear("#").await;
    let narrow = rig.narrow("ids.#", 5).await;
    let events = open(rig.target(), folder.path(), &journal).unwrap().setting_aside_at_most(10);
    let handle = publish(ProjectorSettings::default(), events, &journal);
    is(&handle, "held", |state| matches!(state, State::Retrying(reason) if reason.contains("full queue"))).await;
    healthy.until("15").await;
    assert!(!healthy.ids.iter().any(|id| id == "16"));
    take_all(&narrow, 50).await;
    assert!(handle.reached(Sequence(50)).await);
    is(&handle, "back", |state| *state == State::Following).await;
    healthy.until("50").await;
    assert_no_gap(&healthy, 50);
}

#[tokio::test]
async fn a_cold_event_that_a_full_queue_refuses_holds_up_no_other_and_is_offered_again_with_pauses() {
    let rig = Rig::new().await;
    let mut healthy = rig.hear("#").await;
    let narrow = rig.narrow("#", 1).await;
    let target = rig.target();
    let status = target.status.clone();
    let broker = ToBroker::spawn(target).unwrap();
    let offer = async |row: u64| {
        let (id, at) = (row.to_string(), Timestamp::default());
        broker.publish(Event { row, id, kind: "product.updated", at, body: "{}".to_owned() }).await
    };
    offer(1).await.unwrap();
    for row in [2, 3] {
        let refused = offer(row).await;
        assert!(matches!(refused, Err(Failure::SetAside { is_attempt: true, .. })), "{refused:?}");
        healthy.until(&row.to_string()).await;
    }
    let too_early = offer(2).await;
    assert!(matches!(too_early, Err(Failure::SetAside { is_attempt: false, .. })), "{too_early:?}");
    are_set_aside(&status, 2).await;
    for (before, row) in [("1", 2), ("2", 3)] {
        assert_eq!(narrow.take().await.as_deref(), Some(before));
        until("it is accepted", async || offer(row).await.is_ok()).await;
    }
    assert_eq!(status.check().health, Health::Pass);
}
