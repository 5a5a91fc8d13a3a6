//! Shards over actix: what is loaded is complete, and a shard that died loses nothing (B1 to B3).

use std::sync::Arc;
use std::time::Duration;

use actix_rt::System;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::shards::Shards;
use mallcore_actors::kernel::{Provenance, Tail};
use mallcore_actors::refusal::{Refusal, Unavailable};

use super::registry::{Ground, until};
use super::sum::{Add, NO_ROW, Panic, Sum, Tell, commit_elsewhere, read, records};

const OFTEN: Duration = Duration::from_millis(1);
const NEVER: Duration = Duration::from_secs(3_600);

fn shards(ground: &Ground, shards: usize, idle_check: Duration, tail: Tail<Sum>) -> Shards<Sum> {
    let loader = Arc::clone(&ground.rows) as _;
    let shards = Shards::new(shards, ground.common(), loader, idle_check, (tail, Sequence::ZERO), ground.projected.subscribe());
    shards.live_on(ground.thread.handle());
    shards
}

#[test]
fn a_shard_serves_many_keys_and_lets_go_of_idle_ones() {
    System::new().block_on(async {
        let ground = Ground::new();
        let shards = shards(&ground, 3, OFTEN, Tail::default());
        for key in 1..20 {
            assert_eq!(shards.ask(key, Provenance::SHOPPER, Add(key as u32)).await, Ok(Ok(key)));
        }
        assert_eq!(shards.ask(5, Provenance::SHOPPER, Panic).await, Err(Unavailable::OutcomeUnknown));
        assert_eq!(shards.ask(NO_ROW, Provenance::SHOPPER, Tell).await, Ok(Err(Refusal::UnknownItem)));
        let of_keys = || ground.rows.loads().into_iter().filter(|load| load.0 < NO_ROW).count();
        assert_eq!(of_keys(), 19, "they are ahead of the database, so they stay");
        ground.project();
        until(|| ground.gauges.value("mallcore_actors_resident") == 0.0).await;
        for key in 1..20 {
            assert_eq!(shards.ask(key, Provenance::SHOPPER, Tell).await, Ok(Ok(key)));
        }
        assert_eq!(of_keys(), 38);
        assert_eq!(ground.gauges.value("mallcore_mailbox_messages"), 0.0);
    });
}

#[test]
fn what_the_database_lacked_at_start_is_applied_to_its_rows() {
    System::new().block_on(async {
        let ground = Ground::new();
        commit_elsewhere(&ground.recorder, 1, 5);
        ground.project();
        commit_elsewhere(&ground.recorder, 1, 7);
        commit_elsewhere(&ground.recorder, 2, 9);
        let tail = Tail::default();
        for committed in records(&ground.journal).into_iter().skip(1) {
            tail.push(read(&committed.record.fact).0, committed);
        }
        let shards = shards(&ground, 2, OFTEN, tail);
        assert_eq!(shards.ask(1, Provenance::SHOPPER, Add(1)).await, Ok(Ok(13)));
        assert_eq!(shards.ask(2, Provenance::SHOPPER, Tell).await, Ok(Ok(9)));
        ground.project();
        until(|| ground.gauges.value("mallcore_actors_resident") == 0.0).await;
        assert_eq!(shards.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(13)), "the tail was added to a row that has it");
        assert_eq!(shards.ask(2, Provenance::SHOPPER, Tell).await, Ok(Ok(9)));
    });
}

#[test]
fn a_shard_that_died_is_followed_by_one_that_waits_for_the_database() {
    System::new().block_on(async {
        let ground = Ground::new();
        let shards = shards(&ground, 1, NEVER, Tail::default());
        assert_eq!(shards.ask(1, Provenance::SHOPPER, Add(5)).await, Ok(Ok(5)));
        ground.rows.damage(2, 1);
        // The damaged row ends the shard; whoever asked for it is asked again of the successor, which does not read older rows.
        assert_eq!(shards.ask(2, Provenance::SHOPPER, Tell).await, Err(Unavailable::Warming));
        assert_eq!(shards.ask(1, Provenance::SHOPPER, Tell).await, Err(Unavailable::Warming));
        assert_eq!(ground.rows.loads(), [(1, Sequence::ZERO), (2, Sequence::ZERO)]);
        ground.project();
        assert_eq!(shards.ask(1, Provenance::SHOPPER, Tell).await, Ok(Ok(5)));
        assert_eq!(shards.ask(2, Provenance::SHOPPER, Tell).await, Ok(Ok(0)));
        assert_eq!(ground.gauges.value("mallcore_mailbox_messages"), 0.0);
    });
}
