//! The keys of personal data: are they there, and do they open what is stored.

use super::Finding;
use super::net::told;
use crate::platform::config::Config;
use crate::platform::database::{Database, Error};
use crate::platform::vault::{KeyFileError, KeySource, Vault, VaultError};

const PART: &str = "vault";
const CHECK: &str = "keys";

pub(super) async fn check(config: &Config, database: &Database) -> Result<Finding, Error> {
    let keys = match KeySource::of(config).load() {
        Ok(keys) => keys,
        Err(missing @ KeyFileError::Missing { .. }) => return without_keys(database, &missing).await,
        Err(bad) => return Ok(Finding::fail(PART, CHECK, told(&bad), "put the file back from a copy of the data folder")),
    };
    let vault = Vault::new(keys);
    match vault.check(database).await {
        Ok(()) => {
            let in_use = vault.data_keys_by_master_key(database).await?;
            let (keys, older) =
                (in_use.iter().map(|key| key.data_keys).sum::<u64>(), in_use.iter().filter(|key| key.id != vault.ring().current()));
            let waiting: u64 = older.map(|key| key.data_keys).sum();
            let seen = format!("{keys} data keys, current master key {}", vault.ring().current());
            Ok(match waiting {
                0 => Finding::pass(PART, CHECK, seen),
                _ => Finding::warn(
                    PART,
                    CHECK,
                    format!("{seen}, {waiting} data keys are still under older ones"),
                    "run `mallcore keys rotate`, beside the running server",
                ),
            })
        }
        Err(VaultError::Database(error)) => Err(error),
        Err(wrong) => Ok(Finding::fail(
            PART,
            CHECK,
            told(&wrong),
            "put the missing or right key back into DATA_KEYS (embedded: DATA_DIR/data_keys); without it no phone and no address can be read",
        )),
    }
}

/// A new shop has neither keys nor anything that needs them.
async fn without_keys(database: &Database, missing: &KeyFileError) -> Result<Finding, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first("SELECT 1 FROM user_keys WHERE master_key_id IS NOT NULL LIMIT 1", Vec::new()).await?;
    tx.commit().await?;
    Ok(match row {
        None => Finding::pass(PART, CHECK, "none yet, and nothing is sealed: the first `mallcore serve` makes them"),
        Some(_) => Finding::fail(PART, CHECK, told(missing), "put the file data_keys back from a copy of the data folder"),
    })
}
