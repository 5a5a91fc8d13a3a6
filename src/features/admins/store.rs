//! Why a store of captchas or tries did not do it.

/// The store did not answer, or has no room.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Redis is away or refuses.
    #[error("captchas and tries cannot be reached")]
    Redis(#[from] crate::platform::redis::Error),
    /// Memory is full of counts that still matter.
    #[error("there is no room for another count of tries")]
    Full,
}
