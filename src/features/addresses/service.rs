//! What a shopper may do with their addresses. Each function runs inside one transaction, which it begins with the shopper's data key: its row
//! is locked until the end (A3).

use mallcore_actors::ids::{AddressId, UserId};
use mallcore_actors::time::Timestamp;

use super::error::AddressError;
use super::model::{ADDRESSES_MAX, Address, Draft};
use super::repository;
use crate::platform::database::Tx;
use crate::platform::vault::Vault;

/// An address that was added, or was there.
#[derive(Debug)]
pub struct Added {
    /// The address that is stored now.
    pub address: Address,
    /// Whether it was there already: a repeat adds nothing.
    pub repeat: bool,
}

/// Adds an address; one that says the same is not added again. The first one is the default.
pub async fn add(tx: &mut Tx, vault: &Vault, user: UserId, draft: &Draft, now: Timestamp) -> Result<Added, AddressError> {
    let key = vault.user_key(tx, user).await?;
    let there = repository::of_user(tx, user, &key).await?;
    let same = there.iter().find(|address| address.says(draft)).map(|address| address.id);
    let id = match same {
        Some(id) => id,
        None if there.len() >= ADDRESSES_MAX => return Err(AddressError::TooMany),
        None => repository::insert(tx, user, draft, there.is_empty(), &key, now).await?,
    };
    if draft.is_default {
        repository::set_default(tx, user, id).await?;
    }
    let address = repository::by_id(tx, user, id, &key).await?.ok_or(AddressError::Unknown(id))?;
    Ok(Added { address, repeat: same.is_some() })
}

/// Says what an address is from now on. One that is the default stays it until another becomes it.
pub async fn change(
    tx: &mut Tx,
    vault: &Vault,
    user: UserId,
    id: AddressId,
    draft: &Draft,
    now: Timestamp,
) -> Result<Address, AddressError> {
    let key = vault.user_key(tx, user).await?;
    repository::by_id(tx, user, id, &key).await?.ok_or(AddressError::Unknown(id))?;
    repository::update(tx, id, draft, &key, now).await?;
    if draft.is_default {
        repository::set_default(tx, user, id).await?;
    }
    repository::by_id(tx, user, id, &key).await?.ok_or(AddressError::Unknown(id))
}

/// Removes an address. After the default the newest one is the default. Orders keep what it said.
pub async fn remove(tx: &mut Tx, vault: &Vault, user: UserId, id: AddressId) -> Result<(), AddressError> {
    let key = vault.user_key(tx, user).await?;
    let removed = repository::by_id(tx, user, id, &key).await?.ok_or(AddressError::Unknown(id))?;
    repository::delete(tx, id).await?;
    if removed.is_default {
        let newest = repository::of_user(tx, user, &key).await?.into_iter().map(|address| address.id).max();
        if let Some(newest) = newest {
            repository::set_default(tx, user, newest).await?;
        }
    }
    Ok(())
}

/// Makes an address the default.
pub async fn set_default(tx: &mut Tx, vault: &Vault, user: UserId, id: AddressId) -> Result<Address, AddressError> {
    let key = vault.user_key(tx, user).await?;
    repository::by_id(tx, user, id, &key).await?.ok_or(AddressError::Unknown(id))?;
    repository::set_default(tx, user, id).await?;
    repository::by_id(tx, user, id, &key).await?.ok_or(AddressError::Unknown(id))
}
