//! Logging in: captcha, tries, password, account, session, permissions, in this order; logging out.
//! - L1 Nobody learns whether a name exists: a wrong name, a wrong password and an account that is off take the same time, count the same
//!   and are answered the same.
//! - L2 Each try of a password has its line in `admin_login_logs`, written before the answer; a wrong captcha is no try and has none.
//! - L3 A log-in makes a new session with a new token, whatever cookie came with it.

use super::metrics::{LOGINS_TOTAL, OUTCOME};
use super::refusals::{AdminError, CAPTCHA_WRONG};
use super::repository::{self, Admin, Attempt};
use super::service::{Admins, Origin};
use super::signed::Signed;
use super::tries::{Begun, Known};
use super::username::{CHARACTERS_MAX, Username};
use crate::platform::database::Tx;
use crate::platform::error_chain;
use crate::platform::reads::ANSWER_WITHIN;
use crate::platform::sessions::SessionKey;

/// What somebody sends to log in.
pub struct Credentials {
    /// The name, as it was typed.
    pub username: String,
    /// The password, as it was typed.
    pub password: String,
    /// Id of the captcha that they solved.
    pub captcha_id: String,
    /// The letters that they saw.
    pub captcha: String,
}

/// How a try ends that does not begin a session.
#[derive(Debug, Clone, Copy)]
enum Failure {
    Locked,
    Password,
    Disabled,
}

impl Failure {
    /// For the log of log-ins, and for the label of the metric.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Locked => ("尝试次数过多，已暂时锁定", "locked"),
            Self::Password => ("用户名或密码错误", "password"),
            Self::Disabled => ("账号已禁用", "disabled"),
        }
    }
}

const SUCCESS: &str = "登录成功";

impl Admins {
    /// Logs somebody in.
    pub async fn log_in(&self, credentials: Credentials, origin: &Origin) -> Result<Signed, AdminError> {
        if !self.check_captcha(&credentials.captcha_id, &credentials.captcha).await? {
            LOGINS_TOTAL.with(&[(OUTCOME, "captcha")]).increment(1);
            return Err(AdminError::Rule(&CAPTCHA_WRONG));
        }
        let name = Username::parse(&credentials.username);
        // What nobody can be called counts as it was typed.
        let called = name.as_ref().map_or(credentials.username.as_str(), Username::as_str);
        let known = Known::of(&self.key, "name", called);
        let from = Known::of(&self.key, "address", &origin.bucket.to_string());
        if let Begun::Wait(wait) = self.tries.begin(&known, &from, self.now()).await? {
            self.failed(None, called, origin, Failure::Locked).await?;
            return Err(AdminError::TooManyTries(wait));
        }
        let admin = match &name {
            Some(name) => self.reads.ask(ANSWER_WITHIN, async |database| repository::by_name(database, name).await).await?,
            None => None,
        };
        let is_right = self.passwords.is_right(credentials.password.clone(), admin.as_ref().map(|admin| admin.hash.clone())).await?;
        let id = admin.as_ref().map(|admin| admin.id);
        let Some(admin) = admin.filter(|_| is_right) else {
            self.failed(id, called, origin, Failure::Password).await?;
            return Err(AdminError::LoginFailed);
        };
        if !admin.is_on {
            self.failed(Some(admin.id), called, origin, Failure::Disabled).await?;
            return Err(AdminError::LoginFailed);
        }
        let (admin, line) = self.entered(admin, credentials.password, origin).await?;
        let signed = self.begin_session(&admin, line).await?;
        self.tries.succeeded(&known, &from).await?;
        LOGINS_TOTAL.with(&[(OUTCOME, "success")]).increment(1);
        Ok(signed)
    }

    /// Notes that somebody has come in, with the password hashed anew if that is due. The line of the log, too.
    async fn entered(&self, admin: Admin, password: String, origin: &Origin) -> Result<(Admin, u64), AdminError> {
        let outdated = self.passwords.is_outdated(&admin.hash);
        let hash = if outdated { Some(self.passwords.hash(password).await?) } else { None };
        let (now, ip) = (self.now(), origin.address.to_string());
        let attempt = attempt(Some(admin.id), &admin.username, origin, true, SUCCESS);
        let line = self
            .writes
            .transaction(async |tx: &mut Tx| -> Result<u64, AdminError> {
                repository::note_login(tx, admin.id, &ip, now).await?;
                if let Some(hash) = &hash {
                    repository::set_hash(tx, admin.id, hash, now).await?;
                }
                Ok(repository::log_attempt(tx, &attempt, now).await?)
            })
            .await?;
        // The session begins with what the database has now.
        self.remembered.forget(admin.id);
        let hash = hash.unwrap_or(admin.hash);
        Ok((Admin { hash, last_login_time: Some(now), last_login_ip: Some(ip), ..admin }, line))
    }

    async fn failed(&self, admin: Option<u64>, called: &str, origin: &Origin, failure: Failure) -> Result<(), AdminError> {
        let (message, outcome) = failure.words();
        LOGINS_TOTAL.with(&[(OUTCOME, outcome)]).increment(1);
        let (attempt, now) = (attempt(admin, called, origin, false, message), self.now());
        let log = async |tx: &mut Tx| -> Result<u64, AdminError> { Ok(repository::log_attempt(tx, &attempt, now).await?) };
        self.writes.transaction(log).await.map(drop)
    }

    /// Ends a session, and notes it in the line of its log-in.
    pub async fn log_out(&self, signed: &Signed) -> Result<(), AdminError> {
        self.sessions.delete(&SessionKey::Admin(signed.token.id())).await?;
        let (line, now) = (signed.line, self.now());
        let log = async |tx: &mut Tx| -> Result<(), AdminError> { Ok(repository::log_logout(tx, line, now).await?) };
        // The session has ended, whatever becomes of the note.
        if let Err(cause) = self.writes.transaction(log).await {
            tracing::warn!("a log-out is missing in admin_login_logs: {}", error_chain::of(&cause));
        }
        Ok(())
    }
}

fn attempt(admin: Option<u64>, called: &str, origin: &Origin, is_success: bool, message: &'static str) -> Attempt {
    Attempt {
        admin,
        username: called.chars().take(CHARACTERS_MAX).collect(),
        ip: origin.address.to_string(),
        user_agent: origin.user_agent.clone(),
        is_success,
        message,
    }
}
