//! What an administrator may do, as their roles say it. Kept in memory, read anew from the database, and written to
//! `admin_permissions:{admin_id}` for whoever reads there.
//! - R1 What is not permitted is forbidden: a code that no role gives, an account that is off, a role that is off.
//! - R2 Memory is [`FRESH`] old at most; a change that was announced by the outbox is seen at once.
//! - R3 A session counts only while the password that it began with is the administrator's.
//! - R4 The key in Redis is never asked. It is written whenever the database was read, and removed once nobody is behind it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::redis::cmd;
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

use super::menus::{Menu, Permission, tree};
use super::service::Admins;
use super::{passwords, repository};
use crate::platform::cache::LIVES;
use crate::platform::cache::metrics::{DROPPED_TOTAL, KIND, WRITTEN_TOTAL};
use crate::platform::database::Error;
use crate::platform::outbox::ports::Failure;
use crate::platform::reads::ANSWER_WITHIN;
use crate::platform::redis;
use crate::platform::sessions::Owner;

/// How old what memory has may be: other processes, and commands without a running relay, are heard of by then.
pub const FRESH: Duration = Duration::from_secs(5);
/// Administrators in memory, beyond which those who have not asked lately are forgotten.
const REMEMBERED_MAX: usize = 1_024;

/// A role that an administrator has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What programs ask for.
    pub code: String,
    /// What people read.
    pub name: String,
}

/// What an administrator may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// The name that they log in with.
    pub username: String,
    /// Which password they have.
    pub fingerprint: String,
    /// Their roles, by code.
    pub roles: Vec<Role>,
    /// The codes of all that is permitted.
    pub codes: BTreeSet<String>,
    /// What they see of the back office.
    pub menus: Vec<Menu>,
}

impl Rights {
    /// Of somebody with these roles, which give these permissions.
    pub fn new(username: String, hash: &str, roles: Vec<Role>, permissions: &[Permission]) -> Self {
        let codes = permissions.iter().map(|permission| permission.code.clone()).collect();
        Self { username, fingerprint: passwords::fingerprint(hash), roles, codes, menus: tree(permissions) }
    }

    /// Whether something is permitted.
    pub fn permit(&self, code: &str) -> bool {
        self.codes.contains(code)
    }
}

/// The value of `admin_permissions:{admin_id}`.
#[derive(Serialize)]
struct Mirrored<'a> {
    /// When it was read, in milliseconds.
    version: u64,
    roles: Vec<&'a str>,
    codes: &'a BTreeSet<String>,
}

/// What was read, and when.
#[derive(Default)]
pub(super) struct Remembered(Mutex<State>);

#[derive(Default)]
struct State {
    rights: HashMap<u64, (Arc<Rights>, Instant)>,
    /// Grows with each change that was announced: what was being read meanwhile may be older.
    changes: u64,
}

impl Remembered {
    fn find(&self, admin: u64) -> (Option<Arc<Rights>>, u64) {
        let state = self.0.lock();
        let fresh = state.rights.get(&admin).filter(|(_, read_at)| read_at.elapsed() < FRESH);
        (fresh.map(|(rights, _)| Arc::clone(rights)), state.changes)
    }

    fn keep(&self, admin: u64, rights: &Arc<Rights>, read_at: Instant, changes: u64) {
        let mut state = self.0.lock();
        if state.changes != changes {
            return;
        }
        if state.rights.len() >= REMEMBERED_MAX {
            state.rights.retain(|_, (_, read_at)| read_at.elapsed() < FRESH);
        }
        state.rights.insert(admin, (Arc::clone(rights), read_at));
    }

    /// The next question reads the database.
    pub(super) fn forget(&self, admin: u64) {
        let mut state = self.0.lock();
        state.changes += 1;
        state.rights.remove(&admin);
    }
}

impl Admins {
    /// What somebody may do now; none if there is no such administrator, or the account is off.
    pub(super) async fn rights(&self, admin: u64) -> Result<Option<Arc<Rights>>, Error> {
        match self.remembered.find(admin) {
            (Some(rights), _) => Ok(Some(rights)),
            (None, changes) => self.read_rights(admin, changes).await,
        }
    }

