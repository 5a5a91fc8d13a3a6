//! What administrators stand on: the contract of the stores of captchas and tries, proved of both implementations, and the tables on both
//! engines. Times are given, so nothing has to be waited for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mallcore::features::admins::captcha::{CaptchaId, Captchas, LIVES, MemoryCaptchas, RedisCaptchas};
use mallcore::features::admins::edits::{self, EditError};
use mallcore::features::admins::repository;
use mallcore::features::admins::tries::{Begun, Known, MemoryTries, PAUSE, PER_ADDRESS_MAX, PER_NAME_MAX, RedisTries, Tries};
use mallcore::features::admins::username::Username;
use mallcore::platform::auth::key::Key;
use mallcore_actors::time::Timestamp;

use crate::database::scratch;
use crate::redis::server::{Server, link};

const BEGIN: u64 = 1_800_000_000_000;

fn at(passed: Duration) -> Timestamp {
    Timestamp::from_millis(BEGIN + passed.as_millis() as u64)
}

fn known(text: &str) -> Known {
    Known::of(&Key::new(b"a key of the tests"), "test", text)
}

fn name(text: &str) -> Username {
    Username::parse(text).unwrap()
}

#[tokio::test]
async fn a_captcha_is_taken_once() {
    let server = Server::start().await;
    let shared = RedisCaptchas::new(link(&server.settings()).await);
    let stores: [Arc<dyn Captchas>; 2] = [Arc::new(MemoryCaptchas::default()), Arc::new(shared)];
    for store in stores {
        let (one, other, now) = (CaptchaId::random(), CaptchaId::random(), at(Duration::ZERO));
        store.keep(&one, "hash of one".to_owned(), now).await.unwrap();
        store.keep(&other, "hash of the other".to_owned(), now).await.unwrap();
        assert_eq!(store.take(&one, now).await.unwrap().as_deref(), Some("hash of one"));
        assert_eq!(store.take(&one, now).await.unwrap(), None);
        assert_eq!(store.take(&other, now).await.unwrap().as_deref(), Some("hash of the other"));
        assert_eq!(store.take(&CaptchaId::random(), now).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_captcha_ends_by_itself() {
    let memory = MemoryCaptchas::default();
    let [one, other] = [CaptchaId::random(), CaptchaId::random()];
    for id in [&one, &other] {
        memory.keep(id, "hash".to_owned(), at(Duration::ZERO)).await.unwrap();
    }
    assert!(memory.take(&one, at(LIVES - Duration::from_millis(1))).await.unwrap().is_some());
    assert_eq!(memory.take(&other, at(LIVES)).await.unwrap(), None);
}

#[tokio::test]
async fn tries_are_bounded_by_name_and_by_address() {
    let server = Server::start().await;
    let shared = RedisTries::new(link(&server.settings()).await);
    let stores: [Arc<dyn Tries>; 2] = [Arc::new(MemoryTries::default()), Arc::new(shared)];
    for store in stores {
        let now = at(Duration::ZERO);
        let begin = async |name: &str, address: &str| store.begin(&known(name), &known(address), now).await.unwrap();
        for _ in 0..PER_NAME_MAX {
            assert_eq!(begin("a", "x").await, Begun::Yes);
        }
        let Begun::Wait(wait) = begin("a", "y").await else { panic!("one too many") };
        assert!(wait <= PAUSE && wait > PAUSE - Duration::from_secs(60), "{wait:?}");
        assert_eq!(begin("b", "x").await, Begun::Yes, "another name");
        store.succeeded(&known("a"), &known("x")).await.unwrap();
        assert_eq!(begin("a", "y").await, Begun::Yes, "the right password takes the counts away");
        // "x" has had five of `a` and one of `b`, less the one that was right.
        for place in 0..PER_ADDRESS_MAX - PER_NAME_MAX {
            assert_eq!(begin(&format!("name {place}"), "x").await, Begun::Yes, "{place}");
        }
        assert!(matches!(begin("c", "x").await, Begun::Wait(_)));
        assert_eq!(begin("c", "z").await, Begun::Yes, "another address");
    }
}

#[tokio::test]
async fn what_is_refused_prolongs_nothing() {
    let (memory, minute) = (MemoryTries::default(), Duration::from_secs(60));
    let begin = async |passed: Duration| memory.begin(&known("a"), &known("x"), at(passed)).await.unwrap();
    for place in 0..PER_NAME_MAX {
        assert_eq!(begin(minute * place).await, Begun::Yes);
    }
    let last = minute * (PER_NAME_MAX - 1);
    assert_eq!(begin(last + minute).await, Begun::Wait(PAUSE - minute));
    assert_eq!(begin(last + PAUSE - Duration::from_millis(1)).await, Begun::Wait(Duration::from_millis(1)));
    assert_eq!(begin(last + PAUSE).await, Begun::Yes);
}

#[tokio::test]
async fn the_first_roles_and_permissions_are_there_and_fit_together() {
    for scratch in scratch::both().await {
        let mut tx = scratch.database.snapshot().await.unwrap();
        let rows = tx.all("SELECT id, parent_id, type, path, component, code FROM permissions ORDER BY id", Vec::new()).await.unwrap();
        let ids: BTreeSet<u64> = rows.iter().map(|row| row.count(0).unwrap()).collect();
        assert_eq!(rows.len(), 37);
        for row in &rows {
            let (parent, kind) = (row.count(1).unwrap(), row.int(2).unwrap());
            assert_eq!(parent == 0, kind == 1, "menus are the roots: {row:?}");
            assert!(parent == 0 || ids.contains(&parent), "{row:?}");
            assert_eq!(row.text_or_null(3).unwrap().is_some(), kind != 3, "a button has no page: {row:?}");
        }
        tx.commit().await.unwrap();
        let roles = edits::roles(&scratch.database).await.unwrap();
        let counts: Vec<(&str, u64)> = roles.iter().map(|role| (role.code.as_str(), role.permissions)).collect();
        let expected = [("super_admin", 37), ("operator", 27), ("product_manager", 11), ("order_manager", 9), ("customer_service", 8)];
        assert_eq!(counts, expected);
        scratch.database.migrate().await.unwrap();
        assert_eq!(edits::roles(&scratch.database).await.unwrap(), roles, "again is once");
    }
}

#[tokio::test]
async fn accounts_and_their_roles_are_changed_one_by_one() {
    for scratch in scratch::both().await {
        let (database, now) = (&scratch.database, at(Duration::ZERO));
        assert!(edits::is_without(database).await.unwrap());
        let (id, _) = edits::create(database, &name("Root"), "hash", "super_admin", now).await.unwrap();
        let taken = edits::create(database, &name("ROOT"), "hash", "operator", now).await;
        assert!(matches!(taken, Err(EditError::Taken(name)) if name == "root"));
        let unknown = edits::create(database, &name("other"), "hash", "nothing", now).await;
        assert!(matches!(unknown, Err(EditError::UnknownRole(role)) if role == "nothing"));
        assert!(matches!(edits::set_status(database, &name("other"), true, now).await, Err(EditError::UnknownAdmin(_))));
        assert!(!edits::is_without(database).await.unwrap());
        let rights = async || repository::rights(database, id).await.unwrap();
        assert_eq!(rights().await.unwrap().codes.len(), 37);
        edits::set_role(database, &name("root"), "super_admin", false, now).await.unwrap();
        for _ in 0..2 {
            edits::set_role(database, &name("root"), "product_manager", true, now).await.unwrap();
        }
        let few = rights().await.unwrap();
        assert_eq!(few.roles.iter().map(|role| role.code.as_str()).collect::<Vec<_>>(), ["product_manager"]);
        assert!(few.permit("product:stock") && !few.permit("order:ship") && few.menus.len() == 2);
        let before = few.fingerprint;
        edits::set_password(database, &name("root"), "another hash", now).await.unwrap();
        assert_ne!(rights().await.unwrap().fingerprint, before);
        edits::set_status(database, &name("root"), false, now).await.unwrap();
        assert_eq!(rights().await, None);
        let listed = edits::list(database).await.unwrap();
        assert_eq!((listed.len(), listed[0].is_on, &listed[0].roles[..]), (1, false, &["product_manager".to_owned()][..]));
        let stored = repository::by_name(database, &name("root")).await.unwrap().unwrap();
        assert_eq!((stored.id, stored.is_on, stored.hash.as_str()), (id, false, "another hash"));
        assert_eq!(repository::by_id(database, id).await.unwrap().unwrap(), stored);
        assert_eq!(repository::by_id(database, id + 1).await.unwrap(), None);
    }
}
