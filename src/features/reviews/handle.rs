//! Reviews as handlers ask for them: who may write one is decided here, from the shopper's orders as they are now.

use std::collections::HashMap;
use std::sync::Arc;

use mallcore_actors::engine::Engine;
use mallcore_actors::ids::{OrderId, SkuId, UserId};
use mallcore_actors::orders::Status as OrderStatus;
use mallcore_actors::refusal::{Refusal, Unavailable};
use mallcore_actors::time::Timestamp;

use super::model::{Opinion, Review, Signed, Status, Wanted};
use super::ratings::Ratings;
use super::repository;
use super::service::{self, NOT_RECEIVED, NewReview, ReviewError, UNKNOWN_ORDER_LINE, Written};
use crate::features::catalog::Catalog;
use crate::features::orders::{LineView, OrderRef, OrderView, Orders};
use crate::platform::config;
use crate::platform::database::Database;
use crate::platform::reads::{ANSWER_WITHIN, Reads, StoreError};
use crate::platform::writes::Writes;

/// Completed orders of a shopper that are looked at for lines without a review, the newest.
const PENDING_ORDERS_MAX: u32 = 100;
const MILLIS_OF_DAY: u64 = 86_400_000;

/// The reviews of the shop.
pub struct Reviews {
    pub(super) reads: Arc<Reads>,
    pub(super) writes: Arc<Writes>,
    /// The shop's clock.
    pub(super) engine: Arc<Engine>,
    /// Whether reviews wait for moderation, and how long they may be written.
    pub(super) rules: config::Reviews,
    pub(super) orders: Arc<Orders>,
    pub(super) catalog: Catalog,
    pub(super) ratings: Ratings,
}

/// A completed order with lines that can be reviewed.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The order as lists show it, with those lines only.
    pub order: OrderView,
    /// When it was received.
    pub completed_at: Timestamp,
    /// Until when it can be reviewed.
    pub until: Timestamp,
}

/// Why a shopper's review was not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// The rules or the database say no.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// The shopper's orders cannot be looked at.
    #[error(transparent)]
    Orders(#[from] StoreError),
    /// The line's product is not known yet.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl Reviews {
    /// Writes a shopper's review of a line of one of their orders; one that says the same is answered again.
    ///
    /// # Errors
    /// [`NotWritten`]; refusals in the order of docs/RULES.md.
    pub async fn write(&self, user: UserId, named: OrderRef, sku: SkuId, opinion: Opinion) -> Result<Written, NotWritten> {
        let refused = |refusal| NotWritten::Review(ReviewError::Refused(refusal));
        let order = self.orders.one(user, named).await?.ok_or(refused(Refusal::UnknownOrder))?;
        let line = order.items.iter().find(|line| line.sku_id == sku.get()).ok_or(refused(Refusal::Rule(&UNKNOWN_ORDER_LINE)))?;
        if order.status != OrderStatus::Completed.name() {
            return Err(refused(Refusal::Rule(&NOT_RECEIVED)));
        }
        // SKUs are never removed; the catalogue may still be warming.
        let entry = self.catalog.sku(sku).ok_or(Unavailable::Warming)?;
        let new = NewReview {
            user,
            order: OrderId::new(order.order_id).map_err(|_| refused(Refusal::UnknownOrder))?,
            sku: sku.get(),
            product: entry.product.id.get(),
            spec: line.spec.clone().unwrap_or_default(),
            opinion,
        };
        let status = if self.rules.moderation { Status::Pending } else { Status::Shown };
        let (window_days, now) = (self.rules.window_days, self.engine.clock().now());
        let write = async |database: &Database| service::submit(database, &new, status, window_days, now).await;
        Ok(self.writes.write(write).await?)
    }

    /// A page of a product's shown reviews.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn of_product(&self, product: u64, wanted: Wanted, size: u32) -> Result<Vec<Signed>, StoreError> {
        let ask = async |database: &Database| repository::of_product(database, product, wanted, size).await;
        Ok(self.reads.ask(ANSWER_WITHIN, ask).await?)
    }

    /// A page of a shopper's own reviews, with ids below `before`, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn of_user(&self, user: UserId, before: Option<u64>, size: u32) -> Result<Vec<Review>, StoreError> {
        let ask = async |database: &Database| repository::of_user(database, user, before, size).await;
        Ok(self.reads.ask(ANSWER_WITHIN, ask).await?)
    }

    /// The shopper's newest completed orders that have lines without a review, while they can be reviewed.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn pending(&self, user: UserId) -> Result<Vec<Pending>, StoreError> {
        let orders = self.orders.page(user, Some(OrderStatus::Completed), None, PENDING_ORDERS_MAX).await?.items;
        let ids: Vec<u64> = orders.iter().map(|order| order.order_id).collect();
        let ask =
            async |database: &Database| Ok((repository::reviewed(database, &ids).await?, repository::completed(database, &ids).await?));
        let (reviewed, completed) = self.reads.ask(ANSWER_WITHIN, ask).await?;
        let completed: HashMap<u64, Timestamp> = completed.into_iter().collect();
        let (now, window) = (self.engine.clock().now(), u64::from(self.rules.window_days) * MILLIS_OF_DAY);
        let pending = orders.into_iter().filter_map(|mut order| {
            // One that the database does not know to be completed changed last when it was.
            let completed_at = completed.get(&order.order_id).copied().unwrap_or(order.updated_at.0);
            let until = completed_at.plus_millis(window);
            order.items.retain(|line: &LineView| !reviewed.contains(&(order.order_id, line.sku_id)));
            (now <= until && !order.items.is_empty()).then_some(Pending { order, completed_at, until })
        });
        Ok(pending.collect())
    }
}
