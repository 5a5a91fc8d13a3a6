//! An exchange that somebody deletes: it is declared anew, and everybody is told that its bindings are gone.

use mallcore::platform::readiness::Health;
use mallcore_actors::journal::Sequence;

use super::events::{append, follow, journal_of, record};
use super::rig::{Rig, SOON};
use crate::api::app::until;

#[tokio::test]
async fn a_deleted_exchange_is_told_until_somebody_is_bound_to_it_again() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(3));
    let target = rig.target();
    let status = target.status.clone();
    let handle = follow(target, folder.path(), &journal).unwrap();
    assert!(handle.reached(Sequence(3)).await);
    assert_eq!(status.check().health, Health::Pass, "the first time it is no loss that it was not there");
    rig.delete_exchange().await;
    append(&journal, 4..=6);
    assert!(handle.reached(Sequence(6)).await);
    let check = status.check();
    assert!(check.health == Health::Degraded && check.detail.contains("deleted"), "{check:?}");
    let mut heard = rig.hear("#").await;
    let last = journal.append(&record(7));
    heard.until("7").await;
    assert!(handle.reached(last).await);
    until("it is told to be over", async || status.check().health == Health::Pass).await;
}

#[tokio::test]
async fn an_exchange_that_is_deleted_while_the_shop_is_down_is_told_by_the_next_start() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(3));
    let handle = follow(rig.target(), folder.path(), &journal).unwrap();
    assert!(handle.reached(Sequence(3)).await);
    handle.stop(SOON).await;
    rig.delete_exchange().await;
    let target = rig.target();
    let status = target.status.clone();
    let handle = follow(target, folder.path(), &journal).unwrap();
    until("the loss is told", async || status.check().detail.contains("deleted")).await;
    handle.stop(SOON).await;
}
