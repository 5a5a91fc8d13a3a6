//! The rows of shipping, on both engines.

use mallcore::features::shipping::carriers;
use mallcore::features::shipping::uploads::repository::{self, Upload, UploadStatus};
use mallcore::features::shipping::uploads::schedule::Next;
use mallcore::platform::database::Database;
use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::time::Timestamp;

use crate::database::scratch;

const USER: u64 = 3;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_795_451_405_000 + millis)
}

fn order(id: u64) -> (UserId, OrderId) {
    (UserId::new(USER).unwrap(), OrderId::new(id).unwrap())
}

async fn want(database: &Database, id: u64, version: u32, now: Timestamp) {
    repository::want(database, order(id), version, now).await.unwrap();
}

async fn settle(database: &Database, told: &Upload, next: Next, now: Timestamp) {
    repository::settle(database, told, (&next, Some([7; 16])), now).await.unwrap();
}

async fn due(database: &Database, now: Timestamp) -> Option<Upload> {
    repository::due(database, now).await.unwrap()
}

#[tokio::test]
async fn an_order_is_due_until_its_newest_version_was_told() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        assert_eq!(due(database, at(0)).await, None);
        want(database, 7, 3, at(0)).await;
        want(database, 7, 2, at(1)).await;
        let first = due(database, at(2)).await.unwrap();
        assert_eq!((first.wanted_version, first.attempts, first.wanted_at), (3, 0, at(0)), "an older one changes nothing");
        // A parcel more is sent while the first is being told.
        want(database, 7, 4, at(3)).await;
        settle(database, &first, Next::Done, at(4)).await;
        let second = due(database, at(5)).await.unwrap();
        assert_eq!((second.wanted_version, second.fingerprint), (4, None), "what was told of an older version ends nothing");
        settle(database, &second, Next::Done, at(6)).await;
        assert_eq!(due(database, at(1_000_000)).await, None);
        want(database, 7, 5, at(7)).await;
        let third = due(database, at(8)).await.unwrap();
        assert_eq!((third.wanted_version, third.fingerprint), (5, Some([7; 16])), "what was told last is remembered");
    }
}

#[tokio::test]
async fn what_fails_waits_and_what_is_refused_waits_for_a_person() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        want(database, 7, 3, at(0)).await;
        want(database, 8, 3, at(1)).await;
        let first = due(database, at(2)).await.unwrap();
        assert_eq!(first.order, order(7).1, "the one that waits longest");
        repository::begin(database, first.order, at(2)).await.unwrap();
        assert!(due(database, at(2)).await.unwrap().is_uncertain, "sent, and not answered yet");
        let later = Next::Later { pause_millis: 5_000, is_uncertain: true, problem: "忙".repeat(600) };
        settle(database, &first, later, at(3)).await;
        let other = due(database, at(4)).await.unwrap();
        assert_eq!(other.order, order(8).1);
        settle(database, &other, Next::Failed { problem: "errcode 10060004: m".to_owned() }, at(4)).await;
        assert_eq!(due(database, at(5_002)).await, None);
        let again = due(database, at(5_003)).await.unwrap();
        assert_eq!((again.attempts, again.is_uncertain, again.problem.unwrap().chars().count()), (1, true, 500));
        let backlog = repository::backlog(database).await.unwrap();
        assert_eq!((backlog.waiting, backlog.failed, backlog.oldest), (1, 1, Some(at(0))));
        let failed = repository::listed(database, UploadStatus::Failed, 10).await.unwrap();
        assert_eq!(failed.len(), 1);
        assert_eq!((failed[0].order, failed[0].problem.as_deref()), (order(8).1, Some("errcode 10060004: m")));
        repository::retry(database, order(8), 3, at(6)).await.unwrap();
        repository::retry(database, order(9), 2, at(7)).await.unwrap();
        let retried = due(database, at(10)).await.unwrap();
        assert_eq!((retried.order, retried.attempts, retried.is_uncertain), (order(8).1, 0, true));
        repository::nothing(database, &retried, at(11)).await.unwrap();
        assert_eq!(due(database, at(12)).await.unwrap().order, order(9).1, "an order that was never noted is noted");
        repository::postpone(database, order(9).1, at(500)).await.unwrap();
        assert_eq!(due(database, at(13)).await, None);
    }
}

#[tokio::test]
async fn the_large_carriers_are_there_with_their_codes() {
    for scratch in scratch::both().await {
        let all = carriers::all(&scratch.database).await.unwrap();
        let codes: Vec<&str> = all.iter().map(|carrier| carrier.code.as_str()).collect();
        assert_eq!(codes, ["SF", "JD", "ZTO", "YTO", "STO", "YUNDA", "JTSD", "EMS", "YZPY", "DBL", "PICKUP"]);
        let yunda = all.iter().find(|carrier| carrier.code == "YUNDA").unwrap();
        assert_eq!((yunda.wechat_id.as_deref(), yunda.kuaidi100_code.as_deref()), (Some("YD"), Some("yunda")));
        let pick_up = all.last().unwrap();
        assert_eq!((&pick_up.wechat_id, &pick_up.kuaidi100_code, pick_up.name.as_str()), (&None, &None, "到店自提"));
    }
}
