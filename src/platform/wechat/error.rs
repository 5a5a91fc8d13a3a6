//! What WeChat answers instead of what was asked, by what the caller does about it.

use crate::platform::outgoing::Failure;

/// Why WeChat did not do it.
#[derive(Debug, thiserror::Error)]
pub enum WechatError {
    /// The code is wrong, has expired, or was used (40029, 40163).
    #[error("WeChat does not know the code (errcode {0})")]
    Code(i64),
    /// This user logs in too often, or the shop asks too often (45011).
    #[error("WeChat is asked too often (errcode {0})")]
    TooOften(i64),
    /// WeChat takes the user for a risk and does not let them log in (40226).
    #[error("WeChat has blocked the user (errcode {0})")]
    Blocked(i64),
    /// WeChat is busy (-1); another code may work later.
    #[error("WeChat is busy (errcode {0})")]
    Busy(i64),
    /// The access token does not count any more (40001, 42001, 40014): a new one has to be fetched.
    #[error("WeChat does not take the access token (errcode {0})")]
    AccessToken(i64),
    /// WeChat refuses the shop itself: app id, secret, address, rights. A person has to act.
    #[error(
        "WeChat refuses the shop (errcode {code}: {message}); see WECHAT_APPID and WECHAT_SECRET, and the allowed addresses of the mini-program"
    )]
    Refused {
        /// `errcode` of WeChat's answer.
        code: i64,
        /// `errmsg` of WeChat's answer.
        message: String,
    },
    /// WECHAT_APPID or WECHAT_SECRET is not set.
    #[error("WECHAT_APPID and WECHAT_SECRET are not set")]
    NotConfigured,
    /// No answer that could be read.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Longest text of WeChat that a log line shows.
const MESSAGE_CHARACTERS_MAX: usize = 200;

impl WechatError {
    /// What an `errcode` other than 0 means.
    pub(super) fn of(code: i64, message: &str) -> Self {
        match code {
            40_029 | 40_163 => Self::Code(code),
            45_011 => Self::TooOften(code),
            40_226 => Self::Blocked(code),
            -1 => Self::Busy(code),
            40_001 | 40_014 | 42_001 => Self::AccessToken(code),
            _ => Self::Refused { code, message: message.chars().take(MESSAGE_CHARACTERS_MAX).collect() },
        }
    }
}
