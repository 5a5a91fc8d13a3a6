//! Keys for one purpose each, derived from the one secret that is configured: what is signed for one purpose means nothing for another.

use std::fmt;

use ring::hmac;

/// A key of HMAC-SHA256. Prints stars.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// Of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The key for a purpose.
    pub fn derive(&self, purpose: &str) -> Self {
        Self::new(&self.sign(purpose.as_bytes()))
    }

    /// HMAC-SHA256 of a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut signature = [0; 32];
        signature.copy_from_slice(hmac::sign(&self.0, message).as_ref());
        signature
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Bytes as lower-case hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let signature = Key::new(b"Jefe").sign(b"what do ya want for nothing?");
        assert_eq!(hex(&signature), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn purposes_have_different_keys() {
        let root = Key::new(b"root");
        assert_ne!(root.derive("a").sign(b"x"), root.derive("b").sign(b"x"));
        assert_eq!(format!("{root:?}"), "***");
    }
}
