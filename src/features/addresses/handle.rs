//! Addresses as handlers and other features ask for them.

use std::sync::Arc;

use mallcore_actors::engine::Engine;
use mallcore_actors::idempotency::KeyHash;
use mallcore_actors::ids::{AddressId, UserId};
use mallcore_actors::orders::{AddressSnapshot, Delivery, Remark};
use mallcore_actors::values::region::RegionCode;

use super::delivery::Delivered;
use super::error::AddressError;
use super::kept::Kept;
use super::model::{Address, Draft};
use super::repository::{self, SealedAddress};
use super::service::{self, Added};
use crate::platform::database::{Database, Tx};
use crate::platform::reads::{ANSWER_WITHIN, Reads, StoreError};
use crate::platform::vault::{DataKey, Vault, VaultError};
use crate::platform::writes::Writes;

/// The addresses of all shoppers.
pub struct Addresses {
    vault: Vault,
    reads: Arc<Reads>,
    writes: Arc<Writes>,
    engine: Arc<Engine>,
    kept: Kept,
}

impl Addresses {
    pub(super) fn new(vault: Vault, reads: Arc<Reads>, writes: Arc<Writes>, engine: Arc<Engine>) -> Self {
        Self { vault, reads, writes, engine, kept: Kept::default() }
    }

    /// A shopper's addresses, the default first, then the newest first.
    ///
    /// # Errors
    /// If the database does not answer, or what is stored cannot be opened.
    pub async fn list(&self, user: UserId) -> Result<Vec<Address>, AddressError> {
        let listed = self.read(user, async |database, key| {
            let mut tx = database.snapshot().await?;
            let addresses = repository::of_user(&mut tx, user, key).await?;
            tx.commit().await?;
            Ok(addresses)
        });
        Ok(listed.await?.unwrap_or_default())
    }

    /// The region of one address of a shopper; none if there is no such address, or it is another's. Nothing is opened for it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn region(&self, user: UserId, id: AddressId) -> Result<Option<RegionCode>, AddressError> {
        Ok(self.sealed(user, id).await?.map(|address| address.region.code))
    }

    /// Whether a shopper has this address. Nothing is opened for it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn has(&self, user: UserId, id: AddressId) -> Result<bool, StoreError> {
        let ask = async |database: &Database| {
            let mut tx = database.snapshot().await?;
            let is_there = repository::is_there(&mut tx, user, id).await?;
            tx.commit().await?;
            Ok(is_there)
        };
        Ok(self.reads.ask(ANSWER_WITHIN, ask).await?)
    }

    /// Adds an address, unless one is there that says the same.
    ///
    /// # Errors
    /// [`AddressError::TooMany`], or as [`Addresses::list`].
    pub async fn add(&self, user: UserId, draft: &Draft) -> Result<Added, AddressError> {
        let now = self.engine.clock().now();
        self.write(user, async |tx| service::add(tx, &self.vault, user, draft, now).await).await
    }

    /// Says what an address is from now on.
    ///
    /// # Errors
    /// [`AddressError::Unknown`], or as [`Addresses::list`].
    pub async fn change(&self, user: UserId, id: AddressId, draft: &Draft) -> Result<Address, AddressError> {
        let now = self.engine.clock().now();
        self.write(user, async |tx| service::change(tx, &self.vault, user, id, draft, now).await).await
    }

    /// Removes an address.
    ///
    /// # Errors
    /// As [`Addresses::change`].
    pub async fn remove(&self, user: UserId, id: AddressId) -> Result<(), AddressError> {
        self.write(user, async |tx| service::remove(tx, &self.vault, user, id).await).await
    }

    /// Makes an address the default.
    ///
    /// # Errors
    /// As [`Addresses::change`].
    pub async fn set_default(&self, user: UserId, id: AddressId) -> Result<Address, AddressError> {
        self.write(user, async |tx| service::set_default(tx, &self.vault, user, id).await).await
    }

    async fn write<T>(&self, user: UserId, edit: impl AsyncFn(&mut Tx) -> Result<T, AddressError>) -> Result<T, AddressError> {
        let changing = self.kept.change(user);
        let done = self.writes.transaction(edit).await;
        if done.is_ok() {
            changing.committed();
        }
        done
    }

    /// One address of a shopper as it is stored; none if there is no such address, or it is another's. The database is asked for all of a
    /// shopper's addresses once, and again for one that is not among them.
    async fn sealed(&self, user: UserId, id: AddressId) -> Result<Option<SealedAddress>, AddressError> {
        if let Some(address) = self.kept.find(user, id) {
            return Ok(Some(address));
        }
        let ticket = self.kept.begin(user);
        let ask = async |database: &Database| {
            let mut tx = database.snapshot().await?;
            let addresses = repository::sealed_of_user(&mut tx, user).await?;
            tx.commit().await?;
            Ok(addresses)
        };
        let addresses = self.reads.ask(ANSWER_WITHIN, ask).await?;
        let found = addresses.iter().find(|address| address.id == id).cloned();
        self.kept.keep(user, ticket, addresses);
        Ok(found)
    }

    /// The address as the order keeps it that the request with this key places, sealed with what the shopper wants to be known, and the region
    /// that its freight depends on. Both come from one reading: an address that is changed meanwhile is not paid for to one region and sent to
    /// another.
    ///
    /// # Errors
    /// [`AddressError::Unknown`], or as [`Addresses::list`].
    pub async fn delivery(
        &self,
        user: UserId,
        id: AddressId,
        remark: Option<&Remark>,
        request: KeyHash,
    ) -> Result<(Delivery, RegionCode), AddressError> {
        let stored = self.sealed(user, id).await?.ok_or(AddressError::Unknown(id))?;
        let seal = |key: &DataKey| {
            let address = stored.open(key)?;
            Ok::<_, AddressError>((Delivered::new(&address, remark).seal(request, key), address.region_code()))
        };
        let (sealed, region) = match self.vault.kept_key(user) {
            Some(key) => seal(&key)?,
            None => self.read(user, async |_, key| seal(key)).await?.ok_or(AddressError::Unknown(id))?,
        };
        let snapshot = AddressSnapshot::try_from(sealed).map_err(|_| AddressError::Unreadable(id))?;
        Ok((Delivery { address: id, snapshot }, region))
    }

    /// What an order of this user holds of its address. None for orders from before addresses were stored, and for cancelled accounts, whose
    /// data key is gone.
    ///
    /// # Errors
    /// As [`Addresses::list`].
    pub async fn delivered(&self, user: UserId, request: KeyHash, snapshot: &AddressSnapshot) -> Result<Option<Delivered>, AddressError> {
        let opened =
            self.read(user, async |_, key| Delivered::open(snapshot, request, key).map_err(|cause| VaultError::from(cause).into()));
        match opened.await {
            Ok(opened) => Ok(opened.flatten()),
            Err(AddressError::Vault(VaultError::Destroyed { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks with the user's data key; none if they have none, and so nothing that was sealed with it.
    async fn read<T>(
        &self,
        user: UserId,
        question: impl AsyncFnOnce(&Database, &DataKey) -> Result<T, AddressError>,
    ) -> Result<Option<T>, AddressError> {
        let ask = async |database: &Database| {
            Ok(match self.vault.stored_key(database, user).await {
                Ok(Some(key)) => question(database, &key).await.map(Some),
                Ok(None) => Ok(None),
                Err(error) => Err(error.into()),
            })
        };
        self.reads.ask(ANSWER_WITHIN, ask).await?
    }
}
