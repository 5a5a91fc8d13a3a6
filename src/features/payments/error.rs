//! Why something about a payment is not done, and how that is answered.

use actix_web::http::StatusCode;
use mallcore_actors::refusal::{Refusal, Rule, RuleClass, Unavailable};

use crate::platform::database::Error;
use crate::platform::http::problem::{Hint, Problem};
use crate::platform::reads::StoreError;
use crate::platform::wechat::pay::{PayCode, PayError};

/// WeChat Pay has to know who pays.
pub const PAYER_UNKNOWN: Rule = Rule {
    code: "payer_unknown",
    class: RuleClass::Conflict,
    title: "尚未绑定微信 / Payer unknown",
    detail: "请先用微信登录，再用微信支付。",
};

/// Seconds after which a shopper may ask again.
const RETRY_SECONDS: u32 = 3;

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// The rules say no.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// The order cannot be asked, or the journal cannot record, now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// WeChat Pay did not do it.
    #[error(transparent)]
    Channel(#[from] PayError),
    /// No merchant of WeChat Pay is configured.
    #[error("no merchant of WeChat Pay is configured: see WECHAT_PAY_MCHID")]
    NoMerchant,
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] Error),
}

impl PaymentError {
    /// Whether the same may work later, without anybody's doing.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused(_) | Self::NoMerchant => false,
            Self::Unavailable(_) => true,
            Self::Channel(cause) => cause.is_transient(),
            Self::Database(cause) => cause.is_transient(),
        }
    }
}

impl From<Refusal> for PaymentError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for PaymentError {
    fn from(_: StoreError) -> Self {
        Self::Database(Error::timed_out())
    }
}

impl From<PaymentError> for Problem {
    fn from(error: PaymentError) -> Self {
        let later = || Self::new(StatusCode::SERVICE_UNAVAILABLE, "payment_unavailable").hinting(Hint::RetryAfter(RETRY_SECONDS));
        match error {
            PaymentError::Refused(refusal) => refusal.into(),
            PaymentError::Unavailable(cause) => cause.into(),
            PaymentError::Database(_) => Self::database_unavailable(),
            PaymentError::Channel(cause) if cause.refusal() == Some(&PayCode::OpenidMismatch) => Refusal::Rule(&PAYER_UNKNOWN).into(),
            PaymentError::Channel(cause) => {
                if cause.is_transient() {
                    tracing::warn!("{cause}");
                } else {
                    tracing::error!("{cause}");
                }
                later()
            }
            PaymentError::NoMerchant => {
                tracing::error!("a shopper wants to pay: {}", PaymentError::NoMerchant);
                later()
            }
        }
    }
}
