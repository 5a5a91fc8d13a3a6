//! `outbox`: what has not been carried out yet, and what a person decides about rows that never can be.

use actix_web::rt::System;
use clap::Subcommand;

use super::out::Out;
use super::{CliError, store};
use crate::platform::config::Config;
use crate::platform::outbox::Destination;
use crate::platform::outbox::repository;
use crate::platform::rfc3339::Rfc3339;

/// What `outbox` can do.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// Show what has not been carried out everywhere, parked rows first
    List {
        /// At most so many rows
        #[arg(long, default_value_t = 100)]
        count: u64,
    },
    /// Let a parked row try again
    Retry {
        /// Id of the row
        id: u64,
    },
    /// Give a parked row up: nobody will carry it out
    Discard {
        /// Id of the row
        id: u64,
    },
}

/// Carries the command out.
pub fn run(config: &Config, command: &OutboxCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let failed = |cause| CliError::failed("the outbox cannot be read or changed", cause);
        let done = match *command {
            OutboxCommand::List { count } => {
                let entries = repository::unprocessed(&database, count).await.map_err(failed)?;
                if entries.is_empty() {
                    out.line(format_args!("nothing waits"));
                }
                for entry in entries {
                    let waiting: Vec<_> = Destination::ALL.iter().filter(|to| !entry.has_reached(**to)).map(|to| to.name()).collect();
                    out.line(format_args!(
                        "{} {} {} {} waits for {}, {} attempts",
                        entry.id,
                        Rfc3339::from(entry.created_at),
                        entry.kind,
                        entry.aggregate,
                        waiting.join(" and "),
                        entry.attempts
                    ));
                    if let Some(reason) = entry.parked {
                        out.line(format_args!("  PARKED, and all later rows of {} behind it: {reason}", entry.aggregate));
                    }
                }
                Ok(())
            }
            OutboxCommand::Retry { id } => {
                repository::retry(&database, id).await.map_err(failed).and_then(|found| was_parked(id, found, out))
            }
            OutboxCommand::Discard { id } => {
                repository::discard(&database, id, store::now()).await.map_err(failed).and_then(|found| was_parked(id, found, out))
            }
        };
        database.close().await;
        done
    })
}

fn was_parked(id: u64, found: bool, out: &mut Out) -> Result<(), CliError> {
    if found {
        out.line(format_args!("row {id} of the outbox does not hold up its aggregate any more"));
        Ok(())
    } else {
        Err(CliError::Argument(format!("no row {id} of the outbox is parked")))
    }
}
