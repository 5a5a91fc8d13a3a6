//! Personal data at rest: sealed with a data key of its shopper, which is itself wrapped under a master key of the operator.
//! - E1 A ciphertext opens only under the key that sealed it, in the table, column and row that it was sealed for. A changed byte, another
//!   place or another key is an error, never other bytes.
//! - E2 Each shopper has a data key of their own. Once its row is destroyed, no copy of what was sealed with it can be read: not in the
//!   database, the journal or the broker, and in a backup only by whoever also has the master key of that time.
//! - E3 A data key is used only once its row is committed, or inside the transaction that writes the row: nothing is sealed under a key that
//!   a rollback takes away.
//! - E4 No key and no opened value is ever printed: their `Debug` shows stars.
//!
//! Not here: what is sealed (the features), where the keys come from (`config`, `key_file`), when they change (`rotation`).
//! [ADR 0023](../../../docs/adr/0023-seal-personal-data-with-a-key-per-user.md) says why.

mod blind_index;
mod cache;
mod data_key;
mod error;
mod key_file;
mod key_ring;
mod place;
mod rotation;
mod seal;
mod settings;
mod user_keys;

use std::sync::Arc;

pub use blind_index::{BLIND_INDEX_BYTES, BlindIndex, BlindIndexKey, Indexed};
pub use data_key::DataKey;
pub use error::VaultError;
pub use key_file::{KEY_FILE, KeyFileError};
pub use key_ring::{BadKeys, KeyRing, MasterKeyId, holds_words};
pub use place::Place;
pub use rotation::{BATCH, InUse, Rotated, Rotation};
pub use seal::{OpenError, Sealed};
pub use settings::{KeySource, Keys};

use cache::Cache;

/// Data keys that are kept unwrapped in memory, about 700 bytes each.
const DATA_KEYS_CACHED: usize = 16_384;

/// The keys of the shop, and the data keys of shoppers that were used last. Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<Keys>,
    cache: Arc<Cache>,
}

impl Vault {
    /// Over these keys; no database is asked.
    pub fn new(keys: Keys) -> Self {
        Self { keys: Arc::new(keys), cache: Arc::new(Cache::up_to(DATA_KEYS_CACHED)) }
    }

    /// The master keys.
    pub fn ring(&self) -> &KeyRing {
        &self.keys.ring
    }

    /// What stands for a value where equal ones have to be found and none may be read.
    pub fn blind_index(&self, value: Indexed<'_>) -> BlindIndex {
        self.keys.index.of(value)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("ring", &self.keys.ring).finish_non_exhaustive()
    }
}
