//! Codes in Redis, shared by all processes: `sms:code:*` (a hash of code, end and tries), `sms:sent:*` (when and how often a phone was sent
//! one) and `sms:from:*` (how often an address asked). Each change is one script, so two requests never both pass a limit or use one code.

use std::sync::LazyLock;
use std::time::Duration;

use ::redis::Script;
use futures_util::future::BoxFuture;
use mallcore_actors::time::Timestamp;

use super::{CodeHash, CodeRules, Codes, CodesError, DAY, HOUR, Kept, Known, Tried};
use crate::platform::redis::Link;

static KEEP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("keep.lua")));
static ATTEMPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("attempt.lua")));
static USE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("use.lua")));

/// Codes and the counts of their limits in Redis.
pub struct RedisCodes {
    link: Link,
    rules: CodeRules,
}

impl RedisCodes {
    /// Over this link.
    pub const fn new(link: Link, rules: CodeRules) -> Self {
        Self { link, rules }
    }
}

fn place(phone: &Known) -> String {
    format!("sms:code:{}", phone.0)
}

impl Codes for RedisCodes {
    fn keep<'a>(&'a self, phone: &'a Known, address: &'a Known, code: CodeHash, now: Timestamp) -> BoxFuture<'a, Result<Kept, CodesError>> {
        Box::pin(async move {
            let rules = &self.rules;
            let mut call = KEEP.prepare_invoke();
            call.key(place(phone)).key(format!("sms:sent:{}", phone.0)).key(format!("sms:from:{}", address.0));
            call.arg(now.millis()).arg(code.0).arg(millis(rules.lives)).arg(millis(rules.pause));
            call.arg(millis(DAY)).arg(rules.per_day_max).arg(millis(HOUR)).arg(rules.per_address_max);
            let wait: u64 = self.link.invoke(&call).await?;
            Ok(if wait == 0 { Kept::Yes } else { Kept::Wait(Duration::from_millis(wait)) })
        })
    }

    fn attempt<'a>(&'a self, phone: &'a Known, code: CodeHash, now: Timestamp) -> BoxFuture<'a, Result<Tried, CodesError>> {
        Box::pin(async move {
            let mut call = ATTEMPT.prepare_invoke();
            call.key(place(phone)).arg(now.millis()).arg(self.rules.tries_max);
            let stored: Option<String> = self.link.invoke(&call).await?;
            // Compared here, where it takes the same time wherever the two differ.
            if !stored.is_some_and(|stored| code.is(&stored)) {
                return Ok(Tried::Wrong);
            }
            // Of two requests with the right code one uses it.
            let mut call = USE.prepare_invoke();
            call.key(place(phone)).arg(code.0);
            Ok(if self.link.invoke::<u32>(&call).await? == 1 { Tried::Right } else { Tried::Wrong })
        })
    }
}

const fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}
