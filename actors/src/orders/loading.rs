//! The port through which an order that left memory comes back.

use super::order::Order;
use crate::ids::{OrderId, UserId};
use crate::journal::Sequence;
use crate::kernel::{BoxFuture, LoadFailed};

/// Where orders are that are not in memory.
pub trait OrderLoader: Send + Sync {
    /// The order with its payment, parcels and refunds, none if the user has no such order, and the last record that the database had: rows and
    /// checkpoint are read in one transaction.
    fn load(&self, user: UserId, order: OrderId) -> BoxFuture<Result<(Option<Order>, Sequence), LoadFailed>>;
}
