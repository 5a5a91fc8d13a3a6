//! After-sale as handlers ask for it. What may be applied for is decided from the shopper's orders as they are now, own changes included.

use std::sync::Arc;

use mallcore_actors::after_sales::{Command, Quote, ReturnParcel, Standing, Status, Terms};
use mallcore_actors::engine::Engine;
use mallcore_actors::ids::{AfterSaleId, OrderId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::orders::{LinePieces, Pieces};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::refusal::Refusal;

use super::model::{AfterSale, Application, Described, EventRow, Preview};
use super::service::{self, AfterSaleError, Ordered, Written};
use super::{detail, repository};
use crate::features::orders::{OrderRef, Orders};
use crate::features::reviews::service::UNKNOWN_ORDER_LINE;
use crate::platform::database::Database;
use crate::platform::reads::{ANSWER_WITHIN, Reads, StoreError};
use crate::platform::writes::Writes;

/// The cases of all shoppers.
pub struct AfterSales {
    pub(super) reads: Arc<Reads>,
    pub(super) writes: Arc<Writes>,
    /// The shop's clock.
    pub(super) engine: Arc<Engine>,
    pub(super) terms: Terms,
    pub(super) orders: Arc<Orders>,
}

/// Why a shopper's request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The rules or the database say no.
    #[error(transparent)]
    AfterSale(#[from] AfterSaleError),
    /// The shopper's orders cannot be looked at.
    #[error(transparent)]
    Orders(#[from] StoreError),
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        Self::AfterSale(AfterSaleError::Refused(refusal))
    }
}

impl AfterSales {
    /// Applies for a refund of pieces of one of the shopper's orders.
    ///
    /// # Errors
    /// [`NotDone`]; refusals in the order of docs/RULES.md.
    pub async fn apply(&self, user: UserId, order: OrderId, application: &Application) -> Result<Written, NotDone> {
        let ordered = self.ordered(user, order, &application.wanted.pieces).await?;
        let (terms, now) = (self.terms, self.engine.clock().now());
        let write = async |database: &Database| service::apply(database, &ordered, application, &terms, now).await;
        Ok(self.writes.write(write).await?)
    }

    /// What may be applied for, and what would go back for these pieces, or for all that are left.
    ///
    /// # Errors
    /// [`NotDone`]; refusals in the order of docs/RULES.md.
    pub async fn preview(&self, user: UserId, order: OrderId, pieces: Option<Pieces>) -> Result<Preview, NotDone> {
        let Ordered { order, lines } = self.ordered(user, order, pieces.as_deref().unwrap_or_default()).await?;
        let now = self.engine.clock().now();
        let (received_at, claims) = detail::standing(&self.reads, &order, now).await.map_err(StoreError::from)?;
        let standing = Standing { order: &order, received_at, claims: &claims };
        standing.admits(&self.terms, now)?;
        let left = standing.left();
        let wanted = pieces.unwrap_or_else(|| {
            let whole = left.iter().filter_map(|line| Some(LinePieces { sku: line.sku, quantity: Quantity::new(line.pieces).ok()? }));
            whole.collect()
        });
        let quote = if wanted.is_empty() { Quote::default() } else { standing.quote(&wanted)? };
        let lines = lines.into_iter().filter_map(|line| {
            let left = left.iter().find(|left| left.sku == line.sku)?;
            Some((line, *left))
        });
        Ok(Preview { order: order.id, closes_at: standing.closes_at(&self.terms), lines: lines.collect(), quote })
    }

    /// The shopper's order, which has to have these lines.
    async fn ordered(&self, user: UserId, order: OrderId, pieces: &[LinePieces]) -> Result<Ordered, NotDone> {
        let found = self.orders.whole(user, OrderRef::Id(order)).await?;
        let (order, view) = found.ok_or(Refusal::UnknownOrder)?;
        let is_there = |pieces: &LinePieces| order.lines.iter().any(|line| line.sku == pieces.sku);
        if !pieces.iter().all(is_there) {
            return Err(Refusal::Rule(&UNKNOWN_ORDER_LINE).into());
        }
        let lines = view.items.into_iter().filter_map(|line| {
            Some(Described {
                sku: SkuId::new(line.sku_id).ok()?,
                product_name: line.product_name,
                spec: line.spec,
                picture: line.picture,
                unit_price: Money::from_fen(line.unit_price_fen).ok()?,
            })
        });
        Ok(Ordered { lines: lines.collect(), order })
    }

    /// A page of the shopper's cases, with ids below `before`, in this status if one is named, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn of_user(
        &self,
        user: UserId,
        status: Option<Status>,
        before: Option<u64>,
        size: u32,
    ) -> Result<Vec<AfterSale>, StoreError> {
        let ask = async |database: &Database| repository::of_user(database, user, status, before, size).await;
        Ok(self.reads.ask(ANSWER_WITHIN, ask).await?)
    }

    /// One of the shopper's cases with what happened to it; none if there is none, or it is another's.
    ///
    /// # Errors
    /// [`StoreError`] if the database does not answer.
    pub async fn one(&self, user: UserId, id: AfterSaleId) -> Result<Option<(AfterSale, Vec<EventRow>)>, StoreError> {
        let ask = async |database: &Database| {
            let Some(found) = repository::by_id(database, id).await?.filter(|found| found.user == user) else { return Ok(None) };
            let events = repository::events(database, id).await?;
            Ok(Some((found, events)))
        };
        Ok(self.reads.ask(ANSWER_WITHIN, ask).await?)
    }

    /// Takes the shopper's application back.
    ///
    /// # Errors
    /// As [`service::advance`].
    pub async fn cancel(&self, user: UserId, id: AfterSaleId) -> Result<AfterSale, AfterSaleError> {
        self.advance(user, id, &Command::Cancel).await
    }

    /// The shopper has sent the goods.
    ///
    /// # Errors
    /// As [`service::advance`].
    pub async fn ship(&self, user: UserId, id: AfterSaleId, parcel: ReturnParcel) -> Result<AfterSale, AfterSaleError> {
        self.advance(user, id, &Command::Ship(parcel)).await
    }

    async fn advance(&self, user: UserId, id: AfterSaleId, command: &Command) -> Result<AfterSale, AfterSaleError> {
        let (terms, now) = (self.terms, self.engine.clock().now());
        let step = async |database: &Database| service::advance(database, id, Some(user), command, None, &terms, now).await;
        Ok(self.writes.write(step).await?.after_sale)
    }
}
