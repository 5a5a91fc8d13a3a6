//! What the sandbox knows: codes that were handed out, and its access token. No HTTP.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use rand::{Rng, RngCore};
use sha2::{Digest, Sha256};

use super::messages::Messages;
use super::pay::PaySandbox;
use super::shipping::Shipments;

/// The mini-program of the sandbox, for whoever names no other.
pub const APPID: &str = "wxsandbox0000000000";
/// Its secret: known to everybody, because it opens nothing.
pub const SECRET: &str = "not-a-secret-of-the-wechat-sandbox";

/// How long a code is good, as at WeChat.
const CODE_LIVES: Duration = Duration::from_secs(300);
/// How long an access token is good, as at WeChat.
pub(super) const TOKEN_LIVES: Duration = Duration::from_secs(7_200);
/// Codes that are kept at a time; beyond that those that have expired are dropped, then the oldest are.
const CODES_MAX: usize = 100_000;

/// WeChat's numbers for what it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Appid = 40_013,
    Secret = 40_125,
    Credential = 40_001,
    Expired = 42_001,
    Code = 40_029,
    Used = 40_163,
    Missing = 41_008,
}

impl Refused {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Appid => "invalid appid",
            Self::Secret => "invalid appsecret",
            Self::Credential => "invalid credential, access_token is invalid or not latest",
            Self::Expired => "access_token expired",
            Self::Code => "invalid code",
            Self::Used => "code been used",
            Self::Missing => "missing code",
        }
    }
}

#[derive(Clone)]
enum Stands {
    /// For a user, who logs in.
    User(String),
    /// For a phone number.
    Phone(String),
}

struct Kept {
    stands: Stands,
    until: Instant,
    is_used: bool,
}

/// The sandbox's memory.
pub struct Sandbox {
    pay: Option<Arc<PaySandbox>>,
    appid: String,
    secret: String,
    codes: Mutex<HashMap<String, Kept>>,
    token: Mutex<Option<(String, Instant)>>,
    /// What it was told of parcels.
    pub shipments: Shipments,
    /// What it was asked to send.
    pub messages: Messages,
}

impl Sandbox {
    /// For one mini-program.
    pub fn new(appid: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            appid: appid.into(),
            secret: secret.into(),
            codes: Mutex::default(),
            token: Mutex::default(),
            shipments: Shipments::default(),
            messages: Messages::default(),
            pay: None,
        }
    }

    /// With WeChat Pay at the same address.
    #[must_use]
    pub fn with_pay(self, pay: Arc<PaySandbox>) -> Self {
        Self { pay: Some(pay), ..self }
    }

    /// WeChat Pay, if it is there.
    pub const fn pay(&self) -> Option<&Arc<PaySandbox>> {
        self.pay.as_ref()
    }

    /// What `wx.login` gives to this user's phone; a user that nobody has seen yet where none is named.
    pub fn login_code(&self, user: Option<&str>) -> String {
        let user = user.map_or_else(|| random(12), str::to_owned);
        self.keep(Stands::User(user))
    }

    /// What `getPhoneNumber` gives to somebody with this number; one of mainland China that is made up where none is named.
    pub fn phone_code(&self, number: Option<&str>) -> String {
        let number = number.map_or_else(|| format!("199{:08}", rand::rng().random_range(0..100_000_000)), str::to_owned);
        self.keep(Stands::Phone(number))
    }

    fn keep(&self, stands: Stands) -> String {
        let (code, now) = (random(24), Instant::now());
        let mut codes = self.codes.lock();
        if codes.len() >= CODES_MAX {
            codes.retain(|_, kept| now < kept.until);
        }
        if codes.len() >= CODES_MAX {
            codes.clear();
        }
        codes.insert(code.clone(), Kept { stands, until: now + CODE_LIVES, is_used: false });
        code
    }

    /// The openid that a login code stands for.
    pub(super) fn openid(&self, appid: &str, secret: &str, code: &str) -> Result<String, Refused> {
        self.check_app(appid, secret)?;
        match self.take(code, |stands| matches!(stands, Stands::User(_)))? {
            Stands::User(user) => Ok(self.openid_of(&user)),
            Stands::Phone(_) => Err(Refused::Code),
        }
    }

    /// The number that a phone code stands for, and the app that it was made for.
    pub(super) fn phone(&self, token: &str, code: &str) -> Result<(String, &str), Refused> {
        self.check_token(token)?;
        match self.take(code, |stands| matches!(stands, Stands::Phone(_)))? {
            Stands::Phone(number) => Ok((number, &self.appid)),
            Stands::User(_) => Err(Refused::Code),
        }
    }

    /// Whether this is the access token that was given out last, and still good.
    pub(super) fn check_token(&self, token: &str) -> Result<(), Refused> {
        match &*self.token.lock() {
            Some((known, _)) if known != token => Err(Refused::Credential),
            Some((_, until)) if Instant::now() >= *until => Err(Refused::Expired),
            Some(_) => Ok(()),
            None => Err(Refused::Credential),
        }
    }

    /// The access token: the same one for as long as it is good, unless a new one is forced.
    pub(super) fn stable_token(&self, appid: &str, secret: &str, force: bool) -> Result<(String, Duration), Refused> {
        self.check_app(appid, secret)?;
        let (now, mut kept) = (Instant::now(), self.token.lock());
        if let Some((token, until)) = &*kept
            && !force
            && now < *until
        {
            return Ok((token.clone(), *until - now));
        }
        let token = random(48);
        *kept = Some((token.clone(), now + TOKEN_LIVES));
        Ok((token, TOKEN_LIVES))
    }

    /// From now on the access token is another one, as when somebody else forces it: whoever holds the old one is refused.
    pub fn change_access_token(&self) {
        *self.token.lock() = Some((random(48), Instant::now() + TOKEN_LIVES));
    }

    fn check_app(&self, appid: &str, secret: &str) -> Result<(), Refused> {
        match () {
            () if appid != self.appid => Err(Refused::Appid),
            () if secret != self.secret => Err(Refused::Secret),
            () => Ok(()),
        }
    }

    fn take(&self, code: &str, fits: impl Fn(&Stands) -> bool) -> Result<Stands, Refused> {
        if code.is_empty() {
            return Err(Refused::Missing);
        }
        let mut codes = self.codes.lock();
        let kept = codes.get_mut(code).filter(|kept| Instant::now() < kept.until && fits(&kept.stands)).ok_or(Refused::Code)?;
        if std::mem::replace(&mut kept.is_used, true) { Err(Refused::Used) } else { Ok(kept.stands.clone()) }
    }

    /// 28 characters that begin with `o`, as WeChat's.
    fn openid_of(&self, user: &str) -> String {
        let hash = Sha256::digest(format!("{}\n{user}", self.appid).as_bytes());
        let text = URL_SAFE_NO_PAD.encode(hash);
        format!("o{}", text.get(..27).unwrap_or(&text))
    }
}

