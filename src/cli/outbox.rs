//! `outbox`: what has not been carried out yet, and what a person decides about rows that never can be.

use actix_web::rt::System;

use super::args::OutboxCommand;
use super::{CliError, store};
use crate::config::Config;
use crate::outbox::Destination;
use crate::outbox::repository;
use crate::rfc3339::Rfc3339;

/// Carries the command out.
pub fn run(config: &Config, command: &OutboxCommand) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::ready_database(config).await?;
        let failed = |cause| CliError::failed("the outbox cannot be read or changed", cause);
        let done = match *command {
            OutboxCommand::List { count } => {
                let entries = repository::unprocessed(&database, count).await.map_err(failed)?;
                if entries.is_empty() {
                    println!("nothing waits");
                }
                for entry in entries {
                    let waiting: Vec<_> = Destination::ALL.iter().filter(|to| !entry.has_reached(**to)).map(|to| to.name()).collect();
                    println!(
                        "{} {} {} {} waits for {}, {} attempts",
                        entry.id,
                        Rfc3339::from(entry.created_at),
                        entry.kind,
                        entry.aggregate,
                        waiting.join(" and "),
                        entry.attempts
                    );
                    if let Some(reason) = entry.parked {
                        println!("  PARKED, and all later rows of {} behind it: {reason}", entry.aggregate);
                    }
                }
                Ok(())
            }
            OutboxCommand::Retry { id } => repository::retry(&database, id).await.map_err(failed).and_then(|found| was_parked(id, found)),
            OutboxCommand::Discard { id } => {
                repository::discard(&database, id, store::now()).await.map_err(failed).and_then(|found| was_parked(id, found))
            }
        };
        database.close().await;
        done
    })
}

fn was_parked(id: u64, found: bool) -> Result<(), CliError> {
    if found {
        println!("row {id} of the outbox does not hold up its aggregate any more");
        Ok(())
    } else {
        Err(CliError::Argument(format!("no row {id} of the outbox is parked")))
    }
}
