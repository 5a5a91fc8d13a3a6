//! `refund`: money that is on its way back to shoppers, and what a person decides about refunds that do not get on.

use actix_web::rt::System;
use clap::Subcommand;

use super::out::Out;
use super::{CliError, store};
use crate::features::payments::refunds::repository;
use crate::platform::config::Config;
use crate::platform::rfc3339::Rfc3339;

/// What `refund` can do.
#[derive(Debug, Subcommand)]
pub enum RefundCommand {
    /// Show refunds that are not done, those first that have waited longest
    List {
        /// Only those that do not get on by themselves, or have failed before
        #[arg(long)]
        stuck: bool,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        count: u64,
    },
    /// Ask WeChat Pay again for one that is not done: under another number if it has closed it
    Retry {
        /// Number of the refund in the shop
        refund_no: String,
    },
}

/// Carries the command out.
pub fn run(config: &Config, command: &RefundCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let failed = |cause| CliError::failed("the refunds cannot be read or changed", cause);
        let done = match command {
            RefundCommand::List { stuck, count } => {
                let refunds = repository::unfinished(&database, *stuck, *count).await.map_err(failed)?;
                if refunds.is_empty() {
                    out.line(format_args!("no money waits to go back"));
                }
                for refund in refunds {
                    out.line(format_args!(
                        "{} {} order {} {} fen: {}, {} requests in vain",
                        refund.no,
                        Rfc3339::from(refund.created_at),
                        refund.order,
                        refund.amount.fen(),
                        refund.state.name(),
                        refund.tries
                    ));
                    if let Some(problem) = refund.problem {
                        out.line(format_args!("  {problem}"));
                    }
                }
                Ok(())
            }
            RefundCommand::Retry { refund_no } => match repository::retry(&database, refund_no, store::now()).await.map_err(failed)? {
                true => {
                    out.line(format_args!("refund {refund_no} is asked for again by the running server"));
                    Ok(())
                }
                false => Err(CliError::Argument(format!("no refund {refund_no} waits"))),
            },
        };
        database.close().await;
        done
    })
}
