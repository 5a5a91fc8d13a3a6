//! Facts of stock and orders folded into what a batch changes: the final row of each new order, one change for each older one, sums for
//! stock. They share one projection, because one fact moves both.
//! - F1 Taking records one by one or all at once leads to the same rows.
//! - F2 Stock moves as `stock::Stock::apply` moves it; a property test compares the two.
//!
//! Not here: SQL.

mod changes;
pub mod counts;

use std::collections::{BTreeMap, HashMap};

pub use changes::{
    Adjustment, Happened, ItemChange, LineChange, Milestones, NewOrder, OrderChange, OrderEvent, Placing, SkuChange, Standing,
};

use super::facts::{IdsFact, Line, OrderClosed, OrderFact};
use super::fulfilment::{OrderRefunded, ParcelShipped};
use super::status::Status;
use crate::ids::{FlashItemId, OrderId, SkuId};
use crate::journal::Sequence;
use crate::kernel::Fact;
use crate::kernel::facts::{Kind, Record};
use crate::kernel::fold::{Fold, FoldError};
use crate::stock::StockFact;
use crate::time::Timestamp;

/// What some consecutive records change in the rows of stock and orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TradeFold {
    new_orders: Vec<NewOrder>,
    /// Where a new order lies in `new_orders`.
    places: HashMap<OrderId, usize>,
    changes: BTreeMap<OrderId, OrderChange>,
    events: Vec<OrderEvent>,
    lines: BTreeMap<(OrderId, SkuId), LineChange>,
    skus: BTreeMap<SkuId, SkuChange>,
    items: BTreeMap<FlashItemId, ItemChange>,
    adjustments: Vec<Adjustment>,
    next_id: Option<u64>,
}

impl Fold for TradeFold {
    fn takes(kind: Kind) -> bool {
        kind.is_of::<IdsFact>() || kind.is_of::<StockFact>() || kind.is_of::<OrderFact>()
    }

    fn fold(&mut self, sequence: Sequence, record: Record) -> Result<(), FoldError> {
        let at = record.header.at;
        match record.fact {
            Fact::Ids(IdsFact::Reserved(ids)) => self.next_id = self.next_id.max(Some(ids.first.saturating_add(u64::from(ids.count)))),
            Fact::Stock(fact) => self.stock(sequence, at, fact),
            Fact::Orders(fact) => self.order(sequence, at, fact)?,
            _ => {}
        }
        Ok(())
    }
}

impl TradeFold {
    fn stock(&mut self, sequence: Sequence, at: Timestamp, fact: StockFact) {
        match fact {
            StockFact::QuotaCarved(carved) => {
                self.sku(carved.sku, sequence).available -= i64::from(carved.quota);
                let item = self.items.entry(carved.item).or_default();
                item.remaining += i64::from(carved.quota);
                item.carved_at = Some(at);
            }
            StockFact::QuotaReleased(released) => {
                self.sku(released.sku, sequence).available += i64::from(released.pieces);
                let item = self.items.entry(released.item).or_default();
                item.remaining -= i64::from(released.pieces);
                item.released_at = Some(at);
            }
            StockFact::Adjusted(adjusted) => {
                let sku = self.sku(adjusted.sku, sequence);
                sku.available += i64::from(adjusted.delta.get());
                sku.last_adjustment = sku.last_adjustment.max(Some(adjusted.adjustment));
                self.adjustments.push(Adjustment { adjusted, sequence, at });
            }
        }
    }

