//! The journal on the broker: everything, in order, through breaks, restarts and refusals.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lapin::ExchangeKind;
use mallcore::platform::broker::{Events, PlaceError, Target};
use mallcore::platform::projection::{Projector, ProjectorHandle, ProjectorSettings, State, registrations};
use mallcore_actors::facts::Record;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::orders::{IdsFact, IdsReserved};
use mallcore_actors::time::Timestamp;

use super::proxy::{Door, Proxy};
use super::rig::{Rig, SOON, address, id};
use crate::database::journal::MemoryJournal;

pub fn record(number: u64) -> Record {
    let at = Timestamp::from_millis(1_795_451_405_007 + number);
    Record::system(at, IdsFact::Reserved(IdsReserved { first: number, count: 1 }))
}

pub fn append(journal: &MemoryJournal, numbers: RangeInclusive<u64>) {
    for number in numbers {
        journal.append(&record(number));
    }
}

pub fn journal_of(records: u64) -> Arc<MemoryJournal> {
    let journal = Arc::new(MemoryJournal::new());
    append(&journal, 1..=records);
    journal
}

pub fn follow(target: Target, folder: &Path, journal: &Arc<MemoryJournal>) -> Result<ProjectorHandle, PlaceError> {
    follow_as(ProjectorSettings::default(), target, folder, journal)
}

fn follow_as(
    settings: ProjectorSettings,
    target: Target,
    folder: &Path,
    journal: &Arc<MemoryJournal>,
) -> Result<ProjectorHandle, PlaceError> {
    Ok(publish(settings, open(target, folder, journal)?, journal))
}

pub fn open(target: Target, folder: &Path, journal: &Arc<MemoryJournal>) -> Result<Events, PlaceError> {
    let port: Arc<dyn Journal> = Arc::clone(journal) as _;
    let [registration] = registrations(&port);
    Events::open(target, folder, port, registration, mallcore::features::document)
}

pub fn publish(settings: ProjectorSettings, events: Events, journal: &Arc<MemoryJournal>) -> ProjectorHandle {
    let settings = ProjectorSettings { batch_records_max: 100, linger: Duration::ZERO, ..settings };
    Projector::follow(settings, events, Arc::clone(journal) as _).unwrap()
}

pub fn sequences(records: RangeInclusive<u64>) -> Vec<String> {
    records.map(|sequence| sequence.to_string()).collect()
}

pub async fn is(handle: &ProjectorHandle, what: &str, wanted: impl FnMut(&State) -> bool) -> State {
    let mut state = handle.state.clone();
    let found = tokio::time::timeout(SOON, state.wait_for(wanted)).await;
    found.unwrap_or_else(|_| panic!("never {what}: {:?}", handle.state.borrow())).unwrap().clone()
}

#[tokio::test]
async fn what_is_published_is_the_journal_in_order() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(1_000));
    let mut heard = rig.hear("ids.#").await;
    let handle = follow(rig.target(), folder.path(), &journal).unwrap();
    let first = heard.next().await;
    assert_eq!(first.routing_key.as_str(), "ids.reserved");
    let body: serde_json::Value = serde_json::from_slice(&first.data).unwrap();
    assert_eq!((body["data"]["first_id"].as_u64(), body["journal"].as_str()), (Some(1), Some(&*journal.identity().uuid.to_string())));
    heard.until("1000").await;
    assert_eq!(heard.ids, sequences(1..=1_000));
    let last = journal.append(&record(1_001));
    assert!(handle.reached(last).await);
    assert_eq!(handle.stop(SOON).await, last);
    assert_eq!(*journal.released.lock().unwrap(), last, "the journal may let go of what is in the checkpoint's file");
}

#[tokio::test]
async fn a_restart_goes_on_behind_the_checkpoint() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(10));
    let mut heard = rig.hear("#").await;
    let handle = follow(rig.target(), folder.path(), &journal).unwrap();
    assert!(handle.reached(Sequence(10)).await);
    handle.stop(SOON).await;
    append(&journal, 11..=20);
    let handle = follow(rig.target(), folder.path(), &journal).unwrap();
    assert!(handle.reached(Sequence(20)).await);
    heard.until("20").await;
    assert_eq!(heard.ids, sequences(1..=20), "no repeats after a stop, and no gap");
}