    async fn read_rights(&self, admin: u64, changes: u64) -> Result<Option<Arc<Rights>>, Error> {
        let (read_at, version) = (Instant::now(), self.now());
        let read = self.reads.ask(ANSWER_WITHIN, async |database| repository::rights(database, admin).await).await?;
        let rights = read.map(Arc::new);
        if let Some(rights) = &rights {
            self.remembered.keep(admin, rights, read_at, changes);
        }
        self.mirror(admin, rights.as_deref(), version).await;
        Ok(rights)
    }

    /// Writes the key in Redis, or removes it. What Redis does not take is written the next time.
    async fn mirror(&self, admin: u64, rights: Option<&Rights>, version: Timestamp) {
        let Some(link) = &self.redis else { return };
        let key = format!("admin_permissions:{admin}");
        let done: Result<(), redis::Error> = match rights {
            None => link.query::<u64>(cmd("DEL").arg(key)).await.map(drop),
            Some(rights) => {
                let roles = rights.roles.iter().map(|role| role.code.as_str()).collect();
                let value = Mirrored { version: version.millis(), roles, codes: &rights.codes };
                // Plain structures of text and numbers have no way to fail.
                let value = serde_json::to_vec(&value).unwrap_or_default();
                let lives = u64::try_from(LIVES.as_millis()).unwrap_or(u64::MAX);
                link.query::<String>(cmd("SET").arg(key).arg(value).arg("PX").arg(lives)).await.map(drop)
            }
        };
        let metric = if done.is_ok() { &WRITTEN_TOTAL } else { &DROPPED_TOTAL };
        metric.with(&[(KIND, "admin_permissions")]).increment(1);
    }

    /// Administrators whose account, password or roles have changed: what they may do is read anew, and who may do nothing is signed out.
    pub(super) async fn changed(&self, ids: &[u64]) -> Result<(), Failure> {
        for admin in ids {
            self.remembered.forget(*admin);
            let (_, changes) = self.remembered.find(*admin);
            match self.read_rights(*admin, changes).await {
                Ok(Some(_)) => {}
                Ok(None) => {
                    self.sessions.kick(Owner::Admin(*admin)).await.map_err(|cause| Failure::Away(cause.to_string()))?;
                }
                Err(cause) if cause.is_transient() => return Err(Failure::Away(cause.to_string())),
                // Asking again would not help, and memory is fresh for seconds only.
                Err(cause) => tracing::error!("the rights of administrator {admin} cannot be read: {cause}"),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(code: &str) -> Arc<Rights> {
        let codes = [code.to_owned()].into();
        Arc::new(Rights { username: "a".to_owned(), fingerprint: String::new(), roles: Vec::new(), codes, menus: Vec::new() })
    }

    #[test]
    fn what_no_role_gives_is_forbidden() {
        let rights = rights("product:list");
        assert!(rights.permit("product:list"));
        for other in ["", "product", "product:list ", "PRODUCT:LIST", "*"] {
            assert!(!rights.permit(other), "{other}");
        }
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept() {
        let (memory, now) = (Remembered::default(), Instant::now());
        let (none, changes) = memory.find(7);
        assert_eq!(none, None);
        memory.keep(7, &rights("old"), now, changes);
        assert!(memory.find(7).0.is_some());
        memory.forget(7);
        memory.keep(7, &rights("old"), now, changes);
        assert_eq!(memory.find(7).0, None, "it may be older than the change");
        memory.keep(7, &rights("new"), now, memory.find(7).1);
        assert!(memory.find(7).0.unwrap().permit("new"));
    }

    #[test]
    fn what_is_old_is_read_anew() {
        let memory = Remembered::default();
        let Some(long_ago) = Instant::now().checked_sub(FRESH) else { return };
        memory.keep(7, &rights("old"), long_ago, 0);
        assert_eq!(memory.find(7).0, None);
    }
}
