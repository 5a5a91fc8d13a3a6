//! What can go wrong between a user and their data key.

use mallcore_actors::ids::UserId;

use super::{MasterKeyId, OpenError};
use crate::platform::database::{self, TransactionError};

/// A data key that cannot be had, or a value that cannot be opened with it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] database::Error),
    /// The ring lacks a key.
    #[error(
        "data keys are wrapped under master key {id}, which the ring does not have: put it back into DATA_KEYS, behind the current key, and \
         remove it only once `mallcore keys list` shows that nothing is wrapped under it"
    )]
    UnknownMasterKey {
        /// The key's number.
        id: MasterKeyId,
    },
    /// The master key of this number is another one than the one that wrapped the data key, or the row was changed.
    #[error(
        "the data key of user {user} does not open under master key {id}: put back the key that had this number, or the row of user_keys from \
         a backup"
    )]
    DoesNotOpen {
        /// Whose data key.
        user: UserId,
        /// The master key's number.
        id: MasterKeyId,
        /// What was found.
        #[source]
        cause: OpenError,
    },
    /// A row that is not in the form of a wrapped key.
    #[error("the row of user {user} in user_keys holds no wrapped key: restore it from a backup")]
    Unreadable {
        /// The user in `user_keys`.
        user: UserId,
    },
    /// The account was cancelled: nothing that was sealed for it can be read, and nothing is sealed any more.
    #[error("the data key of user {user} was destroyed")]
    Destroyed {
        /// The user whose data key was destroyed.
        user: UserId,
    },
    /// There is no data key, and so nothing that was sealed with it.
    #[error("user {user} has no data key")]
    NoKey {
        /// The user without a data key.
        user: UserId,
    },
    /// A value does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl VaultError {
    /// Whether the same may work later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Database(cause) if cause.is_transient())
    }
}

impl TransactionError for VaultError {
    fn is_transient(&self) -> bool {
        self.is_transient()
    }
}
