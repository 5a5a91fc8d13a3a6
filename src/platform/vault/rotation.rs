//! Wrapping every data key under the current master key, and what is wrapped under which.
//! - R1 Rotation can be stopped anywhere and run again: each batch is one transaction, and what is done is not looked at again.
//! - R2 A running server goes on meanwhile, as long as its ring has both keys: data keys themselves do not change, so nothing that is sealed
//!   with them does either.
//! - R3 A key that was destroyed meanwhile stays destroyed.

use mallcore_actors::ids::UserId;

use super::data_key::DataKey;
use super::{MasterKeyId, Sealed, Vault, VaultError};
use crate::platform::database::{Database, Error, Row};

/// Rows of one transaction.
pub const BATCH: u32 = 500;

/// A master key that data keys are wrapped under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InUse {
    /// Number of the master key, as in `DATA_KEYS`.
    pub id: MasterKeyId,
    /// Data keys under it.
    pub data_keys: u64,
}

/// What a step of a rotation did.
#[derive(Debug, Default)]
pub struct Rotated {
    /// Data keys that are wrapped under the current master key now.
    pub rewrapped: u64,
    /// Data keys that do not open, with the reason. They are left alone.
    pub failed: Vec<VaultError>,
}

/// A rotation under way: its steps go through the rows once.
#[derive(Debug)]
pub struct Rotation {
    older: Vec<MasterKeyId>,
    after: u64,
}

impl Vault {
    /// The master keys that data keys are wrapped under: one look at the index for each, however many data keys there are.
    ///
    /// # Errors
    /// Those of the database, or [`VaultError::UnknownMasterKey`] for a number that is none.
    pub async fn master_keys_in_use(&self, database: &Database) -> Result<Vec<MasterKeyId>, Error> {
        let mut tx = database.snapshot().await?;
        let (mut found, mut last) = (Vec::new(), 0);
        loop {
            let text = "SELECT MIN(master_key_id) FROM user_keys WHERE master_key_id > ?";
            let row = tx.first(text, vec![last.into()]).await?;
            let Some(id) = row.map(|row| row.id_or_null(0, master_key)).transpose()?.flatten() else { break };
            last = id.get();
            found.push(id);
        }
        tx.commit().await?;
        Ok(found)
    }

    /// The same with the number of data keys under each.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn data_keys_by_master_key(&self, database: &Database) -> Result<Vec<InUse>, Error> {
        let mut tx = database.snapshot().await?;
        let text =
            "SELECT master_key_id, COUNT(*) FROM user_keys WHERE master_key_id IS NOT NULL GROUP BY master_key_id ORDER BY master_key_id";
        let rows = tx.all(text, Vec::new()).await?;
        tx.commit().await?;
        rows.iter().map(|row| Ok(InUse { id: row.id(0, master_key)?, data_keys: row.count(1)? })).collect()
    }

    /// Whether the ring has every key that is needed, and each of them opens what was wrapped under its number: the first and the last data key
    /// are tried.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub async fn check(&self, database: &Database) -> Result<(), VaultError> {
        for id in self.master_keys_in_use(database).await? {
            if self.ring().key(id).is_none() {
                return Err(VaultError::UnknownMasterKey { id });
            }
            let mut tx = database.snapshot().await?;
            for order in ["ASC", "DESC"] {
                let text = format!("SELECT user_id, wrapped FROM user_keys WHERE master_key_id = ? ORDER BY user_id {order} LIMIT 1");
                if let Some(row) = tx.first(text, vec![id.get().into()]).await? {
                    let (user, wrapped) = wrapped(&row)?;
                    self.unwrapped(user, &wrapped)?;
                }
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Begins to wrap every data key under the current master key.
    ///
    /// # Errors
    /// [`VaultError::UnknownMasterKey`] before anything is changed, if the ring lacks a key.
    pub async fn rotation(&self, database: &Database) -> Result<Rotation, VaultError> {
        let older: Vec<MasterKeyId> =
            self.master_keys_in_use(database).await?.into_iter().filter(|id| *id != self.ring().current()).collect();
        match older.iter().find(|id| self.ring().key(**id).is_none()) {
            Some(id) => Err(VaultError::UnknownMasterKey { id: *id }),
            None => Ok(Rotation { older, after: 0 }),
        }
    }

    /// The next batch; none once all rows were looked at.
    ///
    /// # Errors
    /// Those of the database: the batch is undone then, and the next step tries it again.
    pub async fn rotate(&self, database: &Database, rotation: &mut Rotation) -> Result<Option<Rotated>, VaultError> {
        let Some(&older) = rotation.older.last() else { return Ok(None) };
        let from = self.ring().key(older).ok_or(VaultError::UnknownMasterKey { id: older })?;
        let to = self.ring().current_key();
        let mut tx = database.begin().await?;
        let text = "SELECT user_id, wrapped FROM user_keys WHERE master_key_id = ? AND user_id > ? ORDER BY user_id LIMIT ?";
        let rows = tx.all(text, vec![older.get().into(), rotation.after.into(), BATCH.into()]).await?;
        let (mut rotated, mut after) = (Rotated::default(), rotation.after);
        for row in &rows {
            let (user, wrapped) = wrapped(row)?;
            after = user.get();
            match DataKey::rewrapped(user, &wrapped, from, to) {
                Err(cause) => rotated.failed.push(VaultError::DoesNotOpen { user, id: older, cause }),
                Ok(wrapped) => {
                    // A key that was destroyed, or re-wrapped by another rotation, since it was read is left as it is.
                    let text = "UPDATE user_keys SET master_key_id = ?, wrapped = ? WHERE user_id = ? AND master_key_id = ?";
                    let values = vec![to.id().into(), wrapped.into(), user.get().into(), older.get().into()];
                    rotated.rewrapped += tx.execute(text, values).await?;
                }
            }
        }
        tx.commit().await?;
        rotation.after = after;
        if rows.len() < BATCH as usize {
            rotation.older.pop();
            rotation.after = 0;
        }
        Ok(Some(rotated))
    }
}

fn master_key(number: u64) -> Result<MasterKeyId, super::BadKeys> {
    u32::try_from(number).map_err(|_| super::BadKeys::Id).and_then(MasterKeyId::new)
}

fn wrapped(row: &Row) -> Result<(UserId, Sealed), VaultError> {
    let user = row.id(0, UserId::new)?;
    let wrapped = row.bytes_or_null(1)?.map(Sealed::from_bytes).ok_or(VaultError::Unreadable { user })?;
    Ok((user, wrapped))
}
