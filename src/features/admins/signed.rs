//! Sessions of administrators: how one begins, and who is behind a cookie.
//! - S1 A session notes which password it began with, and the line of its log-in; a session of another release or password has ended.
//! - S2 A session that is used lives on; the store is told once a minute, not with every request.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::refusals::AdminError;
use super::repository::Admin;
use super::rights::Rights;
use super::service::Admins;
use super::{cookie, passwords};
use crate::platform::sessions::{LIVES, Owner, Session, SessionKey, SessionToken};

/// A session that was touched less than this ago is not touched again.
const TOUCH_AFTER: Duration = Duration::from_secs(60);

/// What a session notes.
#[derive(Serialize, Deserialize)]
struct Noted {
    /// Which password it began with.
    password: String,
    /// The line of its log-in in `admin_login_logs`.
    line: u64,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Signed {
    /// Id of the administrator.
    pub id: u64,
    /// What they may do.
    pub rights: Arc<Rights>,
    /// For the cookie.
    pub token: SessionToken,
    /// The line of their log-in.
    pub line: u64,
}

impl Signed {
    /// The CSRF token of the session.
    pub fn csrf(&self) -> String {
        cookie::csrf(&self.token)
    }
}

impl Admins {
    /// Begins a session of somebody who has proved who they are.
    pub(super) async fn begin_session(&self, admin: &Admin, line: u64) -> Result<Signed, AdminError> {
        let token = SessionToken::random();
        let noted = Noted { password: passwords::fingerprint(&admin.hash), line };
        // Plain text and a number have no way to fail.
        let payload = serde_json::to_string(&noted).unwrap_or_default();
        self.sessions.save(Session::of_admin(admin.id, token.id(), payload)).await?;
        // Switched off at this very moment.
        let rights = self.rights(admin.id).await?.ok_or(AdminError::LoginFailed)?;
        Ok(Signed { id: admin.id, rights, token, line })
    }

    /// Who is behind this token.
    pub async fn signed(&self, token: SessionToken) -> Result<Signed, AdminError> {
        let key = SessionKey::Admin(token.id());
        let (session, left) = self.sessions.load(&key).await?.ok_or(AdminError::SignedOut)?;
        let Owner::Admin(id) = session.owner() else { return Err(AdminError::SignedOut) };
        let noted: Noted = serde_json::from_str(&session.payload).map_err(|_| AdminError::SignedOut)?;
        let Some(rights) = self.rights_under(id, &noted.password).await? else {
            self.sessions.delete(&key).await?;
            return Err(AdminError::SignedOut);
        };
        if left + TOUCH_AFTER < LIVES && !self.sessions.touch(&key).await? {
            return Err(AdminError::SignedOut);
        }
        Ok(Signed { id, rights, token, line: noted.line })
    }

    /// What an administrator may do in a session that began with this password; none if it is another one by now.
    async fn rights_under(&self, id: u64, password: &str) -> Result<Option<Arc<Rights>>, AdminError> {
        let is_same = |rights: &Arc<Rights>| rights.fingerprint == password;
        if let Some(rights) = self.rights(id).await?.filter(is_same) {
            return Ok(Some(rights));
        }
        // The session may be newer than what memory has: another process has changed the password.
        self.remembered.forget(id);
        Ok(self.rights(id).await?.filter(is_same))
    }
}