#[tokio::test]
async fn a_broken_connection_leaves_no_gap() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(50));
    let mut heard = rig.hear("#").await;
    let proxy = Proxy::to(address(), Door::Open).await;
    let handle = follow(rig.target_through(&proxy.address.to_string()), folder.path(), &journal).unwrap();
    let mut number = 50;
    for _ in 0..5 {
        (0..500).for_each(|_| {
            number += 1;
            journal.append(&record(number));
        });
        // In the middle of what was just written.
        heard.next().await;
        proxy.set(Door::Shut);
        is(&handle, "noticed", |state| matches!(state, State::Retrying(_))).await;
        proxy.set(Door::Open);
        is(&handle, "back", |state| *state == State::Following).await;
    }
    let last = journal.append(&record(number + 1));
    assert!(handle.reached(last).await);
    heard.until(&last.to_string()).await;
    // Repeats begin again at an earlier record and go on from there: without them it is the journal.
    let (mut next, mut repeats) = (1, 0);
    for id in heard.ids.iter().map(|id| id.parse::<u64>().unwrap()) {
        assert!(id <= next, "{id} came before {next}");
        repeats += u64::from(id < next);
        next = next.max(id + 1);
    }
    assert_eq!(next, last.0 + 1, "{repeats} repeats");
}

#[tokio::test]
async fn a_broker_that_hangs_is_told_of_while_it_is_still_waited_for() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(10));
    let mut heard = rig.hear("#").await;
    let proxy = Proxy::to(address(), Door::Open).await;
    let settings = ProjectorSettings { silent_after: Duration::from_millis(200), ..ProjectorSettings::default() };
    let handle = follow_as(settings, rig.target_through(&proxy.address.to_string()), folder.path(), &journal).unwrap();
    assert!(handle.reached(Sequence(10)).await);
    proxy.set(Door::Hanging);
    append(&journal, 11..=20);
    is(&handle, "silent", |state| matches!(state, State::Retrying(reason) if reason.contains("no answer"))).await;
    proxy.set(Door::Open);
    assert!(handle.reached(Sequence(20)).await);
    is(&handle, "back", |state| *state == State::Following).await;
    heard.until("20").await;
}

#[tokio::test]
async fn a_burst_is_published_when_enough_of_it_waits_and_the_rest_when_it_is_over() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(1));
    let mut heard = rig.hear("#").await;
    let settings = ProjectorSettings { burst_per_second: Some(1), urgent_above: 400, eased_below: 100_000, ..ProjectorSettings::default() };
    let handle = follow_as(settings, rig.target(), folder.path(), &journal).unwrap();
    let mut last = 1;
    while *handle.checkpoint.borrow() < Sequence(200) {
        last += 1;
        journal.append(&record(last));
        // The burst's pace.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(last < 100_000, "nothing is published while the burst lasts");
    }
    assert!(handle.reached(Sequence(last)).await);
    heard.until(&last.to_string()).await;
}

#[tokio::test]
async fn a_broker_that_goes_away_is_noticed_while_a_burst_is_let_pass() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(1));
    let proxy = Proxy::to(address(), Door::Open).await;
    let settings = ProjectorSettings { burst_per_second: Some(1), urgent_above: 1_000_000, ..ProjectorSettings::default() };
    let handle = follow_as(settings, rig.target_through(&proxy.address.to_string()), folder.path(), &journal).unwrap();
    let shoppers = Arc::clone(&journal);
    let burst = tokio::spawn(async move {
        for number in 2.. {
            shoppers.append(&record(number));
            // The burst's pace.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    for _ in 0..2 {
        proxy.set(Door::Shut);
        is(&handle, "noticed", |state| matches!(state, State::Retrying(_))).await;
        proxy.set(Door::Open);
        is(&handle, "back", |state| *state == State::Following).await;
    }
    let published = *handle.checkpoint.borrow();
    assert!(published < Sequence(100), "the burst was not let pass: {published} records are published");
    burst.abort();
    let last = journal.append(&record(1));
    assert!(handle.reached(last).await, "what waited is published after the burst");
}

#[tokio::test]
async fn a_broker_that_is_away_at_start_is_waited_for() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(3));
    let mut heard = rig.hear("#").await;
    let proxy = Proxy::to(address(), Door::Shut).await;
    let handle = follow(rig.target_through(&proxy.address.to_string()), folder.path(), &journal).unwrap();
    is(&handle, "waiting", |state| matches!(state, State::Retrying(_))).await;
    assert_eq!(*journal.released.lock().unwrap(), Sequence::ZERO, "nothing is let go of that the broker does not have");
    proxy.set(Door::Open);
    assert!(handle.reached(Sequence(3)).await);
    heard.until("3").await;
    assert_eq!(heard.ids, sequences(1..=3));
}

