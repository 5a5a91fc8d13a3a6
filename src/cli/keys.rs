//! `keys`: the master keys of personal data, and wrapping every data key under the current one. Beside a running server.

use actix_web::rt::System;
use clap::Subcommand;

use super::out::Out;
use super::{CliError, store};
use crate::platform::config::Config;
use crate::platform::database::Database;
use crate::platform::error_chain;
use crate::platform::vault::{KeySource, Vault};

/// What `mallcore keys` can do; both work beside a running server.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum KeysCommand {
    /// Show every master key with the number of data keys under it, and those that are missing
    List,
    /// Wrap every user's data key under the current master key; can be stopped and run again
    Rotate,
}

/// Carries the command out.
pub fn run(config: &Config, command: &KeysCommand, out: &mut Out) -> Result<(), CliError> {
    System::new().block_on(async {
        let database = store::existing_database(config).await?;
        let done = match KeySource::of(config).load() {
            Err(cause) => Err(CliError::failed("the keys cannot be read", cause)),
            Ok(keys) => match command {
                KeysCommand::List => list(&Vault::new(keys), &database, out).await,
                KeysCommand::Rotate => rotate(&Vault::new(keys), &database, out).await,
            },
        };
        database.close().await;
        done
    })
}

async fn list(vault: &Vault, database: &Database, out: &mut Out) -> Result<(), CliError> {
    let unread = |cause| CliError::failed("the data keys cannot be read", cause);
    let in_use = vault.data_keys_by_master_key(database).await.map_err(unread)?;
    for id in vault.ring().ids() {
        let count = in_use.iter().find(|key| key.id == id).map_or(0, |key| key.data_keys);
        let role = match (id == vault.ring().current(), count) {
            (true, _) => "current",
            (false, 0) => "older, no longer needed here; backups of the database may need it",
            (false, _) => "older, needed until `mallcore keys rotate` is through",
        };
        out.line(format_args!("master key {id}: {count} data keys, {role}"));
    }
    let known: Vec<_> = vault.ring().ids().collect();
    let missing: Vec<_> = in_use.into_iter().filter(|key| !known.contains(&key.id)).collect();
    for key in &missing {
        out.line(format_args!("master key {}: {} data keys, MISSING: put it back into DATA_KEYS", key.id, key.data_keys));
    }
    match missing.first() {
        None => Ok(()),
        Some(key) => Err(CliError::Argument(format!("master key {} is not in the ring", key.id))),
    }
}

async fn rotate(vault: &Vault, database: &Database, out: &mut Out) -> Result<(), CliError> {
    let failed =
        |cause| CliError::failed("the data keys cannot be wrapped anew; what is done is done, and the command can be run again", cause);
    let current = vault.ring().current();
    let mut rotation = vault.rotation(database).await.map_err(failed)?;
    let (mut rewrapped, mut broken) = (0, 0);
    while let Some(step) = vault.rotate(database, &mut rotation).await.map_err(failed)? {
        rewrapped += step.rewrapped;
        broken += step.failed.len();
        for cause in &step.failed {
            out.line(format_args!("left alone: {}", error_chain::of(cause)));
        }
        // Whoever watches sees how far it is; whoever stops it loses nothing.
        out.line(format_args!("{rewrapped} data keys are under master key {current} now"));
        out.flush();
    }
    out.line(format_args!("done: {rewrapped} data keys were wrapped under master key {current}, {broken} could not be"));
    if broken == 0 {
        Ok(())
    } else {
        Err(CliError::Argument(format!("{broken} data keys do not open under the master key that they name")))
    }
}
