//! What the sign-in of the back office is refused with, and what each fault of a server behind it is told as.

use std::time::Duration;

use actix_web::http::StatusCode;
use mallcore_actors::refusal::{Refusal, Rule, RuleClass};

use super::passwords::{PasswordError, WeakPassword};
use super::store::StoreError;
use crate::platform::database::{self, TransactionError};
use crate::platform::error_chain;
use crate::platform::http::problem::{Hint, Problem};
use crate::platform::sessions::SessionError;

/// The letters are not those of the picture, or the captcha was used or has ended: one answer for all.
pub static CAPTCHA_WRONG: Rule = Rule {
    code: "captcha_wrong",
    class: RuleClass::Invalid,
    title: "图形验证码错误 / Wrong captcha",
    detail: "图形验证码不正确或已失效，请换一张重新输入。",
};
/// The old password is another one.
pub static OLD_PASSWORD_WRONG: Rule = Rule {
    code: "old_password_wrong",
    class: RuleClass::Invalid,
    title: "原密码错误 / Old password wrong",
    detail: "原密码不正确，请核对后重新输入。",
};

/// All of them.
pub const RULES: &[&Rule] = &[&CAPTCHA_WRONG, &OLD_PASSWORD_WRONG];

/// Said with every 401 of the back office: the session is in a cookie.
const CHALLENGE: &str = "Cookie realm=\"admin\"";

/// Why something of the sign-in was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The rules say no.
    #[error("refused: {}", .0.code)]
    Rule(&'static Rule),
    /// No such name, another password, or an account that is off: nobody is told which.
    #[error("the log-in failed")]
    LoginFailed,
    /// The name or the address had too many wrong tries.
    #[error("too many wrong tries, the next one in {0:?}")]
    TooManyTries(Duration),
    /// The address asks for captchas too often.
    #[error("too many captchas, the next one in {0:?}")]
    TooManyCaptchas(Duration),
    /// There is no session, or it has ended.
    #[error("nobody is signed in")]
    SignedOut,
    /// The request does not prove that a page of the back office sent it.
    #[error("the CSRF token is missing or wrong")]
    Forged,
    /// No role of the administrator permits it.
    #[error("not permitted: {0}")]
    Forbidden(&'static str),
    /// The new password is easily guessed.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The new password is the old one.
    #[error("the new password is the old one")]
    SamePassword,
    /// bcrypt did not do it.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store of captchas or tries did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store of sessions did not answer.
    #[error(transparent)]
    Sessions(#[from] SessionError),
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] database::Error),
}

impl TransactionError for AdminError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Database(cause) if cause.is_transient())
    }
}

fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}

fn unavailable(code: &'static str, seconds: u32) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code).hinting(Hint::RetryAfter(seconds))
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        let unauthorized = |code| Self::new(StatusCode::UNAUTHORIZED, code).hinting(Hint::Challenge(CHALLENGE));
        match &error {
            AdminError::Rule(rule) => Refusal::Rule(rule).into(),
            AdminError::LoginFailed => unauthorized("admin_login_failed"),
            AdminError::SignedOut => unauthorized("admin_signed_out"),
            AdminError::TooManyTries(wait) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "admin_login_locked").hinting(Hint::RetryAfter(seconds(*wait)))
            }
            AdminError::TooManyCaptchas(wait) => Self::too_many_requests(seconds(*wait)),
            AdminError::Forged => Self::new(StatusCode::FORBIDDEN, "csrf_token_invalid").naming("X-CSRF-Token", "csrf_token_invalid"),
            AdminError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "permission_denied"),
            AdminError::Weak(weak) => Self::invalid("new_password", weak.words()),
            AdminError::SamePassword => Self::invalid("new_password", "新密码不能与原密码相同。"),
            AdminError::Password(PasswordError::Busy) => unavailable("busy", 2),
            AdminError::Store(_) | AdminError::Sessions(_) => {
                tracing::warn!("{}", error_chain::of(&error));
                unavailable("sessions_unavailable", 5)
            }
            AdminError::Database(cause) if cause.is_transient() => Self::database_unavailable(),
            AdminError::Database(_) | AdminError::Password(_) => Self::internal(&error_chain::of(&error)),
        }
    }
}
