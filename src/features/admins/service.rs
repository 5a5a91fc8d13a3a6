//! The service: what it is made of, captchas, and who may ask for how many. What else it does is in `login`, `signed`, `profile` and `rights`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mallcore_actors::engine::Engine;
use mallcore_actors::time::Timestamp;
use rand::RngCore;

use super::captcha::{self, CaptchaId, Captchas, MemoryCaptchas, RedisCaptchas};
use super::cookie::Cookie;
use super::passwords::Passwords;
use super::refusals::AdminError;
use super::rights::Remembered;
use super::tries::{MemoryTries, RedisTries, Tries};
use crate::platform::auth::key::Key;
use crate::platform::config::{Bucket, Config, Mode};
use crate::platform::feature::Opening;
use crate::platform::limits::{Buckets, Nanos};
use crate::platform::reads::Reads;
use crate::platform::redis::Link;
use crate::platform::sessions::{self, MemorySessions, RedisSessions, SessionStore};
use crate::platform::writes::Writes;

/// What is derived from `SESSION_SECRET`: the key under which captchas, names and addresses are hashed.
const PURPOSE: &str = "mallcore admins";
/// Captchas that one address may ask for.
const CAPTCHAS: Bucket = Bucket { per_second: 1, burst: 30 };
/// How often addresses are forgotten that have not asked lately.
const FORGET: Duration = Duration::from_secs(60);

/// What the sign-in is made of.
#[derive(Clone)]
pub struct Settings {
    /// Hashes captchas, names and addresses.
    key: Key,
    cookie: Cookie,
    /// Cost of the hashes of new passwords.
    password_cost: u32,
    /// Whether an address may ask for so many captchas only.
    is_limited: bool,
}

impl Settings {
    /// As configured. Without `SESSION_SECRET` the key is this process's own: captchas of one process are no other's.
    pub fn of(config: &Config) -> Self {
        let key = config.auth.session_secret.as_ref().map(|secret| Key::new(secret.expose().as_bytes()));
        let key = key.unwrap_or_else(|| {
            let mut random = [0; 32];
            rand::rng().fill_bytes(&mut random);
            Key::new(&random)
        });
        let is_secure = !matches!(config.mode, Mode::Embedded | Mode::Development);
        Self {
            key: key.derive(PURPOSE),
            cookie: Cookie::new(config.http.api_prefix.clone(), is_secure),
            password_cost: config.admins.password_cost,
            is_limited: config.rate_limits.enabled,
        }
    }
}

/// Where a request comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Address of the client.
    pub address: IpAddr,
    /// What shares the limits of the address: an IPv6 network, or the address.
    pub bucket: IpAddr,
    /// What the client says it is.
    pub user_agent: Option<String>,
}

/// A captcha that was drawn.
pub struct Drawn {
    /// Names the captcha when it is answered.
    pub id: CaptchaId,
    /// The answer: for whoever drew it. It is never sent, logged or kept.
    pub letters: String,
    /// The picture, as the text of an SVG.
    pub picture: String,
}

/// The sign-in of administrators.
pub struct Admins {
    pub(super) engine: Arc<Engine>,
    pub(super) reads: Arc<Reads>,
    pub(super) writes: Arc<Writes>,
    pub(super) redis: Option<Link>,
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) captchas: Arc<dyn Captchas>,
    pub(super) tries: Arc<dyn Tries>,
    pub(super) passwords: Passwords,
    pub(super) remembered: Remembered,
    pub(super) key: Key,
    pub(super) cookie: Cookie,
    limits: Option<Arc<Buckets<IpAddr>>>,
    began: Instant,
}

impl Admins {
    pub(super) fn open(settings: &Settings, opening: &Opening<'_>) -> Self {
        let redis = opening.redis.cloned();
        let (sessions, captchas, tries): (Arc<dyn SessionStore>, Arc<dyn Captchas>, Arc<dyn Tries>) = match &redis {
            Some(link) => (
                Arc::new(RedisSessions::new(link.clone(), sessions::LIVES)),
                Arc::new(RedisCaptchas::new(link.clone())),
                Arc::new(RedisTries::new(link.clone())),
            ),
            None => (Arc::new(MemorySessions::new(sessions::LIVES)), Arc::new(MemoryCaptchas::default()), Arc::new(MemoryTries::default())),
        };
        Self {
            engine: Arc::clone(opening.engine),
            reads: Arc::clone(opening.reads),
            writes: Arc::clone(opening.writes),
            redis,
            sessions,
            captchas,
            tries,
            passwords: Passwords::new(settings.password_cost),
            remembered: Remembered::default(),
            key: settings.key.clone(),
            cookie: settings.cookie.clone(),
            limits: settings.is_limited.then(|| Arc::new(Buckets::new(CAPTCHAS))),
            began: Instant::now(),
        }
    }

    /// The shop's time.
    pub(super) fn now(&self) -> Timestamp {
        self.engine.clock().now()
    }

    /// How the session's cookie is set.
    pub const fn cookie(&self) -> &Cookie {
        &self.cookie
    }

    /// Draws a captcha for somebody at this address.
    pub async fn draw_captcha(&self, bucket: IpAddr) -> Result<Drawn, AdminError> {
        if let Some(limits) = &self.limits {
            limits.take(bucket, nanos(self.began)).map_err(AdminError::TooManyCaptchas)?;
        }
        let id = CaptchaId::random();
        let (letters, picture) = {
            let mut random = rand::rng();
            let letters = captcha::letters(&mut random);
            let picture = captcha::draw(&letters, &mut random);
            (letters, picture)
        };
        self.captchas.keep(&id, captcha::hash(&self.key, &id, &letters), self.now()).await?;
        Ok(Drawn { id, letters, picture })
    }

    /// Tries the answer to a captcha, which is used up whatever the outcome.
    pub(super) async fn check_captcha(&self, id: &str, answer: &str) -> Result<bool, AdminError> {
        let Some(id) = CaptchaId::parse(id) else { return Ok(false) };
        let kept = self.captchas.take(&id, self.now()).await?;
        Ok(kept.is_some_and(|kept| captcha::is_same(&kept, &captcha::hash(&self.key, &id, answer))))
    }

    /// Forgets addresses that have not asked lately, until the task ends; nothing to do where there are no limits.
    pub(super) fn forget_idle(&self) -> Option<impl Future<Output = ()> + Send + 'static> {
        let (limits, began) = (self.limits.clone()?, self.began);
        Some(async move {
            loop {
                tokio::time::sleep(FORGET).await;
                limits.forget_idle(nanos(began));
            }
        })
    }
}

fn nanos(began: Instant) -> Nanos {
    // 584 years fit.
    began.elapsed().as_nanos() as Nanos
}
