//! The keys that WeChat Pay signs with, by serial number: its public key, its platform certificates, or both while a merchant changes from
//! one to the other.
//! - K1 The key is the one that the header names; no other one is tried.
//! - K2 A certificate counts from its first to its last moment only; a public key has no end.

use std::collections::HashMap;
use std::fmt;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mallcore_actors::time::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::certificate::Certificate;
use super::signed::{NotifyHeaders, Unverified};

/// How far from the machine's clock a signature may have been made, in seconds.
pub const WINDOW_SECONDS: u64 = 300;

/// One key of WeChat Pay.
#[derive(Clone)]
pub struct PlatformKey {
    key: UnparsedPublicKey<Vec<u8>>,
    validity: Option<(Timestamp, Timestamp)>,
}

impl PlatformKey {
    /// WeChat Pay's public key: DER of an `RSAPublicKey` (PKCS#1).
    pub fn of_public_key(pkcs1: Vec<u8>) -> Self {
        Self { key: UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pkcs1), validity: None }
    }

    /// That of a platform certificate.
    pub fn of_certificate(certificate: &Certificate) -> Self {
        let validity = Some((certificate.not_before, certificate.not_after));
        Self { validity, ..Self::of_public_key(certificate.public_key.clone()) }
    }

    /// Whether this key has signed exactly these bytes; the signature is in base64.
    pub fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|signature| self.key.verify(message, &signature).is_ok())
    }

    fn counts(&self, now: Timestamp) -> bool {
        self.validity.is_none_or(|(first, last)| first <= now && now <= last)
    }
}

impl fmt::Debug for PlatformKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformKey").field("validity", &self.validity).finish_non_exhaustive()
    }
}

/// All of them; new ones may come while others verify.
#[derive(Debug, Default)]
pub struct Keyring(ArcSwap<HashMap<String, PlatformKey>>);

impl Keyring {
    /// With these to begin with.
    pub fn new(keys: impl IntoIterator<Item = (String, PlatformKey)>) -> Self {
        Self(ArcSwap::from_pointee(keys.into_iter().collect()))
    }

    /// Adds keys; one with the same serial number is replaced. Certificates that have expired go.
    pub fn add(&self, keys: impl IntoIterator<Item = (String, PlatformKey)>, now: Timestamp) {
        let keys: Vec<_> = keys.into_iter().collect();
        self.0.rcu(|known| {
            let mut all = HashMap::clone(known);
            all.retain(|_, key| key.validity.is_none_or(|(_, last)| now <= last));
            all.extend(keys.iter().cloned());
            all
        });
    }

    /// How many certificates there are, and how many public keys.
    pub fn counts(&self) -> (usize, usize) {
        let keys = self.0.load();
        let certificates = keys.values().filter(|key| key.validity.is_some()).count();
        (certificates, keys.len() - certificates)
    }

    /// Whether WeChat Pay has signed exactly these bytes within five minutes of now.
    ///
    /// # Errors
    /// [`Unverified`].
    pub fn verify(&self, headers: &NotifyHeaders<'_>, body: &[u8], now: Timestamp) -> Result<(), Unverified> {
        let signed_at = headers.seconds()?;
        let distance = signed_at.abs_diff(now.millis() / 1_000);
        if distance > WINDOW_SECONDS {
            return Err(Unverified::Clock(distance));
        }
        let keys = self.0.load();
        let key = keys.get(headers.serial).filter(|key| key.counts(now)).ok_or_else(|| Unverified::Serial(shown(headers.serial)))?;
        if key.has_signed(&headers.message(body), headers.signature) { Ok(()) } else { Err(Unverified::Signature) }
    }
}

/// A serial number for a log line: anybody may have sent it.
fn shown(serial: &str) -> String {
    serial.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(64).collect()
}
