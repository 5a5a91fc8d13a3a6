//! What WeChat Pay answers instead of what was asked, by what the caller does about it.

use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;

use super::signed::Unverified;
use super::signing_key::SigningFailed;
use crate::platform::outgoing::Failure;

/// Why WeChat Pay did not do it.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// Not now: no answer, or one that says to ask again later. Whether it was done is not known; the same request may be repeated, after a
    /// pause that grows.
    #[error("WeChat Pay does not answer now: {0}")]
    Transient(String),
    /// WeChat Pay says no, and proves that it does.
    #[error(transparent)]
    Refused(#[from] PayRefusal),
    /// Nothing proves that the answer is WeChat Pay's. Whether it was done is not known.
    #[error("the answer (status {status}{}) is not proven to be of WeChat Pay: {cause}", code.as_ref().map(|code| format!(", {code}")).unwrap_or_default())]
    Unverified {
        /// Status of the answer.
        status: u16,
        /// What it says, if it says anything.
        code: Option<PayCode>,
        /// What is wrong with its signature.
        cause: Unverified,
    },
    /// WeChat Pay says something that was not asked for, or that cannot be read.
    #[error("WeChat Pay answers something else than it was asked: {0}")]
    Unexpected(String),
    /// The request could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
}

/// A refusal with WeChat Pay's own code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("WeChat Pay refuses (status {status}, {code}): {message}")]
pub struct PayRefusal {
    /// Status of the answer.
    pub status: u16,
    /// Which refusal it is.
    pub code: PayCode,
    /// WeChat Pay's words, cut to 200 characters.
    pub message: String,
}

