//! Text messages with codes: the port to whoever sends them, and the store of codes that were sent (`codes`).
//! - M1 A code is never logged, except by the sender of development and the embedded mode, whose whole purpose that is.
//!
//! Not here: who may ask for a code and what it is good for (`features::accounts`).

pub mod codes;
mod log;
pub mod tencent;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use log::LogSender;
pub use tencent::TencentSender;

use crate::platform::config::{self, SmsKind};

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// The service did not take it now; whether it was sent is not known if the connection broke.
    #[error("the SMS service is not available: {0}")]
    Unavailable(String),
    /// The service refuses messages to this number: it is wrong, blocked, or has had too many.
    #[error("the SMS service does not send to this number: {0}")]
    Number(String),
    /// The service refuses us: settings, signature, template, balance. A person has to act.
    #[error("the SMS service refuses the shop: {0}")]
    Refused(String),
}

/// Sends codes to phones.
pub trait SmsSender: Send + Sync + 'static {
    /// Sends a code to a number of mainland China (11 digits) and says for how many minutes it is good. Answered once the service has taken it.
    fn send<'a>(&'a self, phone: &'a str, code: &'a str, minutes: u32) -> BoxFuture<'a, Result<(), SmsError>>;
}

/// The configured sender; none where the shop sends no messages.
///
/// # Errors
/// The HTTP client's, if it cannot be made.
pub fn sender(settings: &config::Sms) -> Result<Option<Arc<dyn SmsSender>>, reqwest::Error> {
    Ok(match (&settings.kind, &settings.tencent) {
        (SmsKind::None, _) | (SmsKind::Tencent, None) => None,
        (SmsKind::Log, _) => Some(Arc::new(LogSender)),
        (SmsKind::Tencent, Some(tencent)) => Some(Arc::new(TencentSender::new(tencent.clone())?)),
    })
}
