//! Notifications: what WeChat Pay posts to the shop when something was paid or refunded.
//! - N1 The raw bytes are verified before anything of them is parsed, and what is encrypted is believed only as far as its tag reaches.
//! - N2 A notification for another merchant or mini-program is refused, also if WeChat Pay has signed it.

use mallcore_actors::time::Timestamp;
use serde::Deserialize;

use super::api_key::{BadCiphertext, Encrypted};
use super::client::WechatPay;
use super::metrics;
use super::refund::{RefundAnswer, WechatRefund};
use super::signed::{NotifyHeaders, Unverified};
use super::trade::{Trade, TradeAnswer};

/// Longest body of a notification, in bytes: longer ones are not read.
pub const NOTIFICATION_BYTES_MAX: usize = 64 << 10;

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// Somebody has paid.
    Paid(Trade),
    /// A refund has ended: paid, closed, or abnormal.
    Refund(WechatRefund),
}

/// Why nothing has happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNotification {
    /// Nothing proves that WeChat Pay has sent it.
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// What it holds cannot be decrypted.
    #[error("the notification's content cannot be decrypted: {0}")]
    Encrypted(#[from] BadCiphertext),
    /// Not of the documented form.
    #[error("the notification cannot be read: {0}")]
    Unreadable(String),
    /// An event that is none of a payment or refund.
    #[error("notifications of the type {0:?} are not known")]
    Event(String),
    /// Signed by WeChat Pay, and for somebody else.
    #[error("the notification is for another merchant or mini-program")]
    OtherMerchant,
}

#[derive(Deserialize)]
struct Envelope {
    event_type: String,
    resource: Encrypted,
}

impl WechatPay {
    /// What a notification says. If it was signed with a platform certificate that is not known yet, the certificates are fetched first.
    ///
    /// # Errors
    /// [`BadNotification`]: it changes nothing, and is answered with a failure, after which WeChat Pay sends it again.
    pub async fn notification(
        &self,
        headers: &NotifyHeaders<'_>,
        raw_body: &[u8],
        now: Timestamp,
    ) -> Result<Notification, BadNotification> {
        let verified = match self.keyring.verify(headers, raw_body, now) {
            Err(Unverified::Serial(serial)) => {
                self.fetch_certificates(&serial).await;
                self.keyring.verify(headers, raw_body, now)
            }
            verified => verified,
        };
        if let Err(cause) = verified {
            metrics::unverified(cause.reason());
            return Err(cause.into());
        }
        self.content(raw_body)
    }

    fn content(&self, verified_body: &[u8]) -> Result<Notification, BadNotification> {
        let Envelope { event_type, resource } = json(verified_body)?;
        let plain = self.credentials.api_key.open(&resource)?;
        let unreadable = |cause: super::trade::BadTime| BadNotification::Unreadable(cause.to_string());
        match event_type.as_str() {
            "TRANSACTION.SUCCESS" => {
                let trade = Trade::try_from(json::<TradeAnswer>(&plain)?).map_err(unreadable)?;
                if trade.mchid != self.mchid() || trade.appid != self.appid {
                    return Err(BadNotification::OtherMerchant);
                }
                Ok(Notification::Paid(trade))
            }
            "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED" => {
                let answer: RefundAnswer = json(&plain)?;
                if answer.mchid.as_deref() != Some(self.mchid()) {
                    return Err(BadNotification::OtherMerchant);
                }
                Ok(Notification::Refund(WechatRefund::try_from(answer).map_err(unreadable)?))
            }
            _ => Err(BadNotification::Event(event_type.chars().take(64).collect())),
        }
    }
}

/// Says where it cannot be read, not what is there: it names a payer.
fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, BadNotification> {
    crate::platform::outgoing::json(bytes).map_err(|failure| BadNotification::Unreadable(failure.to_string()))
}
