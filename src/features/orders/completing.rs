//! Orders complete by themselves some days after they were sent: a task that asks the database which are due and sends each the command.
//! Late is safe: the order decides, and an order that was completed meanwhile says so.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::engine::Engine;
use mallcore_actors::kernel::Provenance;
use mallcore_actors::orders::OrdersHandle;
use mallcore_actors::time::Timestamp;

use super::repository;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// How often it asks, at most and at least: a hundredth of the time after which orders complete.
const EVERY_MAX_MILLIS: u64 = 60_000;
const EVERY_MIN_MILLIS: u64 = 100;
/// Orders that are completed at a time; more follow when it asks again.
const AT_A_TIME: u32 = 200;

/// Completes what is due, for ever.
pub async fn keep_completing(engine: Arc<Engine>, commands: OrdersHandle, reads: Arc<Reads>) {
    let after = engine.rules.auto_complete_after_millis;
    let mut tick = tokio::time::interval(Duration::from_millis((after / 100).clamp(EVERY_MIN_MILLIS, EVERY_MAX_MILLIS)));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let sent_by = Timestamp::from_millis(engine.clock().now().millis().saturating_sub(after));
        let ask = async |database: &_| repository::on_their_way(database, sent_by, AT_A_TIME).await;
        let due = match reads.ask(ANSWER_WITHIN, ask).await {
            Ok(due) => due,
            Err(error) => {
                tracing::debug!("orders that are due to complete cannot be asked for: {}", crate::platform::error_chain::of(&error));
                continue;
            }
        };
        for (user, order) in due {
            // Whoever cannot be completed now is asked for again.
            if let Err(unavailable) = commands.auto_complete(Provenance::SYSTEM, user, order).await {
                tracing::debug!("order {order} is not completed now: {unavailable}");
                break;
            }
        }
    }
}
