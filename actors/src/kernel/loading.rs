//! The port through which aggregates come from the database into memory.

use std::future::Future;
use std::pin::Pin;

use super::aggregate::Aggregate;
use crate::journal::Sequence;

/// A future in a box, so that ports can be trait objects.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Where a shell gets the aggregates that are not in memory.
pub trait Loader<A: Aggregate>: Send + Sync {
    /// The aggregate of this key, none if there is no row, and the last record that the database had: row and checkpoint are read in one
    /// transaction.
    fn load(&self, key: A::Key) -> BoxFuture<Result<(Option<A>, Sequence), LoadFailed>>;
}

/// The database did not answer, or is not where it was left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to load the aggregate: {0}")]
pub struct LoadFailed(pub String);