#[tokio::test]
async fn messages_without_a_queue_are_published_all_the_same() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(300));
    let handle = follow(rig.target(), folder.path(), &journal).unwrap();
    assert!(handle.reached(Sequence(300)).await);
}

#[tokio::test]
async fn an_exchange_of_another_kind_is_told_as_a_refusal() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(1));
    rig.declare(ExchangeKind::Direct).await;
    let handle = follow(rig.target(), folder.path(), &journal).unwrap();
    is(&handle, "refused", |state| matches!(state, State::Refused(reason) if reason.contains("declare the exchange"))).await;
}

#[tokio::test]
async fn a_record_that_cannot_be_read_halts_behind_the_one_before_it() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(2));
    let mut heard = rig.hear("#").await;
    journal.enqueue(&[1, 200, 200]).unwrap();
    journal.append(&record(4));
    let handle = follow(rig.target(), folder.path(), &journal).unwrap();
    let State::Halted(reason) = is(&handle, "halted", |state| matches!(state, State::Halted(_))).await else { unreachable!() };
    assert!(reason.contains("record 3") && reason.contains("journal inspect --from 3"), "{reason}");
    assert_eq!(*handle.checkpoint.borrow(), Sequence(2));
    heard.until("2").await;
}

#[tokio::test]
async fn what_does_not_belong_together_refuses_to_start() {
    let (rig, folder) = (Rig::new().await, tempfile::tempdir().unwrap());
    let journal = journal_of(10);
    let handle = follow(rig.target(), folder.path(), &journal).unwrap();
    assert!(handle.reached(Sequence(10)).await);
    handle.stop(SOON).await;
    let other = journal_of(10);
    let foreign = follow(rig.target(), folder.path(), &other).unwrap_err();
    assert!(matches!(foreign, PlaceError::Foreign { .. }) && foreign.to_string().contains("remove the file"), "{foreign}");
    let mut shorter = MemoryJournal::new();
    shorter.identity = journal.identity();
    let ahead = follow(rig.target(), folder.path(), &Arc::new(shorter)).unwrap_err();
    assert!(matches!(ahead, PlaceError::Ahead { stored: Sequence(10), end: Sequence(0), .. }), "{ahead}");
    let mut later = MemoryJournal::new();
    (later.identity, later.first) = (journal.identity(), Sequence(12));
    append(&later, 1..=12);
    let gap = follow(rig.target(), folder.path(), &Arc::new(later)).unwrap_err();
    assert!(matches!(gap, PlaceError::Gap { stored: Sequence(10), first: Sequence(12), .. }), "{gap}");
    std::fs::write(folder.path().join("broker-checkpoint.json"), "{").unwrap();
    let unreadable = follow(rig.target(), folder.path(), &journal).unwrap_err();
    assert!(matches!(unreadable, PlaceError::Unreadable { .. }), "{unreadable}");
}

#[tokio::test]
async fn the_journal_keeps_what_the_slowest_needs() {
    let journal = journal_of(9);
    let port: Arc<dyn Journal> = Arc::clone(&journal) as _;
    let [database, broker] = registrations(&port);
    database.reached(Sequence(7));
    assert_eq!(*journal.released.lock().unwrap(), Sequence::ZERO);
    broker.reached(Sequence(4));
    assert_eq!(*journal.released.lock().unwrap(), Sequence(4));
    broker.reached(Sequence(9));
    assert_eq!(*journal.released.lock().unwrap(), Sequence(7));
}

#[tokio::test]
async fn a_large_lag_is_worked_off_at_normal_priority_and_calm_returns() {
    let (rig, folder, journal) = (Rig::new().await, tempfile::tempdir().unwrap(), journal_of(2_000));
    let mut heard = rig.hear("#").await;
    let port: Arc<dyn Journal> = Arc::clone(&journal) as _;
    let [registration] = registrations(&port);
    let events = Events::open(rig.target(), folder.path(), Arc::clone(&port), registration, mallcore::features::document).unwrap();
    let settings = ProjectorSettings { batch_records_max: 100, urgent_above: 500, ..ProjectorSettings::default() };
    let handle = Projector::follow(settings, events, port).unwrap();
    assert!(handle.reached(Sequence(2_000)).await);
    let last = journal.append(&record(2_001));
    assert!(handle.reached(last).await);
    let delivered = heard.until("2001").await;
    assert_eq!(delivered.iter().map(id).collect::<Vec<_>>(), sequences(1..=2_001), "no repeat though the thread and connection changed");
}
