//! What can still be applied for, in the detail of an order.

use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use mallcore_actors::after_sales::{Claim, Standing, Terms};
use mallcore_actors::engine::Engine;
use mallcore_actors::orders::{Order, Status};
use mallcore_actors::time::Timestamp;

use super::service;
use crate::features::orders::{OrderDetail, RefundableLine, RefundableView, Supplement};
use crate::platform::database::{Database, Error};
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// When the order was received, and what was applied for, as the database has it.
pub(super) async fn standing(reads: &Reads, order: &Order, now: Timestamp) -> Result<(Option<Timestamp>, Vec<Claim>), Error> {
    let ask = async |database: &Database| {
        let mut tx = database.snapshot().await?;
        let read = service::standing(&mut tx, order, now).await?;
        tx.commit().await?;
        Ok(read)
    };
    reads.ask(ANSWER_WITHIN, ask).await
}

/// Says what is left of an order's lines. Not `AfterSales` itself, which has the orders' handle: each would keep the other for ever.
pub(super) struct Refundable {
    pub reads: Arc<Reads>,
    /// The shop's clock.
    pub engine: Arc<Engine>,
    pub terms: Terms,
}

impl Supplement for Refundable {
    fn add<'a>(&'a self, order: &'a Order, detail: &'a mut OrderDetail) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            let now = self.engine.clock().now();
            // Of an order that is not paid there is nothing to be asked.
            let is_paid = !matches!(order.status, Status::PendingPayment | Status::Closed);
            let read = if is_paid { standing(&self.reads, order, now).await } else { Ok((None, Vec::new())) };
            if let Ok((received_at, claims)) = read {
                detail.after_sale = Some(left(&Standing { order, received_at, claims: &claims }, &self.terms, now));
            }
        })
    }
}

fn left(standing: &Standing<'_>, terms: &Terms, now: Timestamp) -> RefundableView {
    let admits = standing.admits(terms, now).is_ok();
    let lines = standing.left().into_iter().map(|line| RefundableLine {
        sku_id: line.sku.get(),
        refundable_quantity: if admits { line.pieces } else { 0 },
        refundable_fen: if admits { line.amount.fen() } else { 0 },
        is_returnable: admits && line.is_returnable,
    });
    RefundableView { until: standing.closes_at(terms).map(Into::into), lines: lines.collect() }
}
