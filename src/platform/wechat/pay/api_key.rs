//! The merchant's APIv3 key: AES-256-GCM over whatever WeChat Pay sends encrypted.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

use crate::platform::config::{API_KEY_BYTES, Secret};

/// The one algorithm that there is.
const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// Seals and opens. Prints stars.
pub struct ApiKey(LessSafeKey);

/// Something encrypted, as it lies in notifications and in the list of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encrypted {
    /// Name of the algorithm, `AEAD_AES_256_GCM`.
    pub algorithm: String,
    /// Twelve bytes of text.
    pub nonce: String,
    /// Protected, not encrypted; often empty.
    #[serde(default)]
    pub associated_data: String,
    /// Base64 of the ciphertext with its tag of 16 bytes behind it.
    pub ciphertext: String,
}

/// It was not encrypted with this key, or was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCiphertext {
    /// Another algorithm than [`ALGORITHM`].
    #[error("the algorithm is not {ALGORITHM}")]
    Algorithm,
    /// Not what such a ciphertext looks like.
    #[error("the nonce is not {NONCE_LEN} bytes, or the ciphertext is no base64")]
    Form,
    /// The tag does not fit.
    #[error("it was not encrypted with WECHAT_PAY_KEY, or it was changed")]
    Tag,
}

impl ApiKey {
    /// Of its text; none unless that has 32 bytes.
    pub fn new(key: &Secret) -> Option<Self> {
        let bytes = key.expose().as_bytes();
        // `ring` knows how long a key of AES-256 is.
        debug_assert_eq!(AES_256_GCM.key_len(), API_KEY_BYTES);
        UnboundKey::new(&AES_256_GCM, bytes).ok().map(|key| Self(LessSafeKey::new(key)))
    }

    /// The plain bytes.
    ///
    /// # Errors
    /// [`BadCiphertext`].
    pub fn open(&self, encrypted: &Encrypted) -> Result<Vec<u8>, BadCiphertext> {
        if encrypted.algorithm != ALGORITHM {
            return Err(BadCiphertext::Algorithm);
        }
        let nonce = Nonce::try_assume_unique_for_key(encrypted.nonce.as_bytes()).map_err(|_| BadCiphertext::Form)?;
        let mut bytes = STANDARD.decode(&encrypted.ciphertext).map_err(|_| BadCiphertext::Form)?;
        let aad = Aad::from(encrypted.associated_data.as_bytes());
        let plain = self.0.open_in_place(nonce, aad, &mut bytes).map_err(|_| BadCiphertext::Tag)?.len();
        bytes.truncate(plain);
        Ok(bytes)
    }

    /// Encrypts, as WeChat Pay does: for the sandbox. A nonce must not be used twice with the same key.
    ///
    /// # Errors
    /// [`BadCiphertext::Form`] if the nonce has another length than 12 bytes.
    pub fn seal(&self, nonce: &str, associated_data: &str, plain: &[u8]) -> Result<Encrypted, BadCiphertext> {
        let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes()).map_err(|_| BadCiphertext::Form)?;
        let mut bytes = plain.to_vec();
        self.0.seal_in_place_append_tag(unique, Aad::from(associated_data.as_bytes()), &mut bytes).map_err(|_| BadCiphertext::Form)?;
        Ok(Encrypted {
            algorithm: ALGORITHM.to_owned(),
            nonce: nonce.to_owned(),
            associated_data: associated_data.to_owned(),
            ciphertext: STANDARD.encode(bytes),
        })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> ApiKey {
        ApiKey::new(&Secret::new("a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb")).unwrap()
    }

    /// From the tests of wechatpay-apiv3/wechatpay-java:
    /// `core/src/test/java/com/wechat/pay/java/core/cipher/AeadAesCipherTest.java`, its key from `model/TestConfig.java`.
    #[test]
    fn it_encrypts_as_the_java_sdk_says() {
        let sealed = key().seal("uluk4a9R25RW", "associatedData", b"message").unwrap();
        assert_eq!(sealed.ciphertext, "ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=");
        assert_eq!(key().open(&sealed), Ok(b"message".to_vec()));
    }

    #[test]
    fn a_key_has_32_bytes() {
        assert!(ApiKey::new(&Secret::new("a".repeat(31))).is_none() && ApiKey::new(&Secret::new("a".repeat(33))).is_none());
        assert_eq!(format!("{:?}", key()), "***");
    }

    #[test]
    fn whatever_has_another_form_is_refused() {
        let sealed = key().seal("uluk4a9R25RW", "", b"message").unwrap();
        let opened = |encrypted| key().open(&encrypted);
        assert_eq!(opened(Encrypted { algorithm: "AEAD_SM4_GCM".to_owned(), ..sealed.clone() }), Err(BadCiphertext::Algorithm));
        assert_eq!(opened(Encrypted { nonce: "short".to_owned(), ..sealed.clone() }), Err(BadCiphertext::Form));
        assert_eq!(opened(Encrypted { ciphertext: "%".to_owned(), ..sealed.clone() }), Err(BadCiphertext::Form));
        assert_eq!(opened(Encrypted { ciphertext: String::new(), ..sealed.clone() }), Err(BadCiphertext::Tag));
        assert_eq!(opened(Encrypted { associated_data: "other".to_owned(), ..sealed }), Err(BadCiphertext::Tag));
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_and_a_changed_bit_does_not(plain: Vec<u8>, aad in "[a-z]{0,20}", nonce in "[a-zA-Z0-9]{12}", at: prop::sample::Index, bit in 0..8_u32) {
            let sealed = key().seal(&nonce, &aad, &plain).unwrap();
            prop_assert_eq!(key().open(&sealed), Ok(plain));
            let mut bytes = STANDARD.decode(&sealed.ciphertext).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(key().open(&Encrypted { ciphertext: STANDARD.encode(bytes), ..sealed }), Err(BadCiphertext::Tag));
        }
    }
}
