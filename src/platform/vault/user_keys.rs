//! The table `user_keys`: one row for each user who has, or had, a data key.
//! - K1 A row that was destroyed stays, without its key, so that nobody makes another one for a cancelled account.
//! - K2 [`Vault::user_key`] locks the row until the transaction ends: whoever writes a user's sealed rows does so one at a time, and never
//!   beside the destruction of the key. Lock order: the row of `users`, then that of `user_keys`, then rows of features.

use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;

use super::data_key::wrapped_under;
use super::{DataKey, Sealed, Vault, VaultError, metrics};
use crate::platform::database::{Database, Error, Row, Rows, Tx};

const SELECT: &str = "SELECT wrapped, destroyed_at FROM user_keys WHERE user_id = ?";

impl Vault {
    /// The user's data key for writing, made if there is none. Its row is locked until the transaction ends. Use the key in this transaction
    /// only: a rollback takes a key away that was made in it.
    ///
    /// # Errors
    /// [`VaultError::Destroyed`] for a cancelled account, and everything that can be wrong with database and ring.
    pub async fn user_key(&self, tx: &mut Tx, user: UserId) -> Result<DataKey, VaultError> {
        if let Some(row) = tx.lock(SELECT, vec![user.get().into()]).await?.first() {
            return self.key_in(user, row);
        }
        let (_, wrapped) = DataKey::fresh(user, self.ring().current_key());
        // Another transaction may make one at the same time: the first one stays, and both use it.
        let text = Rows::insert_or_keep(tx.engine(), "user_keys", &["user_id"], &["user_id", "master_key_id", "wrapped"]);
        tx.execute(text, vec![user.get().into(), self.ring().current().get().into(), wrapped.into()]).await?;
        let row = tx.lock(SELECT, vec![user.get().into()]).await?.into_iter().next().ok_or(VaultError::NoKey { user })?;
        self.key_in(user, &row)
    }

    /// The user's data key if it is in memory: no database is asked.
    pub fn kept_key(&self, user: UserId) -> Option<DataKey> {
        self.cache.find(user)
    }

    /// The user's data key for reading; none if nothing was ever sealed for them. It is remembered.
    ///
    /// # Errors
    /// As [`Vault::user_key`].
    pub async fn stored_key(&self, database: &Database, user: UserId) -> Result<Option<DataKey>, VaultError> {
        if let Some(key) = self.cache.find(user) {
            return Ok(Some(key));
        }
        let mut tx = database.snapshot().await?;
        let row = tx.first(SELECT, vec![user.get().into()]).await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(None) };
        let key = self.key_in(user, &row)?;
        self.cache.keep(user, key.clone());
        Ok(Some(key))
    }

    /// Destroys the user's data key, also one that nobody has made yet: from the commit on nothing that was sealed with it can be read, and
    /// nothing is sealed for this user any more. Destroying it twice is destroying it once.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn destroy(&self, tx: &mut Tx, user: UserId, now: Timestamp) -> Result<(), Error> {
        self.cache.destroy(user);
        let text = Rows::insert_or_keep(tx.engine(), "user_keys", &["user_id"], &["user_id"]);
        tx.execute(text, vec![user.get().into()]).await?;
        let text = "UPDATE user_keys SET master_key_id = NULL, wrapped = NULL, destroyed_at = ? WHERE user_id = ? AND destroyed_at IS NULL";
        tx.execute(text, vec![now.into(), user.get().into()]).await.map(drop)
    }

    fn key_in(&self, user: UserId, row: &Row) -> Result<DataKey, VaultError> {
        if row.time_or_null(1)?.is_some() {
            return Err(VaultError::Destroyed { user });
        }
        let wrapped = row.bytes_or_null(0)?.map(Sealed::from_bytes).ok_or(VaultError::Unreadable { user })?;
        self.unwrapped(user, &wrapped)
    }

    pub(super) fn unwrapped(&self, user: UserId, wrapped: &Sealed) -> Result<DataKey, VaultError> {
        let unwrap = || {
            let id = wrapped_under(wrapped).ok_or(VaultError::Unreadable { user })?;
            let master = self.ring().key(id).ok_or(VaultError::UnknownMasterKey { id })?;
            DataKey::unwrap(user, wrapped, master).map_err(|cause| VaultError::DoesNotOpen { user, id, cause })
        };
        unwrap().inspect_err(|_| metrics::UNREADABLE_TOTAL.with(metrics::DATA_KEY).increment(1))
    }
}