    fn order(&mut self, sequence: Sequence, at: Timestamp, fact: OrderFact) -> Result<(), FoldError> {
        let (user, (order, version)) = (fact.user(), fact.version());
        let what = match fact {
            OrderFact::Placed(placed) => return self.place(sequence, at, Placing::Purchase(placed)),
            OrderFact::BasketPlaced(placed) => return self.place(sequence, at, Placing::Basket(placed)),
            OrderFact::Paid(paid) => {
                self.advance(order, version, sequence, at, Some(Status::Paid))?.milestones.paid_at = Some(at);
                paid.lines.iter().for_each(|line| self.pay(sequence, line));
                Happened::Paid(None)
            }
            OrderFact::PaymentTaken(paid) => {
                self.advance(order, version, sequence, at, Some(Status::Paid))?.milestones.paid_at = Some(at);
                paid.lines.iter().for_each(|line| self.pay(sequence, line));
                Happened::Paid(Some(paid.payment))
            }
            OrderFact::TradeTaken(paid) => {
                self.advance(order, version, sequence, at, Some(Status::Paid))?.milestones.paid_at = Some(at);
                paid.taken.lines.iter().for_each(|line| self.pay(sequence, line));
                Happened::Traded(Box::new(paid.trade()))
            }
            OrderFact::PaymentStarted(started) => {
                self.advance(order, version, sequence, at, None)?;
                Happened::PaymentStarted(started.trade, started.expires_at)
            }
            OrderFact::PaymentEnded(ended) => {
                self.advance(order, version, sequence, at, None)?;
                Happened::PaymentEnded(ended.attempt)
            }
            OrderFact::PaymentStrayed(strayed) => {
                self.advance(order, version, sequence, at, None)?;
                Happened::Strayed(strayed.stray, Box::new(strayed.trade))
            }
            OrderFact::Shipped(_) => {
                self.advance(order, version, sequence, at, Some(Status::Shipped))?.milestones.shipped_at = Some(at);
                Happened::Shipped(None)
            }
            OrderFact::ParcelShipped(ParcelShipped { status, parcel, .. }) => {
                self.advance(order, version, sequence, at, Some(status))?.note_shipped(at);
                for pieces in &parcel.pieces {
                    self.lines.entry((order, pieces.sku)).or_default().shipped += pieces.quantity.get();
                }
                Happened::Shipped(Some(parcel))
            }
            OrderFact::Completed(_) => {
                self.advance(order, version, sequence, at, Some(Status::Completed))?.milestones.completed_at = Some(at);
                Happened::Completed
            }
            OrderFact::Closed(closed) => {
                self.close(sequence, at, &closed)?;
                Happened::Closed(closed.reason)
            }
            OrderFact::Refunded(refunded) => {
                self.refund(sequence, at, &refunded)?;
                Happened::Refunded(refunded.refund)
            }
            OrderFact::Hidden(_) => {
                self.advance(order, version, sequence, at, None)?.is_hidden = true;
                Happened::Hidden
            }
        };
        self.events.push(OrderEvent { order, user, version, at, what });
        Ok(())
    }

    fn place(&mut self, sequence: Sequence, at: Timestamp, placed: Placing) -> Result<(), FoldError> {
        let order = placed.order();
        if self.places.insert(order, self.new_orders.len()).is_some() || self.changes.contains_key(&order) {
            return Err(FoldError::Twice { order, sequence });
        }
        for line in &placed.lines() {
            let pieces = i64::from(line.quantity.get());
            let sku = self.sku(line.sku, sequence);
            match line.flash {
                Some(flash) => {
                    let item = self.items.entry(flash.item).or_default();
                    item.remaining -= pieces;
                    item.held += pieces;
                }
                None => {
                    sku.available -= pieces;
                    sku.held += pieces;
                }
            }
        }
        let progress = Standing::at(1, Some(Status::PendingPayment), sequence, at);
        self.new_orders.push(NewOrder { placed, placed_at: at, progress });
        debug_assert_eq!(self.places.len(), self.new_orders.len(), "{order:?} or another order has no place of its own");
        Ok(())
    }

    fn refund(&mut self, sequence: Sequence, at: Timestamp, refunded: &OrderRefunded) -> Result<(), FoldError> {
        self.advance(refunded.order, refunded.version, sequence, at, Some(refunded.status))?.note_shipped(at);
        for line in &refunded.refund.lines {
            let pieces = i64::from(line.quantity.get());
            self.lines.entry((refunded.order, line.sku)).or_default().refunded += line.quantity.get();
            let sku = self.sku(line.sku, sequence);
            sku.paid -= pieces;
            if refunded.refund.restock {
                sku.available += pieces;
            }
            match line.flash {
                Some(flash) => self.items.entry(flash.item).or_default().sold -= pieces,
                None => sku.sold -= pieces,
            }
        }
        Ok(())
    }

