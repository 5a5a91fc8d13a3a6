//! Where the keys come from: the configuration, or, in the embedded mode, a file of the data folder.

use std::path::PathBuf;

use super::key_file::{self, KeyFileError};
use super::{BlindIndexKey, KeyRing};
use crate::platform::config::Config;

/// All keys of a shop.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The master keys.
    pub ring: KeyRing,
    /// The key of the blind indexes.
    pub index: BlindIndexKey,
}

/// Where to take them from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// They were configured.
    Configured(Keys),
    /// A file in this data folder, for a shop without any configuration.
    File(PathBuf),
}

impl KeySource {
    /// The configured keys; without any, those of the data folder.
    pub fn of(config: &Config) -> Self {
        match &config.encryption.keys {
            Some(keys) => Self::Configured(keys.clone()),
            None => Self::File(config.storage.data_dir.clone()),
        }
    }

    /// The keys; those of the embedded mode are made if there are none.
    ///
    /// # Errors
    /// Those of the file.
    pub fn load_or_create(&self) -> Result<Keys, KeyFileError> {
        match self {
            Self::Configured(keys) => Ok(keys.clone()),
            Self::File(folder) => key_file::load_or_create(folder),
        }
    }

    /// The keys of a shop that is there; nothing is made.
    ///
    /// # Errors
    /// Those of the file, also that it is missing.
    pub fn load(&self) -> Result<Keys, KeyFileError> {
        match self {
            Self::Configured(keys) => Ok(keys.clone()),
            Self::File(folder) => key_file::load(folder),
        }
    }
}
