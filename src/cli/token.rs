//! `token`: bearer tokens for trying out and for load generators.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use super::args::Token;
use super::{CliError, only_for_trying_out};
use crate::auth::Verifier;
use crate::config::Config;

/// Prints one token a line.
pub fn run(config: &Config, args: &Token) -> Result<(), CliError> {
    only_for_trying_out(config, "token")?;
    let verifier = Verifier::of(config).map_err(|cause| CliError::failed("tokens cannot be signed", cause))?;
    let mut out = BufWriter::new(io::stdout().lock());
    for user in args.users.users() {
        let token = verifier
            .issue(user, Duration::from_secs(u64::from(args.lifetime_seconds)))
            .map_err(|cause| CliError::failed("a token could not be signed", cause))?;
        match writeln!(out, "{token}") {
            Ok(()) => {}
            // Whoever reads has had enough, as `head` does.
            Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(cause) => return Err(CliError::failed("tokens could not be printed", cause)),
        }
    }
    out.flush().map_err(|cause| CliError::failed("tokens could not be printed", cause))
}
