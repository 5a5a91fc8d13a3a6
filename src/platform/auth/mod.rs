//! - A1 Only HS256 under our key counts; `alg: none`, other algorithms and tokens without `exp` are refused.
//! - A2 The subject of a token is a user's id.
//! - A3 A token that was found good is believed again without its signature, letter for letter and until its `exp` (`remembered`).
//! - A4 A token below its user's version is refused, remembered or not (`revocations`).
//!
//! Not here: what a user may see (each aggregate checks its owner), administrators' sessions.

pub mod key;
mod key_file;
pub mod refresh;
mod remembered;
pub mod revocations;
mod shopper;
mod token;

pub use key_file::{KEY_FILE, KeyFileError, load, load_or_create};
pub use shopper::Shopper;
pub use token::{SECRET_BYTES_MIN, TokenError, Verifier};

use std::path::Path;

use crate::platform::config::{Config, Secret};

impl Verifier {
    /// Under the configured secrets; the embedded mode's is made when there is none.
    pub fn of(config: &Config) -> Result<Self, KeyFileError> {
        Self::with(config, load_or_create)
    }

    /// Under the configured secrets; in the embedded mode under the key of a shop that is there.
    pub fn of_existing(config: &Config) -> Result<Self, KeyFileError> {
        Self::with(config, load)
    }

    fn with(config: &Config, key: impl FnOnce(&Path) -> Result<Secret, KeyFileError>) -> Result<Self, KeyFileError> {
        let verifier = match &config.auth.jwt_secret {
            Some(secret) => Self::new(secret.expose().as_bytes()),
            None => Self::new(key(&config.storage.data_dir)?.expose().as_bytes()),
        };
        let verifier = match &config.auth.jwt_secret_previous {
            Some(previous) => verifier.with_previous(previous.expose().as_bytes()),
            None => verifier,
        };
        Ok(verifier.remembering(config.auth.tokens_remembered))
    }
}
