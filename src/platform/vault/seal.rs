//! Sealing with AES-256-GCM. Stored form: version (1 byte, 1), key id (4 bytes, big endian), nonce (12 bytes), ciphertext with its tag (16).
//! - S1 A nonce is random. One key seals far fewer than 2^32 values: a data key those of one shopper, a master key one for each shopper.
//! - S2 Version and key id are authenticated with the place.

use std::fmt;
use std::sync::Arc;

use rand::RngCore;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::Place;

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;
/// The only version of the stored form so far.
const VERSION: u8 = 1;
/// Version and key id.
const HEADER_BYTES: usize = 5;
/// Bytes that a value grows by when it is sealed.
pub(super) const OVERHEAD_BYTES: usize = HEADER_BYTES + NONCE_LEN + 16;

/// A sealed value in its stored form.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// Why a sealed value does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too few bytes for the stored form.
    #[error("{place} holds {bytes} bytes, which are too few for a sealed value")]
    TooShort {
        /// Where it was read.
        place: Place,
        /// How many bytes there are.
        bytes: usize,
    },
    /// A later release wrote it, or it is no sealed value.
    #[error("{place} is sealed in form {version}, which this release does not know: run the release that wrote it")]
    UnknownVersion {
        /// Where it was read.
        place: Place,
        /// The first byte.
        version: u8,
    },
    /// It was sealed under another key.
    #[error("{place} is sealed under key {sealed_under}, not under {key}")]
    OtherKey {
        /// Where it was read.
        place: Place,
        /// Number of the key that sealed it.
        sealed_under: u32,
        /// Number of the key that it was tried with.
        key: u32,
    },
    /// It was changed, copied from another place, or sealed under another key with the same number.
    #[error("{place} does not open: it was changed, or copied from another row, or its key is not the one that sealed it")]
    Rejected {
        /// Where it was read.
        place: Place,
    },
}

impl Sealed {
    /// From a column.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// For a column or a record.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The stored form.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The number of the key that sealed it; none for what is no sealed value.
    pub fn key_id(&self) -> Option<u32> {
        let (header, _) = self.0.split_first_chunk::<HEADER_BYTES>()?;
        let [VERSION, id @ ..] = *header else { return None };
        Some(u32::from_be_bytes(id))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl From<Sealed> for crate::platform::database::Value {
    fn from(sealed: Sealed) -> Self {
        sealed.0.into()
    }
}

/// A key that seals and opens, with the number under which its ciphertexts name it.
#[derive(Clone)]
pub(super) struct SealingKey {
    id: u32,
    key: Arc<LessSafeKey>,
}

impl SealingKey {
    /// A key of these bytes.
    pub fn new(id: u32, bytes: &[u8; KEY_BYTES]) -> Self {
        // The length is the algorithm's, which is all that can be refused.
        #[expect(clippy::expect_used, reason = "AES-256 takes every key of 32 bytes")]
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("a key of 32 bytes");
        Self { id, key: Arc::new(LessSafeKey::new(key)) }
    }

    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Seals a value for its place.
    pub fn seal(&self, place: Place, plain: &[u8]) -> Sealed {
        let mut bytes = Vec::with_capacity(plain.len() + OVERHEAD_BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.id.to_be_bytes());
        let mut nonce = [0; NONCE_LEN];
        rand::rng().fill_bytes(&mut nonce);
        let authenticated = Aad::from(place.authenticated(&bytes));
        bytes.extend_from_slice(&nonce);
        let from = bytes.len();
        bytes.extend_from_slice(plain);
        // Only values of 64 GiB are refused.
        #[expect(clippy::expect_used, reason = "what is sealed is a short text")]
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), authenticated, &mut bytes[from..])
            .expect("a value of less than 64 GiB");
        bytes.extend_from_slice(tag.as_ref());
        Sealed(bytes)
    }

    /// Opens a value of this place.
    ///
    /// # Errors
    /// [`OpenError`]; nothing of the value is shown then.
    pub fn open(&self, place: Place, sealed: &Sealed) -> Result<Vec<u8>, OpenError> {
        let too_short = OpenError::TooShort { place, bytes: sealed.0.len() };
        if sealed.0.len() < OVERHEAD_BYTES {
            return Err(too_short);
        }
        let (Some((header, rest)), Some(id)) = (sealed.0.split_first_chunk::<HEADER_BYTES>(), sealed.key_id()) else {
            return Err(OpenError::UnknownVersion { place, version: sealed.0[0] });
        };
        if id != self.id {
            return Err(OpenError::OtherKey { place, sealed_under: id, key: self.id });
        }
        let Some((nonce, ciphertext)) = rest.split_first_chunk::<NONCE_LEN>() else { return Err(too_short) };
        let mut plain = ciphertext.to_vec();
        let authenticated = Aad::from(place.authenticated(header));
        let opened = self.key.open_in_place(Nonce::assume_unique_for_key(*nonce), authenticated, &mut plain);
        let length = opened.map_err(|_| OpenError::Rejected { place })?.len();
        plain.truncate(length);
        Ok(plain)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:***", self.id)
    }
}
