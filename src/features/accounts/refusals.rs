//! What logging in and accounts are refused with, and what each fault of a server behind them is told as.

use std::time::Duration;

use actix_web::http::StatusCode;
use mallcore_actors::refusal::{Refusal, Rule, RuleClass, Unavailable};

use crate::platform::auth::TokenError;
use crate::platform::database::{self, TransactionError};
use crate::platform::error_chain;
use crate::platform::http::problem::{Hint, Problem};
use crate::platform::sessions::SessionError;
use crate::platform::sms::SmsError;
use crate::platform::sms::codes::CodesError;
use crate::platform::vault::VaultError;
use crate::platform::wechat::WechatError;

const fn rule(code: &'static str, class: RuleClass, title: &'static str, detail: &'static str) -> Rule {
    Rule { code, class, title, detail }
}

/// A code that WeChat does not know.
pub static WECHAT_CODE: Rule = rule(
    "wechat_code_invalid",
    RuleClass::Invalid,
    "微信凭证无效 / WeChat code invalid",
    "微信登录凭证无效、已过期或已被使用，请重新获取。",
);
/// A code that was not sent to this phone, or not lately.
pub static SMS_CODE: Rule =
    rule("sms_code_wrong", RuleClass::Invalid, "验证码错误 / Wrong code", "验证码不正确或已失效，请核对，或重新获取。");
/// Another account has the phone.
pub static PHONE_TAKEN: Rule =
    rule("phone_taken", RuleClass::Conflict, "手机号已被绑定 / Phone number taken", "这个手机号已经绑定了另一个账号。");
/// Not a mobile number of mainland China.
pub static PHONE_UNSUPPORTED: Rule =
    rule("phone_unsupported", RuleClass::Invalid, "不支持的手机号 / Phone number not supported", "目前只支持中国大陆的手机号。");
/// No such account, or no longer.
pub static UNKNOWN_USER: Rule = rule("unknown_user", RuleClass::Missing, "账号不存在 / Unknown user", "没有这个账号，或已注销。");
/// An account with open orders cannot be cancelled.
pub static OPEN_ORDERS: Rule = rule(
    "open_orders",
    RuleClass::Conflict,
    "还有未完成的订单 / Open orders",
    "还有待付款、待发货或待收货的订单，完成或取消之后才能注销账号。",
);
/// No such text.
pub static UNKNOWN_AGREEMENT: Rule =
    rule("unknown_agreement", RuleClass::Missing, "协议不存在 / Unknown agreement", "没有这份协议或这个版本。");
/// A later version is in force.
pub static AGREEMENT_OUTDATED: Rule =
    rule("agreement_outdated", RuleClass::Conflict, "协议已更新 / Agreement outdated", "协议已有新版本，请阅读后重新同意。");

/// All of them.
pub const RULES: &[&Rule] =
    &[&WECHAT_CODE, &SMS_CODE, &PHONE_TAKEN, &PHONE_UNSUPPORTED, &UNKNOWN_USER, &OPEN_ORDERS, &UNKNOWN_AGREEMENT, &AGREEMENT_OUTDATED];

/// Why something about an account was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The rules say no.
    #[error("refused: {}", .0.code)]
    Rule(&'static Rule),
    /// The refresh token does not count any more.
    #[error("the session has ended")]
    SessionEnded,
    /// Too many codes were asked for.
    #[error("too many codes, the next one in {0:?}")]
    Wait(Duration),
    /// WeChat did not do it.
    #[error(transparent)]
    Wechat(#[from] WechatError),
    /// The message was not sent.
    #[error(transparent)]
    Sms(#[from] SmsError),
    /// No sender is configured.
    #[error("no SMS provider is configured (SMS_PROVIDER)")]
    NoSms,
    /// The store of codes did not answer.
    #[error(transparent)]
    Codes(#[from] CodesError),
    /// The store of sessions did not answer.
    #[error(transparent)]
    Sessions(#[from] SessionError),
    /// Others changed the same session again and again.
    #[error("the session is being changed by others")]
    Contended,
    /// The cart cannot be changed now.
    #[error("the cart cannot be changed now: {}", .0.code())]
    Cart(Unavailable),
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] database::Error),
    /// The keys that seal personal data.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A token could not be signed.
    #[error("a token could not be signed")]
    Token(#[from] TokenError),
}

impl TransactionError for AccountError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Database(cause) => cause.is_transient(),
            Self::Vault(cause) => cause.is_transient(),
            _ => false,
        }
    }
}

const WAIT_FOR_SERVER: u32 = 5;
/// WeChat's quota of one user is counted by the minute.
const WAIT_FOR_WECHAT: u32 = 60;

fn unavailable(code: &'static str, seconds: u32) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code).hinting(Hint::RetryAfter(seconds))
}

fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match &error {
            AccountError::Rule(rule) => Refusal::Rule(rule).into(),
            AccountError::SessionEnded => Self::new(StatusCode::UNAUTHORIZED, "session_revoked")
                .naming("refresh_token", "session_revoked")
                .hinting(Hint::Challenge("Bearer error=\"invalid_token\"")),
            AccountError::Wait(wait) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "sms_rate_limited").hinting(Hint::RetryAfter(seconds(*wait)))
            }
            AccountError::Wechat(cause) => of_wechat(cause),
            AccountError::Sms(SmsError::Number(_)) => {
                tracing::warn!("{error}");
                Refusal::Rule(&PHONE_UNSUPPORTED).into()
            }
            AccountError::Sms(_) | AccountError::NoSms => {
                tracing::error!("no code was sent: {error}");
                unavailable("sms_unavailable", WAIT_FOR_WECHAT)
            }
            AccountError::Codes(_) | AccountError::Sessions(_) => {
                tracing::warn!("{}", error_chain::of(&error));
                unavailable("sessions_unavailable", WAIT_FOR_SERVER)
            }
            AccountError::Contended => unavailable("busy", 1),
            AccountError::Cart(cause) => (*cause).into(),
            AccountError::Vault(VaultError::Destroyed { .. }) => Refusal::Rule(&UNKNOWN_USER).into(),
            AccountError::Database(cause) if cause.is_transient() => Self::database_unavailable(),
            AccountError::Vault(cause) if cause.is_transient() => Self::database_unavailable(),
            AccountError::Database(_) | AccountError::Vault(_) | AccountError::Token(_) => Self::internal(&error_chain::of(&error)),
        }
    }
}

fn of_wechat(cause: &WechatError) -> Problem {
    match cause {
        WechatError::Code(_) => Refusal::Rule(&WECHAT_CODE).into(),
        WechatError::TooOften(_) => {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "wechat_rate_limited").hinting(Hint::RetryAfter(WAIT_FOR_WECHAT))
        }
        WechatError::Blocked(_) => Problem::new(StatusCode::FORBIDDEN, "wechat_blocked"),
        WechatError::Busy(_) => unavailable("wechat_busy", 1),
        WechatError::Failed(failure) => {
            tracing::warn!("WeChat did not answer as it should: {failure}");
            unavailable("wechat_unavailable", WAIT_FOR_SERVER)
        }
        WechatError::AccessToken(_) | WechatError::Refused { .. } | WechatError::NotConfigured => {
            tracing::error!("nobody can log in by WeChat: {cause}");
            unavailable("wechat_unavailable", WAIT_FOR_WECHAT)
        }
    }
}
