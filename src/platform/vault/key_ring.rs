//! The master keys: the current one, under which data keys are wrapped, and older ones, which only unwrap.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::seal::{KEY_BYTES, SealingKey};

/// The largest number of a master key: that of the column.
const ID_MAX: u32 = i32::MAX as u32;

/// The number of a master key, given by the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MasterKeyId(u32);

impl MasterKeyId {
    /// Accepts 1 to 2147483647.
    ///
    /// # Errors
    /// [`BadKeys::Id`].
    pub const fn new(id: u32) -> Result<Self, BadKeys> {
        if id == 0 || id > ID_MAX { Err(BadKeys::Id) } else { Ok(Self(id)) }
    }

    /// The plain number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is no key ring. It never holds any of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// An entry without a colon.
    #[error("has to be a list such as 2:<base64>,1:<base64>, the current key first")]
    Form,
    /// A number that is none, or too large.
    #[error("has a key whose number is not between 1 and {ID_MAX}")]
    Id,
    /// The same number twice.
    #[error("has two keys with the number {0}: give the new key a number that no key has had")]
    Twice(u32),
    /// No base64, or another number of bytes.
    #[error("has a key that is not the base64 of {KEY_BYTES} bytes; `openssl rand -base64 {KEY_BYTES}` makes one")]
    Key,
}

/// The bytes of a key.
pub(super) fn key_bytes(text: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, BadKeys> {
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| BadKeys::Key)?);
    Ok(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| BadKeys::Key)?))
}

/// Whether one of the keys holds these words in the clear, as samples do that everybody can read.
pub fn holds_words(text: &str, words: &str) -> bool {
    entries(text).any(|(_, key)| key_bytes(key).is_ok_and(|bytes| bytes.windows(words.len()).any(|part| part == words.as_bytes())))
}

/// The master keys, the current one first. Never empty.
#[derive(Clone)]
pub struct KeyRing(Vec<SealingKey>);

impl KeyRing {
    /// From `2:<base64>,1:<base64>`, the current key first.
    ///
    /// # Errors
    /// [`BadKeys`] says what is wrong without showing any of it.
    pub fn parse(text: &str) -> Result<Self, BadKeys> {
        let mut keys = Vec::<SealingKey>::new();
        for (id, key) in entries(text) {
            let id = id.ok_or(BadKeys::Form)?;
            let id = MasterKeyId::new(id.parse().map_err(|_| BadKeys::Id)?)?.get();
            if keys.iter().any(|known| known.id() == id) {
                return Err(BadKeys::Twice(id));
            }
            keys.push(SealingKey::new(id, &*key_bytes(key)?));
        }
        if keys.is_empty() { Err(BadKeys::Form) } else { Ok(Self(keys)) }
    }

    /// The key under which data keys are wrapped now.
    pub fn current(&self) -> MasterKeyId {
        MasterKeyId(self.current_key().id())
    }

    /// All numbers, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = MasterKeyId> {
        self.0.iter().map(|key| MasterKeyId(key.id()))
    }

    pub(super) fn current_key(&self) -> &SealingKey {
        // `parse` makes no empty ring.
        &self.0[0]
    }

    pub(super) fn key(&self, id: MasterKeyId) -> Option<&SealingKey> {
        self.0.iter().find(|key| key.id() == id.0)
    }
}

/// Number and key of each entry; none for the number where there is no colon.
fn entries(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    text.split(',').map(str::trim).map(|entry| match entry.split_once(':') {
        Some((id, key)) => (Some(id.trim()), key.trim()),
        None => (None, entry),
    })
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}