    fn pay(&mut self, sequence: Sequence, line: &Line) {
        let pieces = i64::from(line.quantity.get());
        let sku = self.sku(line.sku, sequence);
        sku.paid += pieces;
        match line.flash {
            Some(flash) => {
                let item = self.items.entry(flash.item).or_default();
                item.held -= pieces;
                item.sold += pieces;
            }
            None => {
                sku.held -= pieces;
                sku.sold += pieces;
            }
        }
    }

    fn close(&mut self, sequence: Sequence, at: Timestamp, closed: &OrderClosed) -> Result<(), FoldError> {
        let progress = self.advance(closed.order, closed.version, sequence, at, Some(Status::Closed))?;
        progress.milestones.closed_at = Some(at);
        progress.close_reason = Some(closed.reason);
        progress.limit_returned = closed.limit_returned;
        for back in &closed.returns {
            let pieces = i64::from(back.line.quantity.get());
            let sku = self.sku(back.line.sku, sequence);
            if !back.to_quota {
                sku.available += pieces;
            }
            match back.line.flash {
                Some(flash) => {
                    let item = self.items.entry(flash.item).or_default();
                    item.held -= pieces;
                    item.remaining += if back.to_quota { pieces } else { 0 };
                }
                None => sku.held -= pieces,
            }
        }
        Ok(())
    }

    /// The order's progress, moved on to its next version; without a status it keeps the one that it has.
    fn advance(
        &mut self,
        order: OrderId,
        version: u32,
        sequence: Sequence,
        at: Timestamp,
        status: Option<Status>,
    ) -> Result<&mut Standing, FoldError> {
        let progress = match self.places.get(&order) {
            Some(&place) => &mut self.new_orders[place].progress,
            None => {
                let from_version = version.saturating_sub(1);
                let unchanged = OrderChange { from_version, progress: Standing::at(from_version, None, sequence, at) };
                &mut self.changes.entry(order).or_insert(unchanged).progress
            }
        };
        if version != progress.version + 1 {
            return Err(FoldError::Version { aggregate: order, sequence, version, at: progress.version });
        }
        assert!(progress.sequence <= sequence, "F1: record {sequence} of {order:?} follows record {}", progress.sequence);
        progress.status = status.or(progress.status);
        progress.version = version;
        progress.sequence = sequence;
        progress.updated_at = at;
        Ok(progress)
    }

    fn sku(&mut self, sku: SkuId, sequence: Sequence) -> &mut SkuChange {
        let unchanged = SkuChange { available: 0, held: 0, sold: 0, paid: 0, last_adjustment: None, first: sequence, last: sequence };
        let change = self.skus.entry(sku).or_insert(unchanged);
        assert!(change.first <= change.last && change.last <= sequence, "F1: record {sequence} of {sku:?} follows {change:?}");
        change.last = sequence;
        change
    }

    /// Orders to insert, in the order of their records.
    pub fn new_orders(&self) -> &[NewOrder] {
        &self.new_orders
    }

    /// Orders to change.
    pub fn changes(&self) -> &BTreeMap<OrderId, OrderChange> {
        &self.changes
    }

    /// What happened to orders after they were placed, in the order of the records.
    pub fn events(&self) -> &[OrderEvent] {
        &self.events
    }

    /// Lines of which pieces were sent or refunded.
    pub fn lines(&self) -> &BTreeMap<(OrderId, SkuId), LineChange> {
        &self.lines
    }

    /// SKUs to change.
    pub fn skus(&self) -> &BTreeMap<SkuId, SkuChange> {
        &self.skus
    }

    /// Flash items to change.
    pub fn items(&self) -> &BTreeMap<FlashItemId, ItemChange> {
        &self.items
    }

    /// Adjustments of stock, in the order of their records.
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }

    /// The first identifier that is not set aside, if ids were.
    pub fn next_id(&self) -> Option<u64> {
        self.next_id
    }
}

impl Standing {
    /// Everything that was to be sent is on its way since then, if it was not before.
    fn note_shipped(&mut self, at: Timestamp) {
        if self.status == Some(Status::Shipped) {
            self.milestones.shipped_at.get_or_insert(at);
        }
    }
}
