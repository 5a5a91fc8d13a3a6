//! `token`: bearer tokens for trying out and for load generators.

use std::time::Duration;

use actix_web::rt::System;

use super::args::Token;
use super::out::Out;
use super::{CliError, only_for_trying_out, store};
use crate::features::accounts;
use crate::platform::auth::Verifier;
use crate::platform::config::Config;

/// Prints one token a line, under the version that the database has of each user's tokens: one printed after a log-out counts. Makes no key: one
/// that no server has would sign tokens that no server takes.
pub fn run(config: &Config, args: &Token, out: &mut Out) -> Result<(), CliError> {
    only_for_trying_out(config, "token")?;
    let verifier = Verifier::of_existing(config).map_err(|cause| CliError::failed("tokens cannot be signed", cause))?;
    let (first, last) = args.users.bounds();
    let versions = System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let versions = accounts::token_versions(&database, first, last).await;
        database.close().await;
        versions.map_err(|cause| CliError::failed("the users cannot be read", cause))
    })?;
    for user in args.users.users() {
        let version = versions.get(&user).copied().unwrap_or_default();
        let token = verifier.issue_under(user, version, Duration::from_secs(u64::from(args.lifetime_seconds)));
        out.line(format_args!("{}", token.map_err(|cause| CliError::failed("a token could not be signed", cause))?));
        if out.is_closed() {
            break;
        }
    }
    Ok(())
}
