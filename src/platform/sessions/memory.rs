//! Sessions of one process, gone with it. What has ended is swept when a session is saved, so memory follows those who are there.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, ready};
use parking_lot::Mutex;

use super::{Owner, PER_ADMIN_MAX, Session, SessionError, SessionKey, SessionStore};

/// Sessions in the memory of this process.
pub struct MemorySessions {
    lives: Duration,
    sessions: Mutex<HashMap<SessionKey, Kept>>,
}

struct Kept {
    session: Session,
    ends_at: Instant,
}

impl MemorySessions {
    /// None yet; each lives so long after it was touched.
    pub fn new(lives: Duration) -> Self {
        Self { lives, sessions: Mutex::new(HashMap::new()) }
    }

    /// Does something to those that have not ended.
    fn with<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut HashMap<SessionKey, Kept>, Instant) -> T,
    ) -> BoxFuture<'static, Result<T, SessionError>> {
        Box::pin(ready(Ok(change(&mut self.sessions.lock(), Instant::now()))))
    }
}

fn of(sessions: &HashMap<SessionKey, Kept>, owner: Owner, now: Instant) -> Vec<(SessionKey, Instant)> {
    let theirs = sessions.iter().filter(|(_, kept)| kept.session.owner() == owner && kept.ends_at > now);
    theirs.map(|(key, kept)| (key.clone(), kept.ends_at)).collect()
}

impl SessionStore for MemorySessions {
    fn save(&self, session: Session) -> BoxFuture<'_, Result<(), SessionError>> {
        let lives = self.lives;
        self.with(move |sessions, now| {
            sessions.retain(|_, kept| kept.ends_at > now);
            let owner = session.owner();
            sessions.insert(session.key().clone(), Kept { session, ends_at: now + lives });
            let mut theirs = of(sessions, owner, now);
            theirs.sort_by_key(|(_, ends_at)| *ends_at);
            for (oldest, _) in theirs.iter().take(theirs.len().saturating_sub(PER_ADMIN_MAX)) {
                sessions.remove(oldest);
            }
        })
    }

    fn replace<'a>(&'a self, before: Option<&'a str>, session: Session) -> BoxFuture<'a, Result<bool, SessionError>> {
        let (lives, before) = (self.lives, before.map(str::to_owned));
        self.with(move |sessions, now| {
            let kept = sessions.get(session.key()).filter(|kept| kept.ends_at > now);
            let is_as_expected = kept.map(|kept| &kept.session.payload) == before.as_ref();
            if is_as_expected {
                sessions.insert(session.key().clone(), Kept { session, ends_at: now + lives });
            }
            is_as_expected
        })
    }

    fn load<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Option<(Session, Duration)>, SessionError>> {
        self.with(|sessions, now| {
            let kept = sessions.get(key).filter(|kept| kept.ends_at > now)?;
            Some((kept.session.clone(), kept.ends_at - now))
        })
    }

    fn touch<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<bool, SessionError>> {
        let lives = self.lives;
        self.with(move |sessions, now| {
            let kept = sessions.get_mut(key).filter(|kept| kept.ends_at > now);
            kept.map(|kept| kept.ends_at = now + lives).is_some()
        })
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<bool, SessionError>> {
        self.with(|sessions, now| sessions.remove(key).is_some_and(|kept| kept.ends_at > now))
    }

    fn list(&self, owner: Owner) -> BoxFuture<'_, Result<Vec<Session>, SessionError>> {
        self.with(move |sessions, now| {
            of(sessions, owner, now).iter().filter_map(|(key, _)| sessions.get(key)).map(|kept| kept.session.clone()).collect()
        })
    }

    fn kick(&self, owner: Owner) -> BoxFuture<'_, Result<usize, SessionError>> {
        self.with(move |sessions, now| {
            let theirs = of(sessions, owner, now);
            theirs.iter().filter(|(key, _)| sessions.remove(key).is_some()).count()
        })
    }
}
