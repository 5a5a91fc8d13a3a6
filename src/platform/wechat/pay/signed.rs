//! What WeChat Pay signs its answers and notifications with: five headers, and the message that they cover.

use reqwest::header::HeaderMap;

use super::merchant_key::SCHEME;

/// Names of the headers.
pub mod header {
    /// When it was signed, in seconds since 1970.
    pub const TIMESTAMP: &str = "Wechatpay-Timestamp";
    /// A text that is used once.
    pub const NONCE: &str = "Wechatpay-Nonce";
    /// Base64 of the signature.
    pub const SIGNATURE: &str = "Wechatpay-Signature";
    /// Serial number of the certificate, or id of the public key, that verifies it; in a request, the key that the answer shall be signed with.
    pub const SERIAL: &str = "Wechatpay-Serial";
    /// The name of the algorithms.
    pub const SIGNATURE_TYPE: &str = "Wechatpay-Signature-Type";
}

/// WeChat Pay sends such signatures now and then to see whether they are refused.
const PROBE: &str = "WECHATPAY/SIGNTEST/";

/// The five headers. One that is missing is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotifyHeaders<'a> {
    /// Value of [`header::TIMESTAMP`].
    pub timestamp: &'a str,
    /// Value of [`header::NONCE`].
    pub nonce: &'a str,
    /// Value of [`header::SIGNATURE`].
    pub signature: &'a str,
    /// Value of [`header::SERIAL`].
    pub serial: &'a str,
    /// Value of [`header::SIGNATURE_TYPE`]; may be missing.
    pub signature_type: &'a str,
}

/// Nothing proves that WeChat Pay has said it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// A header is missing, or is nothing that such a header says.
    #[error("the header {0} is missing or wrong")]
    Header(&'static str),
    /// Other algorithms than [`SCHEME`].
    #[error("the signature is not of the type {SCHEME}")]
    Type,
    /// One of WeChat Pay's probes, which has to be refused.
    #[error("the signature is a probe ({PROBE})")]
    Probe,
    /// Signed more than five minutes ago, or in the future.
    #[error("it was signed {0} seconds away from the machine's clock; see the clock of the machine")]
    Clock(u64),
    /// No key has this serial number, or its certificate has expired.
    #[error("no key of WeChat Pay has the serial number {0}; see WECHAT_PAY_PUBLIC_KEY_ID")]
    Serial(String),
    /// The key did not sign this.
    #[error("the signature does not fit")]
    Signature,
}

impl Unverified {
    /// Every word of [`Self::reason`].
    pub const REASONS: [&str; 6] = ["header", "type", "probe", "clock", "serial", "signature"];

    /// A word for metrics.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Header(_) => "header",
            Self::Type => "type",
            Self::Probe => "probe",
            Self::Clock(_) => "clock",
            Self::Serial(_) => "serial",
            Self::Signature => "signature",
        }
    }
}

impl<'a> NotifyHeaders<'a> {
    /// Asks for each header by its name.
    pub fn of(mut value: impl FnMut(&'static str) -> Option<&'a str>) -> Self {
        let mut text = |name| value(name).unwrap_or_default();
        Self {
            timestamp: text(header::TIMESTAMP),
            nonce: text(header::NONCE),
            signature: text(header::SIGNATURE),
            serial: text(header::SERIAL),
            signature_type: text(header::SIGNATURE_TYPE),
        }
    }

    /// Those of an answer.
    pub(super) fn of_answer(headers: &'a HeaderMap) -> Self {
        Self::of(|name| headers.get(name)?.to_str().ok())
    }

    /// When it was signed, if everything is there and the signature is none that has to be refused at once.
    pub(super) fn seconds(&self) -> Result<u64, Unverified> {
        let needed = [
            (header::SIGNATURE, self.signature),
            (header::SERIAL, self.serial),
            (header::NONCE, self.nonce),
            (header::TIMESTAMP, self.timestamp),
        ];
        if let Some((name, _)) = needed.iter().find(|(_, value)| value.is_empty()) {
            return Err(Unverified::Header(name));
        }
        if !self.signature_type.is_empty() && self.signature_type != SCHEME {
            return Err(Unverified::Type);
        }
        if self.signature.starts_with(PROBE) {
            return Err(Unverified::Probe);
        }
        // `u64::from_str` takes a plus sign, which would be another text than the one that was signed.
        let digits = self.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        self.timestamp.parse().ok().filter(|_| digits).ok_or(Unverified::Header(header::TIMESTAMP))
    }

    /// What the signature covers.
    pub(super) fn message(&self, body: &[u8]) -> Vec<u8> {
        answer_message(self.timestamp, self.nonce, body)
    }
}

/// What the signature of an answer or notification covers.
pub fn answer_message(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    message
}
