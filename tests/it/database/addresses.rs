//! Addresses on both engines: one default, sealed for their own row, twenty at most whoever adds at once.

use mallcore::features::addresses::model::{Contact, Name, Region};
use mallcore::features::addresses::{ADDRESSES_MAX, AddressError, Draft, repository, service};
use mallcore::platform::database::Database;
use mallcore::platform::outbox::Nudge;
use mallcore::platform::vault::{Vault, VaultError};
use mallcore::platform::writes::Writes;
use mallcore_actors::ids::{AddressId, UserId};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::text::Text;

use super::events::user;
use super::scratch::{self, Scratch};
use super::vault::vault;

const NOW: Timestamp = Timestamp::from_millis(1_795_451_405_000);

fn name(text: &str) -> Name {
    Text::parse(text).unwrap()
}

fn draft(door: u32) -> Draft {
    let contact = Contact {
        receiver: name("李雷"),
        phone: "13912345678".parse().unwrap(),
        detail: Text::parse(&format!("文三路 {door} 号")).unwrap(),
    };
    let region =
        Region { province: name("浙江省"), city: name("杭州市"), district: name("西湖区"), code: "330106".parse().unwrap() };
    Draft { contact, region, is_default: false }
}

async fn add(writes: &Writes, vault: &Vault, user: UserId, door: u32) -> Result<AddressId, AddressError> {
    let draft = draft(door);
    let added = writes.transaction(async |tx| service::add(tx, vault, user, &draft, NOW).await).await?;
    Ok(added.address.id)
}

async fn doors(database: &Database, vault: &Vault, user: UserId) -> Result<Vec<(String, bool)>, AddressError> {
    let key = vault.stored_key(database, user).await?.unwrap();
    let mut tx = database.snapshot().await?;
    let addresses = repository::of_user(&mut tx, user, &key).await?;
    Ok(addresses.into_iter().map(|address| (address.contact.detail.as_str().to_owned(), address.is_default)).collect())
}

fn writes(scratch: &Scratch) -> Writes {
    Writes::new(scratch.settings.clone(), Nudge::default())
}

#[tokio::test]
async fn what_is_stored_is_read_again_and_no_column_shows_it() {
    for scratch in scratch::both().await {
        let (writes, vault, user) = (writes(&scratch), vault(&[1]), user(7));
        let id = add(&writes, &vault, user, 1).await.unwrap();
        assert_eq!(doors(&scratch.database, &vault, user).await.unwrap(), [("文三路 1 号".to_owned(), true)]);
        let mut tx = scratch.database.snapshot().await.unwrap();
        let row = tx.first("SELECT phone, contact, created_at FROM addresses", Vec::new()).await.unwrap().unwrap();
        assert_eq!((row.text(0).unwrap(), row.time(2).unwrap()), ("139****5678".to_owned(), NOW));
        let sealed = row.bytes_or_null(1).unwrap().unwrap();
        for text in ["李雷", "文三路", "13912345678", "1234"] {
            assert!(!sealed.windows(text.len()).any(|part| part == text.as_bytes()), "{text}");
        }
        drop(tx);
        let changed = Draft { is_default: true, ..draft(2) };
        writes.transaction(async |tx| service::change(tx, &vault, user, id, &changed, NOW).await).await.unwrap();
        assert_eq!(doors(&scratch.database, &vault, user).await.unwrap(), [("文三路 2 号".to_owned(), true)]);
    }
}

#[tokio::test]
async fn of_several_that_are_added_at_nineteen_one_finds_room() {
    for scratch in scratch::both().await {
        let (writes, vault, user) = (writes(&scratch), vault(&[1]), user(7));
        for door in 1..ADDRESSES_MAX as u32 {
            add(&writes, &vault, user, door).await.unwrap();
        }
        let raced = futures_util::future::join_all((100..106).map(|door| add(&writes, &vault, user, door))).await;
        let added = raced.iter().filter(|added| added.is_ok()).count();
        let full = raced.iter().filter(|added| matches!(added, Err(AddressError::TooMany))).count();
        assert_eq!((added, full), (1, 5), "{raced:?}");
        let doors = doors(&scratch.database, &vault, user).await.unwrap();
        assert_eq!((doors.len(), doors.iter().filter(|(_, is_default)| *is_default).count()), (ADDRESSES_MAX, 1));
    }
}

#[tokio::test]
async fn the_first_addresses_of_a_new_shopper_may_come_together() {
    for scratch in scratch::both().await {
        let (writes, vault, user) = (writes(&scratch), vault(&[1]), user(7));
        let raced = futures_util::future::join_all((1..5).map(|door| add(&writes, &vault, user, door))).await;
        assert!(raced.iter().all(Result::is_ok), "{raced:?}");
        let doors = doors(&scratch.database, &vault, user).await.unwrap();
        assert_eq!((doors.len(), doors.iter().filter(|(_, is_default)| *is_default).count()), (4, 1));
    }
}

#[tokio::test]
async fn a_contact_that_was_copied_to_another_row_does_not_open() {
    for scratch in scratch::both().await {
        let (writes, vault, user) = (writes(&scratch), vault(&[1]), user(7));
        let (first, second) = (add(&writes, &vault, user, 1).await.unwrap(), add(&writes, &vault, user, 2).await.unwrap());
        let mut tx = scratch.database.begin().await.unwrap();
        let row = tx.first("SELECT contact FROM addresses WHERE id = ?", vec![first.get().into()]).await.unwrap().unwrap();
        let copied = row.bytes_or_null(0).unwrap().unwrap();
        tx.execute("UPDATE addresses SET contact = ? WHERE id = ?", vec![copied.into(), second.get().into()]).await.unwrap();
        tx.commit().await.unwrap();
        let error = doors(&scratch.database, &vault, user).await.unwrap_err();
        assert!(matches!(error, AddressError::Vault(VaultError::Open(_))) && error.to_string().contains("addresses.contact"), "{error}");
    }
}

#[tokio::test]
async fn a_cancelled_account_gets_no_address_and_shows_none() {
    for scratch in scratch::both().await {
        let (writes, vault, user) = (writes(&scratch), vault(&[1]), user(7));
        let id = add(&writes, &vault, user, 1).await.unwrap();
        writes.transaction(async |tx| vault.destroy(tx, user, NOW).await).await.unwrap();
        let destroyed = |error: AddressError| matches!(error, AddressError::Vault(VaultError::Destroyed { .. }));
        assert!(destroyed(add(&writes, &vault, user, 2).await.unwrap_err()));
        assert!(destroyed(writes.transaction(async |tx| service::remove(tx, &vault, user, id).await).await.unwrap_err()));
        assert!(destroyed(doors(&scratch.database, &vault, user).await.unwrap_err()));
    }
}
