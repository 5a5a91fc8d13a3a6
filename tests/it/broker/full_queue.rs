//! A queue with a limit and overflow=reject-publish: what it refuses waits, and the queues that are well are left in peace.

use std::cell::RefCell;
use std::collections::BTreeSet;

use mallcore::platform::broker::{Outgoing, PublishError, Publisher};
use mallcore::platform::projection::State;
use mallcore::platform::readiness::Health;
use mallcore_actors::journal::Sequence;
use mallcore_actors::time::Timestamp;

use super::events::{follow, is, journal_of, record, sequences};
use super::rig::{Rig, id};
use crate::api::app::until;

#[tokio::test]
async fn what_a_full_queue_refuses_waits_and_healthy_queues_do_not_get_the_batch_again() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(50));
    let mut healthy = rig.hear("#").await;
    let narrow = rig.narrow("ids.#", 5).await;
    let target = rig.target();
    let status = target.status.clone();
    let handle = follow(target, folder.path(), &journal).unwrap();
    is(&handle, "refused", |state| matches!(state, State::Retrying(reason) if reason.contains("full queue"))).await;
    let check = status.check();
    assert!(check.health == Health::Degraded && check.detail.contains("full queue"), "{check:?}");
    assert!(*handle.checkpoint.borrow() < Sequence(50), "what a queue lacks counts as published");
    for expected in sequences(1..=50) {
        assert_eq!(id(&healthy.next().await), expected);
    }
    let again = [id(&healthy.next().await), id(&healthy.next().await)];
    assert_eq!(again[0], again[1], "one message asks whether the queue takes it");
    // Its consumer comes back.
    let taken = RefCell::new(BTreeSet::new());
    until("it has all of them", async || {
        while let Some(id) = narrow.take().await {
            taken.borrow_mut().insert(id);
        }
        taken.borrow().len() == 50
    })
    .await;
    assert!(handle.reached(Sequence(50)).await);
    until("nothing is refused any more", async || status.check().health == Health::Pass).await;
    let last = journal.append(&record(51));
    assert!(handle.reached(last).await);
    healthy.until("51").await;
    // About two for each that was refused, and one for each pause.
    assert!(healthy.ids.len() < 51 * 4, "{:?}", healthy.ids);
}

#[tokio::test]
async fn a_cold_event_that_a_full_queue_refuses_is_not_published_and_breaks_no_connection() {
    let rig = Rig::new().await;
    let narrow = rig.narrow("#", 1).await;
    let target = rig.target();
    let status = target.status.clone();
    let publisher = Publisher::spawn(target, "test").unwrap();
    let message = |id: &str| Outgoing {
        id: id.to_owned(),
        kind: "product.updated".into(),
        occurred_at: Timestamp::default(),
        headers: vec![],
        body: b"{}".to_vec(),
    };
    publisher.publish(&message("1")).await.unwrap();
    let refused = publisher.publish(&message("2")).await;
    assert!(matches!(refused, Err(PublishError::Full)), "{refused:?}");
    assert_eq!(status.check().health, Health::Degraded);
    assert_eq!(narrow.take().await.as_deref(), Some("1"));
    until("it is taken", async || publisher.publish(&message("2")).await.is_ok()).await;
    assert_eq!(status.check().health, Health::Pass);
}