fn random(bytes: usize) -> String {
    let mut drawn = vec![0; bytes];
    rand::rng().fill_bytes(&mut drawn);
    URL_SAFE_NO_PAD.encode(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sandbox() -> Sandbox {
        Sandbox::new(APPID, SECRET)
    }

    #[test]
    fn a_code_is_good_once_and_the_same_user_is_the_same() {
        let sandbox = sandbox();
        let code = sandbox.login_code(Some("alice"));
        let openid = sandbox.openid(APPID, SECRET, &code).unwrap();
        assert_eq!((openid.len(), sandbox.openid(APPID, SECRET, &code)), (28, Err(Refused::Used)));
        let again = super::Sandbox::new(APPID, SECRET);
        assert_eq!(again.openid(APPID, SECRET, &again.login_code(Some("alice"))), Ok(openid.clone()));
        assert_ne!(sandbox.openid(APPID, SECRET, &sandbox.login_code(None)), Ok(openid));
    }

    #[test]
    fn what_wechat_refuses_is_refused_with_its_numbers() {
        let sandbox = sandbox();
        let code = sandbox.login_code(None);
        assert_eq!(sandbox.openid("wx1", SECRET, &code), Err(Refused::Appid));
        assert_eq!(sandbox.openid(APPID, "another", &code), Err(Refused::Secret));
        assert_eq!(sandbox.openid(APPID, SECRET, "nonsense"), Err(Refused::Code));
        assert_eq!(sandbox.openid(APPID, SECRET, ""), Err(Refused::Missing));
        assert_eq!(sandbox.openid(APPID, SECRET, &sandbox.phone_code(None)), Err(Refused::Code), "a code of another kind");
        assert!(sandbox.openid(APPID, SECRET, &code).is_ok(), "a refused request uses no code up");
    }

    #[test]
    fn an_access_token_is_the_same_until_it_changes() {
        let sandbox = sandbox();
        let (token, _) = sandbox.stable_token(APPID, SECRET, false).unwrap();
        assert_eq!(sandbox.stable_token(APPID, SECRET, false).unwrap().0, token);
        let code = sandbox.phone_code(Some("13800138000"));
        assert_eq!(sandbox.phone("another", &code), Err(Refused::Credential));
        sandbox.change_access_token();
        assert_eq!(sandbox.phone(&token, &code), Err(Refused::Credential));
        let (token, _) = sandbox.stable_token(APPID, SECRET, false).unwrap();
        assert_eq!(sandbox.phone(&token, &code), Ok(("13800138000".to_owned(), APPID)));
    }
}
