//! Data keys of users on both engines: made once, destroyed for good, wrapped anew beside whoever uses them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mallcore::platform::database::Database;
use mallcore::platform::vault::{BATCH, BlindIndexKey, DataKey, KeyRing, Keys, Place, Sealed, Vault, VaultError};
use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;

use super::events::user;
use super::scratch;

/// The keys of these numbers, the current one first; `change` makes others with the same numbers.
fn vault_of(ids: &[u32], change: u8) -> Vault {
    let entry = |id: &u32| format!("{id}:{}", STANDARD.encode([*id as u8 ^ change; 32]));
    let ring = KeyRing::parse(&ids.iter().map(entry).collect::<Vec<_>>().join(",")).unwrap();
    Vault::new(Keys { ring, index: BlindIndexKey::parse(&STANDARD.encode([9; 32])).unwrap() })
}

pub fn vault(ids: &[u32]) -> Vault {
    vault_of(ids, 0)
}

fn place() -> Place {
    Place::new("addresses", "contact", 1_u64)
}

async fn make(vault: &Vault, database: &Database, user: UserId) -> Result<DataKey, VaultError> {
    let mut tx = database.begin().await?;
    let key = vault.user_key(&mut tx, user).await?;
    tx.commit().await?;
    Ok(key)
}

async fn destroy(vault: &Vault, database: &Database, user: UserId) {
    let mut tx = database.begin().await.unwrap();
    vault.destroy(&mut tx, user, Timestamp::from_millis(1_000)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn opens(vault: &Vault, database: &Database, user: UserId, sealed: &Sealed) -> bool {
    match vault.stored_key(database, user).await {
        Ok(Some(key)) => key.open(place(), sealed).is_ok_and(|plain| **plain == *b"detail"),
        Ok(None) | Err(VaultError::Destroyed { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_users_key_is_made_once_whoever_asks_first() {
    for scratch in scratch::both().await {
        let (vault, user) = (vault(&[1]), user(7));
        assert!(vault.stored_key(&scratch.database, user).await.unwrap().is_none());
        let keys = futures_util::future::join_all((0..4).map(|_| make(&vault, &scratch.database, user))).await;
        let sealed = keys[0].as_ref().unwrap().seal(place(), b"detail");
        for key in keys {
            assert_eq!(&**key.unwrap().open(place(), &sealed).unwrap(), b"detail");
        }
        assert!(opens(&vault, &scratch.database, user, &sealed).await);
        let newer = self::vault(&[2, 1]);
        assert!(opens(&newer, &scratch.database, user, &sealed).await, "another process with a newer ring");
    }
}

#[tokio::test]
async fn a_rollback_takes_the_key_away_with_everything() {
    for scratch in scratch::both().await {
        let (vault, user) = (vault(&[1]), user(7));
        let mut tx = scratch.database.begin().await.unwrap();
        let lost = vault.user_key(&mut tx, user).await.unwrap();
        drop(tx);
        let key = make(&vault, &scratch.database, user).await.unwrap();
        assert!(key.open(place(), &lost.seal(place(), b"detail")).is_err());
        assert!(opens(&vault, &scratch.database, user, &key.seal(place(), b"detail")).await);
    }
}

#[tokio::test]
async fn after_destruction_nothing_opens_and_no_key_is_made() {
    for scratch in scratch::both().await {
        let (vault, gone, never, other) = (vault(&[1]), user(7), user(8), user(9));
        let sealed = make(&vault, &scratch.database, gone).await.unwrap().seal(place(), b"detail");
        let others = make(&vault, &scratch.database, other).await.unwrap().seal(place(), b"detail");
        assert!(opens(&vault, &scratch.database, gone, &sealed).await, "and is remembered");
        for _ in 0..2 {
            destroy(&vault, &scratch.database, gone).await;
        }
        destroy(&vault, &scratch.database, never).await;
        assert!(!opens(&vault, &scratch.database, gone, &sealed).await);
        for user in [gone, never] {
            assert!(matches!(make(&vault, &scratch.database, user).await, Err(VaultError::Destroyed { .. })));
        }
        assert!(opens(&vault, &scratch.database, other, &others).await);
        let mut tx = scratch.database.snapshot().await.unwrap();
        let row = tx.first("SELECT master_key_id, wrapped FROM user_keys WHERE user_id = 7", Vec::new()).await.unwrap().unwrap();
        assert_eq!((row.int_or_null(0).unwrap(), row.bytes_or_null(1).unwrap()), (None, None));
    }
}

#[tokio::test]
async fn a_rotation_wraps_every_key_anew_and_can_be_stopped() {
    for scratch in scratch::both().await {
        let database = &scratch.database;
        let users: Vec<UserId> = (1..=u64::from(BATCH) + 20).map(user).collect();
        let (old, both, new) = (vault(&[1]), vault(&[2, 1]), vault(&[2]));
        let mut tx = database.begin().await.unwrap();
        let mut sealed = Vec::new();
        for user in &users {
            sealed.push(old.user_key(&mut tx, *user).await.unwrap().seal(place(), b"detail"));
        }
        tx.commit().await.unwrap();
        destroy(&both, database, users[3]).await;
        assert!(matches!(new.check(database).await, Err(VaultError::UnknownMasterKey { id }) if id.get() == 1));
        assert!(matches!(new.rotation(database).await, Err(VaultError::UnknownMasterKey { .. })));
        // Stopped after one batch, as a killed process is.
        let mut stopped = both.rotation(database).await.unwrap();
        let first = both.rotate(database, &mut stopped).await.unwrap().unwrap();
        assert_eq!((first.rewrapped, first.failed.len()), (u64::from(BATCH), 0));
        both.check(database).await.unwrap();
        let (mut again, mut rewrapped) = (both.rotation(database).await.unwrap(), 0);
        while let Some(step) = both.rotate(database, &mut again).await.unwrap() {
            rewrapped += step.rewrapped;
        }
        assert_eq!(rewrapped, 19, "all but the first batch and the destroyed one");
        new.check(database).await.unwrap();
        let in_use = new.data_keys_by_master_key(database).await.unwrap();
        assert_eq!(in_use.iter().map(|key| (key.id.get(), key.data_keys)).collect::<Vec<_>>(), [(2, users.len() as u64 - 1)]);
        for (place, (user, sealed)) in users.iter().zip(&sealed).enumerate() {
            assert_eq!(opens(&new, database, *user, sealed).await, place != 3);
        }
        let mut done = both.rotation(database).await.unwrap();
        assert!(both.rotate(database, &mut done).await.unwrap().is_none(), "nothing is left to do");
    }
}

#[tokio::test]
async fn a_ring_with_another_key_of_the_same_number_is_found_out() {
    for scratch in scratch::both().await {
        make(&vault(&[1]), &scratch.database, user(7)).await.unwrap();
        let other = vault_of(&[1], 0x55);
        let error = other.check(&scratch.database).await.unwrap_err();
        assert!(matches!(error, VaultError::DoesNotOpen { .. }) && error.to_string().contains("user 7"), "{error}");
        let both = vault_of(&[2, 1], 0x55);
        let mut rotation = both.rotation(&scratch.database).await.unwrap();
        let step = both.rotate(&scratch.database, &mut rotation).await.unwrap().unwrap();
        assert_eq!((step.rewrapped, step.failed.len()), (0, 1));
        vault(&[1]).check(&scratch.database).await.unwrap();
    }
}
