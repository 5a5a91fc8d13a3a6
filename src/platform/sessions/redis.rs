//! Sessions in Redis, shared by all processes. Each is a value with an end; an administrator's is also noted in `admin_sessions:{admin_id}`,
//! so that all of somebody's can be listed and ended. Each change is one script, so value and note go together.

use std::sync::LazyLock;
use std::time::Duration;

use ::redis::{Cmd, Script};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{Owner, PER_ADMIN_MAX, Session, SessionError, SessionId, SessionKey, SessionStore};
use crate::platform::redis::Link;

const ADMIN_PREFIX: &str = "admin_session:";

static SAVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("save_admin.lua")));
static TOUCH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("touch_admin.lua")));
static REPLACE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("replace.lua")));
static KICK: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("kick_admin.lua")));

/// Sessions in Redis, shared by all processes.
pub struct RedisSessions {
    link: Link,
    lives_millis: u64,
}

/// What a key holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    owner: Owner,
    payload: String,
}

impl RedisSessions {
    /// Over this link; each session lives so long after it was touched.
    pub fn new(link: Link, lives: Duration) -> Self {
        Self { link, lives_millis: u64::try_from(lives.as_millis()).unwrap_or(u64::MAX) }
    }

    async fn value(&self, key: &SessionKey) -> Result<Option<Session>, SessionError> {
        let value: Option<String> = self.link.query(&command("GET", &place(key))).await?;
        value.map(|value| session(key.clone(), &value)).transpose()
    }
}

fn place(key: &SessionKey) -> String {
    match key {
        SessionKey::Shopper(user) => format!("session:{user}"),
        SessionKey::Admin(id) => format!("{ADMIN_PREFIX}{id}"),
    }
}

fn notes(admin: u64) -> String {
    format!("admin_sessions:{admin}")
}

fn command(name: &str, key: &str) -> Cmd {
    let mut command = ::redis::cmd(name);
    command.arg(key);
    command
}

fn session(key: SessionKey, value: &str) -> Result<Session, SessionError> {
    let Stored { owner, payload } = serde_json::from_str(value).map_err(|cause| SessionError::Unexpected(cause.to_string()))?;
    Ok(Session { key, owner, payload })
}

impl SessionStore for RedisSessions {
    fn save(&self, session: Session) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async move {
            let stored = Stored { owner: session.owner, payload: session.payload };
            let value = serde_json::to_string(&stored).map_err(|cause| SessionError::Unexpected(cause.to_string()))?;
            let key = place(&session.key);
            match (&session.key, session.owner) {
                (SessionKey::Admin(id), Owner::Admin(admin)) => {
                    let mut call = SAVE.prepare_invoke();
                    call.key(key).key(notes(admin));
                    call.arg(id.to_string()).arg(value).arg(self.lives_millis).arg(PER_ADMIN_MAX).arg(ADMIN_PREFIX);
                    self.link.invoke::<i64>(&call).await?;
                }
                _ => {
                    self.link.query::<String>(command("SET", &key).arg(value).arg("PX").arg(self.lives_millis)).await?;
                }
            }
            Ok(())
        })
    }

    fn replace<'a>(&'a self, before: Option<&'a str>, session: Session) -> BoxFuture<'a, Result<bool, SessionError>> {
        Box::pin(async move {
            let text = |payload: String| {
                let stored = Stored { owner: session.owner, payload };
                serde_json::to_string(&stored).map_err(|cause| SessionError::Unexpected(cause.to_string()))
            };
            let mut call = REPLACE.prepare_invoke();
            call.key(place(&session.key)).arg(text(session.payload.clone())?).arg(self.lives_millis);
            if let Some(before) = before {
                // Written by the same release or by one with the same fields in the same order: otherwise nothing is replaced, and the shopper
                // logs in again.
                call.arg(text(before.to_owned())?);
            }
            Ok(self.link.invoke::<u32>(&call).await? == 1)
        })
    }

    fn load<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Option<(Session, Duration)>, SessionError>> {
        Box::pin(async move {
            let Some(session) = self.value(key).await? else { return Ok(None) };
            let left: i64 = self.link.query(&command("PTTL", &place(key))).await?;
            // Negative: it ended between the two questions.
            Ok(u64::try_from(left).ok().map(|left| (session, Duration::from_millis(left))))
        })
    }

    fn touch<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<bool, SessionError>> {
        Box::pin(async move {
            let Some(session) = self.value(key).await? else { return Ok(false) };
            let (SessionKey::Admin(id), Owner::Admin(admin)) = (&session.key, session.owner) else {
                return Ok(self.link.query::<u32>(command("PEXPIRE", &place(key)).arg(self.lives_millis)).await? == 1);
            };
            let mut call = TOUCH.prepare_invoke();
            call.key(place(key)).key(notes(admin)).arg(id.to_string()).arg(self.lives_millis);
            Ok(self.link.invoke::<u32>(&call).await? == 1)
        })
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<bool, SessionError>> {
        Box::pin(async move {
            let value: Option<String> = self.link.query(&command("GETDEL", &place(key))).await?;
            let Some(value) = value else { return Ok(false) };
            if let (SessionKey::Admin(id), Owner::Admin(admin)) = (key, session(key.clone(), &value)?.owner) {
                // A note that stays behind, should this fail, names nothing, and ends by itself.
                self.link.query::<u32>(command("ZREM", &notes(admin)).arg(id.to_string())).await?;
            }
            Ok(true)
        })
    }

    fn list(&self, owner: Owner) -> BoxFuture<'_, Result<Vec<Session>, SessionError>> {
        Box::pin(async move {
            let keys: Vec<SessionKey> = match owner {
                Owner::Shopper(user) => vec![SessionKey::Shopper(user)],
                Owner::Admin(admin) => {
                    let ids: Vec<String> = self.link.query(command("ZRANGE", &notes(admin)).arg(0).arg(-1)).await?;
                    ids.into_iter().map(|id| SessionKey::Admin(SessionId(id))).collect()
                }
            };
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let mut get = ::redis::cmd("MGET");
            for key in &keys {
                get.arg(place(key));
            }
            let values: Vec<Option<String>> = self.link.query(&get).await?;
            keys.into_iter().zip(values).filter_map(|(key, value)| Some(session(key, &value?))).collect()
        })
    }

    fn kick(&self, owner: Owner) -> BoxFuture<'_, Result<usize, SessionError>> {
        Box::pin(async move {
            match owner {
                Owner::Shopper(user) => Ok(self.link.query(&command("DEL", &place(&SessionKey::Shopper(user)))).await?),
                Owner::Admin(admin) => {
                    let mut call = KICK.prepare_invoke();
                    call.key(notes(admin)).arg(ADMIN_PREFIX);
                    Ok(self.link.invoke(&call).await?)
                }
            }
        })
    }
}
