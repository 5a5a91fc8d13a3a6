//! Platform certificates: fetched when something was signed with one that is not known yet. Each is encrypted with the APIv3 key, and the
//! answer is signed with one of those that it brings.
//! - C1 One request at a time, and no more than one a minute: anybody may send a notification with a made-up serial number.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde::Deserialize;

use super::api_key::{ApiKey, Encrypted};
use super::certificate::Certificate;
use super::client::WechatPay;
use super::error::PayError;
use super::exchange::read;
use super::keyring::{Keyring, PlatformKey};
use super::metrics;
use super::signed::{NotifyHeaders, Unverified};
use super::time::wall_clock;

/// The shortest time between two requests for certificates.
const PAUSE: Duration = Duration::from_secs(60);
/// Ids of public keys begin so: no certificate has such a serial number.
const PUBLIC_KEY_PREFIX: &str = "PUB_KEY_ID_";
const TARGET: &str = "/v3/certificates";

#[derive(Deserialize)]
struct Listed {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    serial_no: String,
    encrypt_certificate: Encrypted,
}

impl WechatPay {
    /// Fetches the platform certificates, unless that was done a moment ago or this serial number is none of a certificate. Failures are
    /// logged: whoever needs a key then finds none.
    pub(super) async fn fetch_certificates(&self, serial: &str) {
        if serial.starts_with(PUBLIC_KEY_PREFIX) {
            return;
        }
        // Held while they are fetched: whoever waits finds what the first one got.
        let mut last = self.certificates_asked_at.lock().await;
        if last.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        *last = Some(Instant::now());
        let outcome = self.certificates().await;
        metrics::asked("certificates", &outcome);
        match outcome {
            Ok(keys) => {
                tracing::info!("{} platform certificates of WeChat Pay were fetched", keys.len());
                self.keyring.add(keys, wall_clock());
            }
            Err(error) => tracing::error!("the platform certificates of WeChat Pay cannot be fetched: {error}"),
        }
    }

    async fn certificates(&self) -> Result<Vec<(String, PlatformKey)>, PayError> {
        let url = self.base.join(TARGET).map_err(|cause| PayError::Unexpected(cause.to_string()))?;
        let answer = self.outgoing.answer_of(self.signed(&self.outgoing, Method::GET, url, None)?).await?;
        let headers = NotifyHeaders::of_answer(&answer.headers);
        let now = wall_clock();
        if !answer.status.is_success() {
            return Err(PayError::of_answer(answer.status, &answer.bytes, self.keyring.verify(&headers, &answer.bytes, now)));
        }
        // Opened before the answer is verified: the key that verifies it may lie inside. Nothing leaves this function unless it does.
        let keys = opened(&answer.bytes, &self.credentials.api_key)?;
        let verified = match self.keyring.verify(&headers, &answer.bytes, now) {
            Err(Unverified::Serial(_)) => Keyring::new(keys.iter().cloned()).verify(&headers, &answer.bytes, now),
            verified => verified,
        };
        verified.map_err(|cause| PayError::Unverified { status: answer.status.as_u16(), code: None, cause })?;
        Ok(keys)
    }
}

fn opened(body: &[u8], api_key: &ApiKey) -> Result<Vec<(String, PlatformKey)>, PayError> {
    let listed: Listed = read(body)?;
    let open = |entry: Entry| {
        let unusable = |cause: &dyn std::fmt::Display| PayError::Unexpected(format!("a platform certificate cannot be used: {cause}"));
        let pem = api_key.open(&entry.encrypt_certificate).map_err(|cause| unusable(&cause))?;
        let certificate = Certificate::of_pem(&pem).map_err(|cause| unusable(&cause))?;
        if certificate.serial != entry.serial_no {
            return Err(unusable(&"it has another serial number than the list says"));
        }
        let key = PlatformKey::of_certificate(&certificate);
        Ok((certificate.serial, key))
    };
    listed.data.into_iter().map(open).collect()
}
