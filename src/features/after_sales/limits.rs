//! What is due: a task that asks the database which cases have waited long enough and has time act on each. Late is safe: the case decides,
//! and one that moved meanwhile says so. Several processes may do it at once.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::after_sales::{Command, Status, Terms};
use mallcore_actors::engine::Engine;

use super::repository;
use super::service::{self, AfterSaleError};
use crate::platform::database::Database;
use crate::platform::error_chain;
use crate::platform::reads::{ANSWER_WITHIN, Reads};
use crate::platform::writes::Writes;

/// How often it asks: a read of an index that is mostly empty.
const EVERY: Duration = Duration::from_secs(1);
/// Cases that are taken at a time; more follow when it asks again.
const AT_A_TIME: u32 = 100;

/// Acts on what is due, for ever.
pub async fn keep_limits(engine: Arc<Engine>, reads: Arc<Reads>, writes: Arc<Writes>, terms: Terms) {
    // Where time does not approve, it only ends returns that were never sent.
    let acted_on: &[Status] =
        if terms.approves_by_time { &[Status::Applied, Status::AwaitingReturn, Status::Returning] } else { &[Status::AwaitingReturn] };
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        // A clock that is not trusted ends nothing.
        if engine.clock().frozen() {
            continue;
        }
        for status in acted_on {
            if let Err(cause) = act(&engine, &reads, &writes, &terms, *status).await {
                tracing::debug!("cases that are due cannot be acted on: {}", error_chain::of(&cause));
                break;
            }
        }
    }
}

async fn act(engine: &Engine, reads: &Reads, writes: &Writes, terms: &Terms, status: Status) -> Result<(), AfterSaleError> {
    let now = engine.clock().now();
    let due = reads.ask(ANSWER_WITHIN, async |database: &Database| repository::due(database, status, now, AT_A_TIME).await).await?;
    for id in due {
        let lapse = async |database: &Database| service::advance(database, id, None, &Command::Lapse, None, terms, now).await;
        match writes.write(lapse).await {
            Ok(written) => tracing::info!(after_sale.id = %id, "time acted on a case: it is {}", written.after_sale.case.status.name()),
            // It moved between the question and the answer.
            Err(AfterSaleError::Refused(_)) => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(())
}
