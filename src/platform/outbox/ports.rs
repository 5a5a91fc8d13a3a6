//! Whom the relay talks to. Each port has one implementation of the real thing, and one for where there is none.

use mallcore_actors::ids::{AdjustmentId, AfterSaleId};
use mallcore_actors::kernel::BoxFuture;
use mallcore_actors::time::Timestamp;

use super::{AdjustStock, Carried, ShipOrder};

/// Why a destination did not take a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Transient: the same row may be taken later.
    #[error("{0}")]
    Away(String),
    /// Others have it, and one part of the destination has refused it for now: it is to be offered again, and holds up no other row.
    #[error("{why}")]
    SetAside {
        /// What the destination said.
        why: String,
        /// Whether it was offered now, or is not yet to be.
        is_attempt: bool,
    },
    /// It will never be taken.
    #[error("{0}")]
    Refused(String),
}

/// This process: actors, and the snapshots that shoppers read.
pub trait InShop: Send + Sync + 'static {
    /// Reads anew what is on offer.
    fn reread_offers(&self) -> BoxFuture<Result<(), Failure>>;

    /// Changes the stock of a SKU; the stock feature knows how. A repeat of `id` changes nothing.
    fn adjust(&self, id: AdjustmentId, asked: AdjustStock) -> BoxFuture<Carried>;

    /// Has the order of a case of after-sale refund it; the after-sale feature knows how. Money that went back goes back once.
    fn refund(&self, after_sale: AfterSaleId) -> BoxFuture<Carried>;

    /// Sends a parcel of an order, or hands it out at the shop; the shipping feature knows how. A repeat changes nothing.
    fn ship(&self, asked: ShipOrder) -> BoxFuture<Carried>;
}

/// An event for other services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The row that tells of it.
    pub row: u64,
    /// Its identity: consumers recognise a repeat by it.
    pub id: String,
    /// Its type and routing key.
    pub kind: &'static str,
    /// When what it tells of was committed.
    pub at: Timestamp,
    /// A JSON object, as docs/events describes it.
    pub body: String,
}

/// The broker, as the relay asks it.
pub trait EventsOut: Send + Sync + 'static {
    /// Publishes; done once the broker has confirmed.
    fn publish(&self, event: Event) -> BoxFuture<Result<(), Failure>>;
}

/// The cache of products.
pub trait ProductCache: Send + Sync + 'static {
    /// Brings `product:{id}` up to date with the database.
    fn refresh(&self, product: u64) -> BoxFuture<Result<(), Failure>>;
}

/// Where there is no broker, or no cache.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl EventsOut for Nobody {
    fn publish(&self, _: Event) -> BoxFuture<Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }
}

impl ProductCache for Nobody {
    fn refresh(&self, _: u64) -> BoxFuture<Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }
}
