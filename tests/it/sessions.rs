//! The contract of the sessions' store, proved of both implementations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mallcore::platform::sessions::{
    MemorySessions, Owner, PER_ADMIN_MAX, RedisSessions, Session, SessionError, SessionKey, SessionStore, SessionToken,
};
use mallcore_actors::ids::UserId;

use crate::api::app::until;
use crate::redis::server::{Server, free_port, link, settings};

const LONG: Duration = Duration::from_secs(600);

/// Both implementations, empty; the server lives as long as the test.
async fn both(lives: Duration) -> (Server, [Arc<dyn SessionStore>; 2]) {
    let server = Server::start().await;
    let shared = RedisSessions::new(link(&server.settings()).await, lives);
    (server, [Arc::new(MemorySessions::new(lives)), Arc::new(shared)])
}

fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

fn admin_session(admin: u64) -> Session {
    Session::of_admin(admin, SessionToken::random().id(), format!(r#"{{"name":"管理员 {admin}"}}"#))
}

async fn loaded(store: &dyn SessionStore, key: &SessionKey) -> Option<Session> {
    store.load(key).await.unwrap().map(|(session, _)| session)
}

#[tokio::test]
async fn what_was_saved_is_there_until_it_is_deleted() {
    let (_server, stores) = both(LONG).await;
    for store in stores {
        for session in [admin_session(1), Session::of_shopper(user(7), "{}")] {
            assert_eq!(loaded(&*store, session.key()).await, None);
            assert!(!store.touch(session.key()).await.unwrap() && !store.delete(session.key()).await.unwrap());
            store.save(session.clone()).await.unwrap();
            let (found, lives) = store.load(session.key()).await.unwrap().unwrap();
            assert_eq!(found, session);
            assert!(lives <= LONG && lives > LONG - Duration::from_secs(60), "{lives:?}");
            assert!(store.touch(session.key()).await.unwrap());
            assert!(store.delete(session.key()).await.unwrap());
            assert_eq!(loaded(&*store, session.key()).await, None);
            assert!(!store.touch(session.key()).await.unwrap() && !store.delete(session.key()).await.unwrap());
            assert!(store.list(session.owner()).await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn of_two_who_replace_the_same_session_one_succeeds() {
    let (_server, stores) = both(LONG).await;
    for store in stores {
        let session = |payload: &str| Session::of_shopper(user(7), payload);
        assert!(!store.replace(Some("{}"), session("a")).await.unwrap(), "there is none to replace");
        assert!(store.replace(None, session("a")).await.unwrap());
        assert!(!store.replace(None, session("b")).await.unwrap());
        let both = futures_util::future::join(store.replace(Some("a"), session("b")), store.replace(Some("a"), session("c"))).await;
        assert_ne!(both.0.unwrap(), both.1.unwrap());
        let (found, lives) = store.load(session("").key()).await.unwrap().unwrap();
        assert!(["b", "c"].contains(&found.payload.as_str()), "{found:?}");
        assert!(lives <= LONG && lives > LONG - Duration::from_secs(60), "{lives:?}");
    }
}

#[tokio::test]
async fn a_shopper_has_one_and_an_administrator_several() {
    let (_server, stores) = both(LONG).await;
    for store in stores {
        store.save(Session::of_shopper(user(7), "first")).await.unwrap();
        store.save(Session::of_shopper(user(7), "second")).await.unwrap();
        let theirs = store.list(Owner::Shopper(user(7))).await.unwrap();
        assert_eq!(theirs.iter().map(|session| session.payload.as_str()).collect::<Vec<_>>(), ["second"]);

        let (one, other, elses) = (admin_session(7), admin_session(7), admin_session(8));
        for session in [&one, &other, &elses] {
            store.save(session.clone()).await.unwrap();
        }
        let theirs = store.list(Owner::Admin(7)).await.unwrap();
        assert!(theirs.len() == 2 && theirs.contains(&one) && theirs.contains(&other), "{theirs:?}");
        assert_eq!(store.kick(Owner::Admin(7)).await.unwrap(), 2);
        assert_eq!((loaded(&*store, one.key()).await, loaded(&*store, other.key()).await), (None, None));
        assert_eq!(loaded(&*store, elses.key()).await, Some(elses));
        assert_eq!((store.kick(Owner::Admin(7)).await.unwrap(), store.kick(Owner::Shopper(user(7))).await.unwrap()), (0, 1));
    }
}

#[tokio::test]
async fn one_session_too_many_ends_the_oldest_and_deleted_ones_do_not_count() {
    let (_server, stores) = both(LONG).await;
    for store in stores {
        let sessions: Vec<Session> = (0..=PER_ADMIN_MAX).map(|_| admin_session(7)).collect();
        for session in &sessions[..PER_ADMIN_MAX] {
            store.save(session.clone()).await.unwrap();
            // Their order is that of their ends, which milliseconds tell apart.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(store.delete(sessions[5].key()).await.unwrap());
        store.save(sessions[PER_ADMIN_MAX].clone()).await.unwrap();
        assert!(loaded(&*store, sessions[0].key()).await.is_some());
        store.save(admin_session(7)).await.unwrap();
        assert_eq!(loaded(&*store, sessions[0].key()).await, None);
        assert_eq!(store.list(Owner::Admin(7)).await.unwrap().len(), PER_ADMIN_MAX);
    }
}

#[tokio::test]
async fn a_session_ends_by_itself_and_touching_puts_that_off() {
    let (_server, stores) = both(Duration::from_millis(300)).await;
    for store in stores {
        let (kept, left) = (admin_session(7), admin_session(7));
        store.save(left.clone()).await.unwrap();
        store.save(kept.clone()).await.unwrap();
        let outlived = AtomicBool::new(false);
        until("the one that nobody touched ends", async || {
            outlived.store(store.touch(kept.key()).await.unwrap(), Ordering::Relaxed);
            loaded(&*store, left.key()).await.is_none()
        })
        .await;
        // On a machine that stood still for that long both have ended.
        if outlived.into_inner() && store.touch(kept.key()).await.unwrap() {
            assert_eq!(store.list(Owner::Admin(7)).await.unwrap(), std::slice::from_ref(&kept));
        }
        until("the other one ends too", async || loaded(&*store, kept.key()).await.is_none()).await;
        assert!(!store.touch(kept.key()).await.unwrap());
        assert!(store.list(Owner::Admin(7)).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn keys_are_those_of_the_requirements_and_give_no_cookie_away() {
    let server = Server::start().await;
    let link = link(&server.settings()).await;
    let store = RedisSessions::new(link.clone(), LONG);
    let token = SessionToken::random();
    store.save(Session::of_admin(7, token.id(), "{}")).await.unwrap();
    store.save(Session::of_shopper(user(9), "{}")).await.unwrap();
    let mut keys: Vec<String> = link.query(redis::cmd("KEYS").arg("*")).await.unwrap();
    keys.sort();
    assert_eq!(keys, [format!("admin_session:{}", token.id()), "admin_sessions:7".to_owned(), "session:9".to_owned()]);
    assert!(keys.iter().all(|key| !key.contains(token.expose())));
    assert_eq!(SessionToken::of_cookie(token.expose()).id(), token.id());
    assert_eq!(format!("{token:?}"), "***");
}

#[tokio::test]
async fn without_redis_nobody_is_logged_in_or_out() {
    let store = RedisSessions::new(mallcore::platform::redis::Link::of(&settings(free_port())).unwrap(), LONG);
    let session = admin_session(7);
    assert!(matches!(store.load(session.key()).await, Err(SessionError::Store(_))));
    assert!(matches!(store.save(session).await, Err(SessionError::Store(_))));
}
