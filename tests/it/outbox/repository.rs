//! The rows, on both engines.

use mallcore::platform::database::Database;
use mallcore::platform::outbox::repository::{self, Told};
use mallcore::platform::outbox::{AdjustStock, Destination, Message, StatusChanged, Wanted};
use mallcore_actors::ids::SkuId;
use mallcore_actors::stock::adjustment::{Delta, Operator, Reason};
use mallcore_actors::time::Timestamp;

use crate::database::scratch;

pub fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_795_451_405_000 + millis)
}

pub fn adjust(sku: u64, delta: i32) -> Message {
    Message::AdjustStock(AdjustStock {
        sku_id: SkuId::new(sku).unwrap(),
        wanted: Wanted::By(Delta::new(delta).unwrap()),
        reason: Reason::parse("盘点：it's 5; 😀").unwrap(),
        operator: Operator::parse("小王").unwrap(),
    })
}

pub fn shelve(product_id: u64) -> Message {
    Message::StatusChanged(StatusChanged { product_id, on_sale: true, operator: Operator::parse("小王").unwrap() })
}

pub async fn append(database: &Database, message: &Message, now: Timestamp) -> u64 {
    let mut tx = database.begin().await.unwrap();
    let id = mallcore::platform::outbox::append(&mut tx, message, now).await.unwrap();
    tx.commit().await.unwrap();
    id
}

pub async fn ids(database: &Database, destination: Destination) -> Vec<u64> {
    repository::pending(database, destination, 0, 100).await.unwrap().iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn ids_follow_the_commits_and_what_was_undone_leaves_no_gap() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        let mut first = database.begin().await.unwrap();
        assert_eq!(mallcore::platform::outbox::append(&mut first, &adjust(1, 1), at(0)).await.unwrap(), 1);
        let other = database.clone();
        let second = tokio::spawn(async move { append(&other, &adjust(2, 1), at(1)).await });
        first.commit().await.unwrap();
        assert_eq!(second.await.unwrap(), 2, "whoever commits later has the later id");
        let mut undone = database.begin().await.unwrap();
        assert_eq!(mallcore::platform::outbox::append(&mut undone, &adjust(1, 1), at(2)).await.unwrap(), 3);
        drop(undone);
        assert_eq!(append(database, &adjust(1, 2), at(3)).await, 3);
        let rows = repository::pending(database, Destination::Shop, 0, 100).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.aggregate.as_str()).collect::<Vec<_>>(), ["sku:1", "sku:2", "sku:1"]);
        assert_eq!(Message::read(&rows[2].kind, &rows[2].payload).unwrap(), adjust(1, 2));
        assert_eq!(rows[2].created_at, at(3));
    }
}

#[tokio::test]
async fn a_row_is_processed_when_every_destination_that_it_goes_to_has_had_it() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        assert_eq!((append(database, &adjust(1, 1), at(0)).await, append(database, &shelve(7), at(1)).await), (1, 2));
        assert_eq!(ids(database, Destination::Shop).await, [1, 2]);
        assert_eq!(ids(database, Destination::Events).await, [2], "an adjustment is decided by its actor, and told by the journal");
        let told = Told { outcome: "done", detail: "{}".to_owned() };
        for (id, destination, told) in [
            (1, Destination::Shop, Some(told.clone())),
            (2, Destination::Events, None),
            (2, Destination::Shop, Some(told.clone())),
            (2, Destination::Cache, None),
        ] {
            assert!(repository::unprocessed(database, 10).await.unwrap().iter().any(|entry| entry.id == id));
            repository::mark(database, id, destination, told, at(5)).await.unwrap();
            // A second relay that comes late changes nothing.
            repository::mark(database, id, destination, Some(Told { outcome: "late", detail: String::new() }), at(9)).await.unwrap();
        }
        assert_eq!(repository::unprocessed(database, 10).await.unwrap(), []);
        let entry = repository::by_id(database, 2).await.unwrap().unwrap();
        assert_eq!((entry.outcome.as_deref(), entry.had_at), (Some("done"), [Some(at(5)); 3]));
        let (backlogs, parked) = repository::backlogs(database).await.unwrap();
        assert!(parked == 0 && backlogs.iter().all(|backlog| backlog.rows == 0 && backlog.since.is_none()));
    }
}

#[tokio::test]
async fn a_parked_row_holds_up_what_comes_later_of_its_aggregate_and_nothing_else() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        for message in [adjust(1, 1), adjust(2, 1), adjust(1, 2), adjust(1, 3)] {
            append(database, &message, at(0)).await;
        }
        repository::park(database, 3, &"why ".repeat(300), at(1)).await.unwrap();
        assert_eq!(ids(database, Destination::Shop).await, [1, 2]);
        assert_eq!(repository::backlogs(database).await.unwrap().1, 1);
        let first = &repository::unprocessed(database, 1).await.unwrap()[0];
        assert!(first.id == 3 && first.parked.as_ref().unwrap().starts_with("why why"), "{first:?}");
        assert!(!repository::retry(database, 2).await.unwrap(), "only a parked row");
        assert!(repository::retry(database, 3).await.unwrap());
        assert_eq!(ids(database, Destination::Shop).await, [1, 2, 3, 4]);
        repository::park(database, 3, "again", at(2)).await.unwrap();
        assert!(repository::discard(database, 3, at(3)).await.unwrap());
        assert_eq!(ids(database, Destination::Shop).await, [1, 2, 4]);
        let discarded = repository::by_id(database, 3).await.unwrap().unwrap();
        assert_eq!((discarded.outcome.as_deref(), discarded.parked), (Some("discarded"), None));
    }
}

#[tokio::test]
async fn only_processed_rows_are_removed_some_at_a_time_and_their_ids_never_come_back() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        for id in 1..=5 {
            append(database, &adjust(id, 1), at(id)).await;
        }
        for id in [1, 2, 3, 5] {
            repository::mark(database, id, Destination::Shop, None, at(10 + id)).await.unwrap();
        }
        assert_eq!(repository::remove(database, at(13), 1).await.unwrap(), 1);
        assert_eq!(repository::remove(database, at(13), 500).await.unwrap(), 1);
        assert_eq!(repository::remove(database, at(13), 500).await.unwrap(), 0, "3 is not old enough, 4 not processed");
        assert_eq!(repository::remove(database, at(99), 500).await.unwrap(), 2);
        assert_eq!(ids(database, Destination::Shop).await, [4]);
        assert_eq!(append(database, &adjust(1, 1), at(20)).await, 6);
    }
}
