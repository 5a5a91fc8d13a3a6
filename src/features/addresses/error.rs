//! Why something cannot be done with an address.

use actix_web::http::StatusCode;
use mallcore_actors::ids::AddressId;

use super::model::ADDRESSES_MAX;
use crate::platform::database::{self, TransactionError};
use crate::platform::error_chain;
use crate::platform::http::problem::{Fact, Problem};
use crate::platform::vault::VaultError;

/// A refusal, or a failure below.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// There is no such address, or it is another's.
    #[error("the shopper has no address {0}")]
    Unknown(AddressId),
    /// There is no room for another one.
    #[error("a shopper has at most {ADDRESSES_MAX} addresses")]
    TooMany,
    /// What was opened is no address.
    #[error("address {0} opens, and holds no contact: run the release that wrote it")]
    Unreadable(AddressId),
    /// The keys or the database.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<database::Error> for AddressError {
    fn from(cause: database::Error) -> Self {
        Self::Vault(cause.into())
    }
}

impl TransactionError for AddressError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Vault(cause) if cause.is_transient())
    }
}

impl From<AddressError> for Problem {
    fn from(error: AddressError) -> Self {
        match &error {
            AddressError::Unknown(_) => Self::unknown("unknown_address"),
            AddressError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_addresses").stating(Fact::Limit(ADDRESSES_MAX as u32)),
            // The account was cancelled while its token was still good.
            AddressError::Vault(VaultError::Destroyed { .. }) => {
                Self::new(StatusCode::UNAUTHORIZED, "token_invalid").naming("Authorization", "token_invalid")
            }
            AddressError::Vault(VaultError::Database(cause)) if cause.is_transient() => Self::database_unavailable(),
            AddressError::Vault(_) | AddressError::Unreadable(_) => Self::internal(&error_chain::of(&error)),
        }
    }
}
