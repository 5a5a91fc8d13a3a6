//! Finding a sealed value without reading any: HMAC-SHA-256 of the normalised value under a key of its own.
//! - B1 Equal values have equal indexes under one key; values of different kinds never do.
//! - B2 Whoever has the database but not the key cannot try all phone numbers, of which there are few.

use std::fmt;

use mallcore_actors::values::phone::PhoneNumber;
use ring::hmac;

use super::key_ring::{BadKeys, key_bytes};

/// Bytes of an index.
pub const BLIND_INDEX_BYTES: usize = 32;

/// What may be looked up: each kind is normalised by its type.
#[derive(Debug, Clone, Copy)]
pub enum Indexed<'a> {
    /// A mobile number.
    Phone(&'a PhoneNumber),
}

/// What stands for a value, in a column with an index or a UNIQUE key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlindIndex([u8; BLIND_INDEX_BYTES]);

impl BlindIndex {
    /// For a column, `VARBINARY(32)`.
    pub const fn as_bytes(&self) -> &[u8; BLIND_INDEX_BYTES] {
        &self.0
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex(***)")
    }
}

impl From<BlindIndex> for crate::platform::database::Value {
    fn from(index: BlindIndex) -> Self {
        index.0.to_vec().into()
    }
}

/// The key of all indexes. It cannot be changed without computing every index anew.
#[derive(Clone)]
pub struct BlindIndexKey(hmac::Key);

impl BlindIndexKey {
    /// From the base64 of 32 bytes.
    ///
    /// # Errors
    /// [`BadKeys`] for anything else.
    pub fn parse(text: &str) -> Result<Self, BadKeys> {
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &*key_bytes(text)?)))
    }

    pub(super) fn of(&self, value: Indexed<'_>) -> BlindIndex {
        let (kind, text) = match value {
            Indexed::Phone(phone) => ("phone", phone.full()),
        };
        let mut context = hmac::Context::with_key(&self.0);
        for part in [kind.as_bytes(), &[0], text.as_bytes()] {
            context.update(part);
        }
        let mut index = [0; BLIND_INDEX_BYTES];
        index.copy_from_slice(context.sign().as_ref());
        BlindIndex(index)
    }
}

impl fmt::Debug for BlindIndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
