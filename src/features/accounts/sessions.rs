//! Sessions: the families of refresh tokens, kept in the port of sessions as one value for each user, and the revocation of access tokens.
//! - S1 A value is changed by compare and set: of two refreshes at the same time one makes the next generation, and the other one is answered as
//!   a retry of it.
//! - S2 What ends a session against its owner's will (F2) makes their access tokens void, too: whoever copied one may hold the other.

use std::time::Duration;

use mallcore_actors::ids::UserId;

use super::families::{Families, Presented};
use super::refusals::AccountError;
use super::repository::{self, User};
use super::service::Accounts;
use crate::platform::auth::refresh::{FamilyId, RefreshClaims};
use crate::platform::database::Tx;
use crate::platform::reads::ANSWER_WITHIN;
use crate::platform::sessions::{Owner, Session, SessionKey};

/// How often a value is changed anew that others have changed meanwhile.
const ATTEMPTS: usize = 8;

/// What a log-in or a refresh is answered with.
pub struct Tokens {
    /// Sent with each request as `Authorization: Bearer`.
    pub access_token: String,
    /// How long it is good.
    pub expires_in: Duration,
    /// For the next refresh.
    pub refresh_token: String,
    /// How long that one is good, if it is not used.
    pub refresh_expires_in: Duration,
}

impl Accounts {
    /// A new session of somebody who has just logged in.
    pub(super) async fn begin_session(&self, user: &User) -> Result<Tokens, AccountError> {
        let family = FamilyId::random();
        let lives = self.session_millis();
        self.change(user.id, |families| families.begin(family.clone(), self.now(), lives)).await?;
        self.tokens(user, family, 0)
    }

    /// The next tokens of a session.
    pub async fn refresh(&self, token: &str) -> Result<Tokens, AccountError> {
        let claims = self.verifier.refresh_tokens().read(token).ok_or(AccountError::SessionEnded)?;
        let RefreshClaims { user: id, family, generation } = claims;
        // First: if the database does not answer, the token is still good.
        let ask = async |database: &_| repository::active(database, id).await;
        let user = self.reads.ask(ANSWER_WITHIN, ask).await?.ok_or(AccountError::SessionEnded)?;
        let lives = self.session_millis();
        match self.change(id, |families| families.present(&family, generation, self.now(), lives)).await? {
            Presented::Rotated(next) | Presented::Again(next) => self.tokens(&user, family, next),
            Presented::Ended => Err(AccountError::SessionEnded),
            Presented::Reused => {
                tracing::warn!(user.id = %id, "a refresh token was used a second time: the session has ended");
                self.revoke_access_tokens(id).await?;
                Err(AccountError::SessionEnded)
            }
        }
    }

    /// Ends the session that an access token belongs to, or all of the shopper's if it belongs to none, and makes their access tokens void.
    pub async fn log_out(&self, user: UserId, access_token: &str) -> Result<(), AccountError> {
        match self.verifier.session(access_token) {
            Some(family) => self.change(user, |families| families.end(&family)).await.map(drop)?,
            None => self.sessions.kick(Owner::Shopper(user)).await.map(drop)?,
        }
        self.revoke_access_tokens(user).await
    }

    /// From now on no access token of this user counts that was issued before. A session's next refresh brings a new one.
    pub(super) async fn revoke_access_tokens(&self, user: UserId) -> Result<(), AccountError> {
        let now = self.now();
        let revoke = async |tx: &mut Tx| -> Result<_, AccountError> { Ok(repository::revoke_tokens(tx, user, now).await?) };
        // Somebody without a row has a token of `mallcore token`, and no other process has to know of it.
        let version = self.writes.transaction(revoke).await?.unwrap_or(1);
        self.revoked(user, version, now).await;
        Ok(())
    }

    fn tokens(&self, user: &User, family: FamilyId, generation: u32) -> Result<Tokens, AccountError> {
        let refresh = RefreshClaims { user: user.id, family: family.clone(), generation };
        Ok(Tokens {
            access_token: self.verifier.issue_for_session(user.id, user.token_version, family, self.access_token)?,
            expires_in: self.access_token,
            refresh_token: self.verifier.refresh_tokens().sign(&refresh),
            refresh_expires_in: self.session,
        })
    }

    /// Changes somebody's sessions; `change` may be asked several times.
    async fn change<T>(&self, user: UserId, change: impl Fn(&mut Families) -> T) -> Result<T, AccountError> {
        let key = SessionKey::Shopper(user);
        for _ in 0..ATTEMPTS {
            let before = self.sessions.load(&key).await?.map(|(session, _)| session.payload);
            // What cannot be read is of another release: the shopper logs in again.
            let mut families: Families = before.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let found = families.clone();
            let outcome = change(&mut families);
            if families == found {
                return Ok(outcome);
            }
            let text = serde_json::to_string(&families).unwrap_or_default();
            if self.sessions.replace(before.as_deref(), Session::of_shopper(user, text)).await? {
                return Ok(outcome);
            }
        }
        Err(AccountError::Contended)
    }

    const fn session_millis(&self) -> u64 {
        self.session.as_millis() as u64
    }
}
