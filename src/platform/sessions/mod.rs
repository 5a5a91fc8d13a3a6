//! Who is logged in. A port with two implementations: Redis, where several processes share it, and memory, where there is one.
//! - N1 A session ends 30 minutes after it was touched last, or when it is deleted; nothing brings it back.
//! - N2 Keys are those of the requirements: `session:{user_id}`, one a shopper, and `admin_session:{session_id}`.
//! - N3 The id of an administrator's session is the hash of what the cookie holds: whoever reads the store cannot be anybody.
//!
//! Not here: cookies, log-in, permissions. Flash sales know bearer tokens only and never look here.

mod memory;
mod redis;

pub use memory::MemorySessions;
pub use redis::RedisSessions;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use mallcore_actors::ids::UserId;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a session lives after it was touched last.
pub const LIVES: Duration = Duration::from_secs(30 * 60);
/// Sessions that one administrator can have; one more ends the oldest.
pub const PER_ADMIN_MAX: usize = 16;

/// What a cookie holds: 32 random bytes as text. Never stored, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    /// A new one.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(hex(&bytes))
    }

    /// From a cookie: any text, which then belongs to no session.
    pub fn of_cookie(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// For the cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Under which its session is kept.
    pub fn id(&self) -> SessionId {
        SessionId(hex(&Sha256::digest(self.0.as_bytes())))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Names an administrator's session: may be shown to people, opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whose session, and which one of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SessionKey {
    /// The one session of a shopper.
    Shopper(UserId),
    /// A session of an administrator.
    Admin(SessionId),
}

/// The person who owns sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A shopper of the mini-program.
    Shopper(UserId),
    /// An administrator, by id.
    Admin(u64),
}

/// A session: whose it is and what was noted at log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    key: SessionKey,
    owner: Owner,
    /// JSON of whoever logged them in; not looked at here.
    pub payload: String,
}

impl Session {
    /// A shopper's; it takes the place of the one before.
    pub fn of_shopper(user: UserId, payload: impl Into<String>) -> Self {
        Self { key: SessionKey::Shopper(user), owner: Owner::Shopper(user), payload: payload.into() }
    }

    /// A session of an administrator.
    pub fn of_admin(admin: u64, id: SessionId, payload: impl Into<String>) -> Self {
        Self { key: SessionKey::Admin(id), owner: Owner::Admin(admin), payload: payload.into() }
    }

    /// The key that the session is found by.
    pub const fn key(&self) -> &SessionKey {
        &self.key
    }

    /// The person who owns the session.
    pub const fn owner(&self) -> Owner {
        self.owner
    }
}

/// The store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Redis is away or refuses.
    #[error("the sessions cannot be reached")]
    Store(#[from] crate::platform::redis::Error),
    /// A value that no release has written.
    #[error("a session holds what nobody wrote: {0}")]
    Unexpected(String),
}

/// The port. One contract suite (`tests/it/sessions`) proves both implementations.
pub trait SessionStore: Send + Sync + 'static {
    /// Keeps a session, in place of one with the same key.
    fn save(&self, session: Session) -> BoxFuture<'_, Result<(), SessionError>>;

    /// Keeps a session in place of the one with the same key and this payload, or in place of none. False, and nothing changes, if the store has
    /// another one by now: of two who change it at the same time one succeeds.
    fn replace<'a>(&'a self, before: Option<&'a str>, session: Session) -> BoxFuture<'a, Result<bool, SessionError>>;

    /// The session, if it has not ended, and how long it still lives. Looking does not touch it.
    fn load<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Option<(Session, Duration)>, SessionError>>;

    /// Lets it live on from now. Whether it was there.
    fn touch<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<bool, SessionError>>;

    /// Ends it. Whether it was there.
    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<bool, SessionError>>;

    /// All sessions of somebody.
    fn list(&self, owner: Owner) -> BoxFuture<'_, Result<Vec<Session>, SessionError>>;

    /// Ends all sessions of somebody. How many there were.
    fn kick(&self, owner: Owner) -> BoxFuture<'_, Result<usize, SessionError>>;
}
