//! The data key of one shopper.

use std::fmt;

use mallcore_actors::ids::UserId;
use rand::RngCore;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::seal::{KEY_BYTES, OpenError, Sealed, SealingKey};
use super::{MasterKeyId, Place, metrics};

/// Seals and opens what belongs to one shopper.
#[derive(Clone)]
pub struct DataKey(SealingKey);

impl DataKey {
    /// Seals a value for its place.
    pub fn seal(&self, place: Place, plain: &[u8]) -> Sealed {
        self.0.seal(place, plain)
    }

    /// Opens a value that was sealed for this place.
    ///
    /// # Errors
    /// [`OpenError`] if it was changed, belongs elsewhere, or was sealed under a key that is no more.
    pub fn open(&self, place: Place, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let opened = self.0.open(place, sealed);
        if opened.is_err() {
            metrics::UNREADABLE_TOTAL.with(metrics::VALUE).increment(1);
        }
        opened.map(Zeroizing::new)
    }

    fn of_bytes(bytes: &[u8; KEY_BYTES]) -> Self {
        // The number tells a key from the one before it, and nothing about either: 4 bytes of a hash of 32 random ones.
        let hash = Sha256::new_with_prefix(b"mallcore data key").chain_update(bytes).finalize();
        Self(SealingKey::new(u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]), bytes))
    }

    /// A new random key, and its wrapped form for the row of this user.
    pub(super) fn fresh(user: UserId, master: &SealingKey) -> (Self, Sealed) {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rand::rng().fill_bytes(&mut *bytes);
        (Self::of_bytes(&bytes), master.seal(place(user), &*bytes))
    }

    /// The key in a row.
    pub(super) fn unwrap(user: UserId, wrapped: &Sealed, master: &SealingKey) -> Result<Self, OpenError> {
        let bytes = Zeroizing::new(master.open(place(user), wrapped)?);
        let bytes: &[u8; KEY_BYTES] =
            bytes.as_slice().try_into().map_err(|_| OpenError::TooShort { place: place(user), bytes: bytes.len() })?;
        Ok(Self::of_bytes(bytes))
    }

    /// The wrapped form under another master key; the data key stays the same.
    pub(super) fn rewrapped(user: UserId, wrapped: &Sealed, from: &SealingKey, to: &SealingKey) -> Result<Sealed, OpenError> {
        let bytes = Zeroizing::new(from.open(place(user), wrapped)?);
        Ok(to.seal(place(user), &bytes))
    }
}

/// Where a wrapped key lies.
fn place(user: UserId) -> Place {
    Place::new("user_keys", "wrapped", user.get())
}

/// The master key that wrapped a key; none for what is no wrapped key.
pub(super) fn wrapped_under(wrapped: &Sealed) -> Option<MasterKeyId> {
    wrapped.key_id().and_then(|id| MasterKeyId::new(id).ok())
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(***)")
    }
}
