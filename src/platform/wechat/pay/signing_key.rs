//! A private key of RSA: signs with SHA256-RSA2048 (PKCS#1 v1.5), as everything of WeChat Pay is signed.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

/// Signs. Prints stars.
pub struct SigningKey(RsaKeyPair);

/// It is no private key that could sign.
#[derive(Debug, thiserror::Error)]
pub enum BadKey {
    /// No PEM, or none of a private key.
    #[error("it holds no private key (PEM)")]
    Pem,
    /// Another kind than RSA, shorter than 2048 bits, or damaged.
    #[error("it is no usable RSA key of 2048 bits or more ({0})")]
    Rejected(String),
}

/// `ring` checks each signature before it gives it out, and this one was wrong: the machine miscalculated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature could not be made")]
pub struct SigningFailed;

impl SigningKey {
    /// Of a PEM file's bytes: PKCS#8, as the merchant platform makes them, or PKCS#1.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn of_pem(pem: &[u8]) -> Result<Self, BadKey> {
        let key = match PrivateKeyDer::from_pem_slice(pem).map_err(|_| BadKey::Pem)? {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(BadKey::Rejected("another kind of key".to_owned())),
        };
        key.map(Self).map_err(|cause| BadKey::Rejected(cause.to_string()))
    }

    /// The public half: DER of an `RSAPublicKey` (PKCS#1).
    pub fn public_key(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// Base64 of the signature of a message.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, message: &[u8]) -> Result<String, SigningFailed> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| SigningFailed)?;
        Ok(STANDARD.encode(signature))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
