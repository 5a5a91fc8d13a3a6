//! Captchas in Redis, shared by all processes: `captcha:{captcha_id}`, a text that is read and removed in one command.

use ::redis::cmd;
use futures_util::future::BoxFuture;
use mallcore_actors::time::Timestamp;

use super::{CaptchaId, Captchas, LIVES};
use crate::features::admins::store::StoreError;
use crate::platform::redis::Link;

/// Captchas in Redis.
pub struct RedisCaptchas(Link);

impl RedisCaptchas {
    /// Over this link.
    pub const fn new(link: Link) -> Self {
        Self(link)
    }
}

fn place(id: &CaptchaId) -> String {
    format!("captcha:{}", id.as_str())
}

impl Captchas for RedisCaptchas {
    fn keep<'a>(&'a self, id: &'a CaptchaId, hash: String, _: Timestamp) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let lives = u64::try_from(LIVES.as_millis()).unwrap_or(u64::MAX);
            self.0.query::<String>(cmd("SET").arg(place(id)).arg(hash).arg("PX").arg(lives)).await?;
            Ok(())
        })
    }

    fn take<'a>(&'a self, id: &'a CaptchaId, _: Timestamp) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async move { Ok(self.0.query(cmd("GETDEL").arg(place(id))).await?) })
    }
}
