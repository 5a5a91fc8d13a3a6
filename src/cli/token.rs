//! `token`: bearer tokens for trying out and for load generators.

use std::time::Duration;

use super::args::Token;
use super::out::Out;
use super::{CliError, only_for_trying_out};
use crate::platform::auth::Verifier;
use crate::platform::config::Config;

/// Prints one token a line. Makes no key: one that no server has would sign tokens that no server takes.
pub fn run(config: &Config, args: &Token, out: &mut Out) -> Result<(), CliError> {
    only_for_trying_out(config, "token")?;
    let verifier = Verifier::of_existing(config).map_err(|cause| CliError::failed("tokens cannot be signed", cause))?;
    for user in args.users.users() {
        let token = verifier.issue(user, Duration::from_secs(u64::from(args.lifetime_seconds)));
        out.line(format_args!("{}", token.map_err(|cause| CliError::failed("a token could not be signed", cause))?));
        if out.is_closed() {
            break;
        }
    }
    Ok(())
}
