//! What a repeated request is recognised by: the hash of (route with its ids, key) and a fingerprint of its body.
//! Both are parts of SHA-256, so that they mean the same in every release and on every machine.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The first 128 bits of SHA-256 over route, ids and the client's `Idempotency-Key`. Scoped by user where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyHash([u8; 16]);

/// The first 64 bits of SHA-256 over the canonical body: same key with another fingerprint is a mismatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BodyFingerprint(u64);

impl KeyHash {
    /// `scope` names the route with its ids, such as `seckill/items/7/orders`.
    pub fn of(scope: &str, key: &str) -> Self {
        let digest = Sha256::new().chain_update(scope.as_bytes()).chain_update([0]).chain_update(key.as_bytes()).finalize();
        let mut hash = [0; 16];
        hash.copy_from_slice(&digest[..16]);
        Self(hash)
    }

    /// A hash as it was stored.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl BodyFingerprint {
    /// Over the body in its one canonical spelling.
    pub fn of(canonical_body: &[u8]) -> Self {
        let digest = Sha256::digest(canonical_body);
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(u64::from_be_bytes(first))
    }

    /// A fingerprint as it was stored.
    pub const fn from_u64(value: u64) -> Self {
        Self(value)
    }

    /// Its number, as it is stored.
    pub const fn get(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_same_in_every_release() {
        assert_eq!(hex(KeyHash::of("seckill/items/7/orders", "k").as_bytes()), "42d189bd3d4d4d610d6066fa2623e154");
        assert_ne!(KeyHash::of("ab", "c"), KeyHash::of("a", "bc"));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