/// Longest text of WeChat Pay that an error shows.
const MESSAGE_CHARACTERS_MAX: usize = 200;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// Codes that a caller handles differently. WeChat Pay writes some with and some without underlines, which makes no difference here.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum PayCode {
            $($(#[$doc])* $variant,)*
            /// Any other one.
            Other(String),
        }

        impl PayCode {
            /// Reads a code.
            pub fn of(text: &str) -> Self {
                let plain: String = text.chars().filter(|letter| *letter != '_').take(64).collect();
                $(if plain == $text.replace('_', "") { return Self::$variant; })*
                Self::Other(text.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(64).collect())
            }

            /// WeChat Pay's own word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}

codes! {
    /// A parameter is wrong.
    ParamError = "PARAM_ERROR",
    /// The request is not possible as it is, such as a refund above what is left.
    InvalidRequest = "INVALID_REQUEST",
    /// The request's signature is wrong: see WECHAT_PAY_CERT_PATH and WECHAT_PAY_SERIAL_NO.
    SignError = "SIGN_ERROR",
    /// The merchant may not do this.
    NoAuth = "NO_AUTH",
    /// No such merchant.
    MchNotExists = "MCH_NOT_EXISTS",
    /// Mini-program and merchant are not linked.
    AppidMchidNotMatch = "APPID_MCHID_NOT_MATCH",
    /// The payer is none of this mini-program.
    OpenidMismatch = "OPENID_MISMATCH",
    /// The number was used for another order.
    OutTradeNoUsed = "OUT_TRADE_NO_USED",
    /// The order is closed.
    OrderClosed = "ORDER_CLOSED",
    /// The order is paid.
    OrderPaid = "ORDER_PAID",
    /// No such order.
    OrderNotExist = "ORDER_NOT_EXIST",
    /// The shopper is entering the password.
    UserPaying = "USER_PAYING",
    /// Nothing has this number: of refunds.
    ResourceNotExists = "RESOURCE_NOT_EXISTS",
    /// The merchant's balance does not suffice: of refunds.
    NotEnough = "NOT_ENOUGH",
    /// The payer's account cannot be paid to.
    UserAccountAbnormal = "USER_ACCOUNT_ABNORMAL",
    /// A rule of WeChat Pay forbids it.
    RuleLimit = "RULE_LIMIT",
    /// The trade's state forbids it.
    TradeError = "TRADE_ERROR",
    /// Too many requests: later.
    FrequencyLimited = "FREQUENCY_LIMITED",
    /// The same: later.
    RateLimitExceeded = "RATELIMIT_EXCEED",
    /// Its own error: later.
    SystemError = "SYSTEM_ERROR",
    /// The bank's error: later.
    BankError = "BANK_ERROR",
    /// Not finished: later, with the same numbers.
    BizErrNeedRetry = "BIZERR_NEED_RETRY",
    /// The day has no bill.
    NoStatementExist = "NO_STATEMENT_EXIST",
    /// The day's bill is not made yet: later.
    StatementCreating = "STATEMENT_CREATING",
}

impl fmt::Display for PayCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PayCode {
    /// Whether the same request may be done later.
    const fn is_transient(&self) -> bool {
        matches!(self, Self::FrequencyLimited | Self::RateLimitExceeded | Self::SystemError | Self::BankError | Self::BizErrNeedRetry)
    }
}

/// What became of closing an order at WeChat Pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Nobody can pay it any more. An order that WeChat Pay does not know counts as closed: nothing was prepaid for it, so there is nothing that
    /// could be paid.
    Closed,
    /// It was paid before: a query tells the rest.
    AlreadyPaid,
    /// The shopper is paying at this moment: ask again in five seconds.
    UserPaying,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl PayError {
    /// Whether the same request may succeed later.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }

    /// WeChat Pay's code, if it refuses.
    pub const fn refusal(&self) -> Option<&PayCode> {
        match self {
            Self::Refused(refusal) => Some(&refusal.code),
            _ => None,
        }
    }

    /// What an answer means that is no success. Without a proven signature it is at best a reason to ask again.
    pub(super) fn of_answer(status: StatusCode, body: &[u8], verified: Result<(), Unverified>) -> Self {
        let said: Option<Said> = serde_json::from_slice(body).ok();
        let code = said.as_ref().filter(|said| !said.code.is_empty()).map(|said| PayCode::of(&said.code));
        let later = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || code.as_ref().is_some_and(PayCode::is_transient);
        match (verified, code) {
            (_, code) if later => {
                Self::Transient(format!("status {}{}", status.as_u16(), code.map(|code| format!(", {code}")).unwrap_or_default()))
            }
            (Err(cause), code) => Self::Unverified { status: status.as_u16(), code, cause },
            (Ok(()), Some(code)) => {
                let message = said.map(|said| said.message).unwrap_or_default();
                Self::Refused(PayRefusal { status: status.as_u16(), code, message: message.chars().take(MESSAGE_CHARACTERS_MAX).collect() })
            }
            (Ok(()), None) => Self::Unexpected(format!("status {} without a code", status.as_u16())),
        }
    }
}

impl From<Failure> for PayError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TooLong(_) | Failure::Unreadable(_) => Self::Unexpected(failure.to_string()),
            failure => Self::Transient(failure.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str, verified: Result<(), Unverified>) -> PayError {
        PayError::of_answer(StatusCode::from_u16(status).unwrap(), body.as_bytes(), verified)
    }

    #[test]
    fn codes_are_read_with_and_without_underlines() {
        for (text, code) in
            [("ORDERPAID", PayCode::OrderPaid), ("USERPAYING", PayCode::UserPaying), ("ORDER_NOT_EXIST", PayCode::OrderNotExist)]
        {
            assert_eq!(PayCode::of(text), code);
        }
        assert_eq!(PayCode::of("NEW<CODE>"), PayCode::Other("NEWCODE".to_owned()));
    }

    #[test]
    fn a_refusal_counts_only_with_its_signature() {
        let body = r#"{"code":"ORDER_NOT_EXIST","message":"no"}"#;
        assert_eq!(error(404, body, Ok(())).refusal(), Some(&PayCode::OrderNotExist));
        let forged = error(404, body, Err(Unverified::Signature));
        assert!(matches!(&forged, PayError::Unverified { status: 404, code: Some(PayCode::OrderNotExist), .. }), "{forged:?}");
        assert!(!forged.is_transient());
    }

    #[test]
    fn what_may_work_later_is_transient_whoever_says_it() {
        for (status, body) in
            [(500, "{}"), (503, "<html>"), (429, "{}"), (400, r#"{"code":"SYSTEMERROR"}"#), (403, r#"{"code":"BIZERR_NEED_RETRY"}"#)]
        {
            assert!(error(status, body, Err(Unverified::Signature)).is_transient(), "{status} {body}");
        }
        assert!(matches!(error(400, "{}", Ok(())), PayError::Unexpected(_)));
    }
}
