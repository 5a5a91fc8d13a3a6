//! Carries out what the outbox asks of an order for a case: one refund, which the order knows by the case, and what became of it for the case.
//! - F1 The order decides. What it refuses for good ends the case, with the order's code; what is unavailable is asked again.
//! - F2 Whatever is interrupted is repeated: the refund is known by its id, the case by its status.

use std::sync::Arc;

use mallcore_actors::after_sales::{Command, Freight, Note, Quote, QuotedLine, Status, Terms, freight_back};
use mallcore_actors::engine::Engine;
use mallcore_actors::ids::{AfterSaleId, RefundId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::orders::{LinePieces, Order, OrderLoader, OrdersHandle, Pieces, Progress, Refund, RefundCommand};
use mallcore_actors::refusal::{Refusal, Unavailable};
use serde_json::json;

use super::model::AfterSale;
use super::repository;
use super::service::{self, AfterSaleError};
use crate::features::orders::loading::StoredOrders;
use crate::platform::database::Database;
use crate::platform::outbox::Carried;
use crate::platform::outbox::repository::Told;
use crate::platform::reads::Reads;

/// No time limit holds while a refund is on its way.
const NO_TERMS: Terms = Terms { window_millis: 0, answer_millis: 0, return_millis: 0, receive_millis: 0, approves_by_time: false };

/// The handler of `after_sale.refund` rows.
pub struct Refunder {
    engine: Arc<Engine>,
    orders: OrdersHandle,
    loader: StoredOrders,
    database: Database,
}

impl Refunder {
    /// Over the orders of this process and the rows of cases.
    pub fn new(engine: Arc<Engine>, orders: OrdersHandle, reads: Arc<Reads>, database: Database) -> Self {
        Self { engine, orders, loader: StoredOrders(reads), database }
    }

    /// Has the order of an approved case refund it. A repeat tells what became of the first.
    pub async fn refund(&self, id: AfterSaleId) -> Carried {
        let found = match repository::by_id(&self.database, id).await {
            Ok(found) => found,
            Err(cause) => return Carried::Away(cause.to_string()),
        };
        let (Some(after_sale), Some(refund)) = (found, repository::refund_id(id)) else {
            return Carried::Impossible(format!("there is no after-sale case {id}"));
        };
        match after_sale.case.status {
            Status::Refunding => self.refund_open(&after_sale, refund).await,
            status => Carried::Done(Some(Told { outcome: "done", detail: json!({ "status": status.name() }).to_string() })),
        }
    }

    async fn refund_open(&self, after_sale: &AfterSale, refund: RefundId) -> Carried {
        let order = match self.order(after_sale).await {
            Ok(order) => order,
            Err(why) => return Carried::Busy(why),
        };
        let command = command(after_sale, order.as_ref(), refund);
        match self.orders.refund(Provenance::SYSTEM, after_sale.user, after_sale.order, &command).await {
            Ok(Ok(changed)) => {
                let made = changed.order.progress.as_ref().and_then(|progress| made(progress, refund)).map(quote);
                match made {
                    Some(made) => self.completed(after_sale, &made, changed.order.sequence.0).await,
                    // An order that has refunded has the refund.
                    None => Carried::Busy("the order does not show the refund yet".to_owned()),
                }
            }
            Ok(Err(refusal)) => self.refused(after_sale, refusal).await,
            Err(cause @ (Unavailable::Busy | Unavailable::Warming)) => Carried::Busy(cause.to_string()),
            Err(cause) => Carried::Away(cause.to_string()),
        }
    }

    /// As memory has it, or as the database has it: what was refunded already is in both.
    async fn order(&self, after_sale: &AfterSale) -> Result<Option<Order>, String> {
        let in_memory = self.engine.orders.shard(after_sale.user).order(after_sale.user, after_sale.order).cloned();
        match in_memory {
            Some(order) => Ok(Some(order)),
            None => {
                let loaded = self.loader.load(after_sale.user, after_sale.order).await;
                loaded.map(|(order, _)| order).map_err(|_| "the order cannot be loaded".to_owned())
            }
        }
    }

    async fn completed(&self, after_sale: &AfterSale, made: &Quote, sequence: u64) -> Carried {
        let amount = made.amount().unwrap_or_default().fen();
        match service::complete(&self.database, after_sale.id, made, &NO_TERMS, self.engine.clock().now()).await {
            Ok(_) => {
                tracing::info!(after_sale.id = %after_sale.id, order.id = %after_sale.order, amount_fen = amount, "a case was refunded");
                let detail = json!({ "amount_fen": amount, "sequence": sequence }).to_string();
                Carried::Done(Some(Told { outcome: "done", detail }))
            }
            Err(cause) => unwritten(&cause),
        }
    }

    async fn refused(&self, after_sale: &AfterSale, refusal: Refusal) -> Carried {
        // A code is a text without blanks.
        let Ok(note) = Note::parse(refusal.code()) else { return Carried::Impossible(refusal.code().to_owned()) };
        let command = Command::RefundRefused(note);
        let now = self.engine.clock().now();
        match service::advance(&self.database, after_sale.id, None, &command, None, &NO_TERMS, now).await {
            Ok(_) => {
                tracing::warn!(after_sale.id = %after_sale.id, order.id = %after_sale.order, "the order refuses to refund: {}", refusal.code());
                Carried::Done(Some(Told { outcome: refusal.code(), detail: json!({}).to_string() }))
            }
            Err(cause) => unwritten(&cause),
        }
    }
}

fn unwritten(cause: &AfterSaleError) -> Carried {
    match cause {
        // The case moved on by an attempt that came before: the next look tells how.
        AfterSaleError::Refused(_) | AfterSaleError::Outrun => Carried::Busy(cause.to_string()),
        AfterSaleError::Database(_) | AfterSaleError::Append(_) => Carried::Away(cause.to_string()),
    }
}

/// The refund with this id, if the order has made it.
fn made(progress: &Progress, refund: RefundId) -> Option<&Refund> {
    progress.refunds.iter().map(|(_, made)| made).find(|made| made.id == refund)
}

fn quote(refund: &Refund) -> Quote {
    let lines = refund.lines.iter().map(|line| QuotedLine { sku: line.sku, quantity: line.quantity, amount: line.amount });
    Quote { lines: lines.collect(), freight: refund.freight }
}

/// What the order is asked. A refund that it has made is asked for again in the same words, so that it is recognised.
fn command(after_sale: &AfterSale, order: Option<&Order>, refund: RefundId) -> RefundCommand {
    let pieces: Pieces = after_sale.lines.iter().map(|line| LinePieces { sku: line.described.sku, quantity: line.quantity }).collect();
    // An order that is not there has nothing to give; it says so itself.
    let progress = order.map_or_else(Progress::default, |order| order.progress.as_deref().cloned().unwrap_or_else(|| Progress::new(order)));
    let settlement = after_sale.case.settlement.unwrap_or_default();
    let (freight, restock) = match made(&progress, refund) {
        Some(made) => (made.freight, made.restock),
        None => {
            let left = progress.freight.checked_sub(progress.freight_refunded).unwrap_or_default();
            let freight = match settlement.freight {
                Freight::ByRule => freight_back(&progress, &pieces),
                Freight::Exactly(freight) => freight.min(left),
            };
            (freight, settlement.restock)
        }
    };
    RefundCommand { id: refund, pieces, freight, restock }
}
