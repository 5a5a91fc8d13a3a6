//! Facts of stock and orders folded into what a batch changes: the final row of each new order, one change for each older one, sums for
//! stock. They share one projection, because one fact moves both.
//! - F1 Taking records one by one or all at once leads to the same rows.
//! - F2 Stock moves as `stock::Stock::apply` moves it; a property test compares the two.
//!
//! Not here: SQL.

use std::collections::{BTreeMap, HashMap};

use super::facts::{CloseReason, IdsFact, Line, OrderClosed, OrderFact, OrderPlaced};
use super::status::Status;
use crate::ids::{AdjustmentId, FlashItemId, OrderId, SkuId};
use crate::journal::Sequence;
use crate::kernel::Fact;
use crate::kernel::facts::{Kind, Record};
use crate::kernel::fold::{Fold, FoldError};
use crate::stock::{StockAdjusted, StockFact};
use crate::time::Timestamp;

/// When an order reached each of its stations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Milestones {
    /// Paid.
    pub paid_at: Option<Timestamp>,
    /// Handed to a carrier.
    pub shipped_at: Option<Timestamp>,
    /// Received.
    pub completed_at: Option<Timestamp>,
    /// Closed unpaid.
    pub closed_at: Option<Timestamp>,
}

/// Where an order stands after the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its status.
    pub status: Status,
    /// Its version.
    pub version: u32,
    /// Its last record.
    pub sequence: Sequence,
    /// That record's time.
    pub updated_at: Timestamp,
    /// Stations reached within the batch.
    pub milestones: Milestones,
    /// Why it was closed.
    pub close_reason: Option<CloseReason>,
    /// Closing it gave the purchase limit back.
    pub limit_returned: bool,
}

/// An order that the database does not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// As placed.
    pub placed: OrderPlaced,
    /// When.
    pub placed_at: Timestamp,
    /// Where it stands by now.
    pub progress: Standing,
}

/// A change of an order that the database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderChange {
    /// The version that its row has.
    pub from_version: u32,
    /// Where it stands by now.
    pub progress: Standing,
}

/// What moves in a SKU's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkuChange {
    /// Added to the available pieces.
    pub available: i64,
    /// Added to the held pieces (outside flash sales).
    pub held: i64,
    /// Added to the sold pieces (outside flash sales).
    pub sold: i64,
    /// Pieces paid, in and outside of flash sales.
    pub paid: i64,
    /// The last adjustment in these sums, if there is one.
    pub last_adjustment: Option<AdjustmentId>,
    /// The first record of this batch in these sums.
    pub first: Sequence,
    /// The last one: the row's version from now on.
    pub last: Sequence,
}

/// What moves in a flash item's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ItemChange {
    /// Added to the remaining pieces.
    pub remaining: i64,
    /// Added to the held pieces.
    pub held: i64,
    /// Added to the sold pieces.
    pub sold: i64,
    /// When the quota was carved, if it was in this batch.
    pub carved_at: Option<Timestamp>,
    /// When its rest was released, if it was in this batch.
    pub released_at: Option<Timestamp>,
}

/// A change of stock to be kept for whoever asks who did what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// As recorded.
    pub adjusted: StockAdjusted,
    /// Its record.
    pub sequence: Sequence,
    /// When.
    pub at: Timestamp,
}

/// What some consecutive records change in the rows of stock and orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TradeFold {
    new_orders: Vec<NewOrder>,
    /// Where a new order lies in `new_orders`.
    places: HashMap<OrderId, usize>,
    changes: BTreeMap<OrderId, OrderChange>,
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
        match fact {
            OrderFact::Placed(placed) => self.place(sequence, at, placed)?,
            OrderFact::Paid(paid) => {
                let progress = self.advance(paid.order, paid.version, sequence, at, Status::Paid)?;
                progress.milestones.paid_at = Some(at);
                paid.lines.iter().for_each(|line| self.pay(sequence, line));
            }
            OrderFact::Shipped(moved) => {
                let progress = self.advance(moved.order, moved.version, sequence, at, Status::Shipped)?;
                progress.milestones.shipped_at = Some(at);
            }
            OrderFact::Completed(moved) => {
                let progress = self.advance(moved.order, moved.version, sequence, at, Status::Completed)?;
                progress.milestones.completed_at = Some(at);
            }
            OrderFact::Closed(closed) => self.close(sequence, at, &closed)?,
            // Nothing in the server records these yet.
            OrderFact::BasketPlaced(_)
            | OrderFact::PaymentTaken(_)
            | OrderFact::ParcelShipped(_)
            | OrderFact::Refunded(_)
            | OrderFact::Hidden(_) => {}
        }
        Ok(())
    }

    fn place(&mut self, sequence: Sequence, at: Timestamp, placed: OrderPlaced) -> Result<(), FoldError> {
        if self.places.insert(placed.order, self.new_orders.len()).is_some() || self.changes.contains_key(&placed.order) {
            return Err(FoldError::Twice { order: placed.order, sequence });
        }
        for line in &placed.lines {
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
        let progress = Standing {
            status: Status::PendingPayment,
            version: 1,
            sequence,
            updated_at: at,
            milestones: Milestones::default(),
            close_reason: None,
            limit_returned: false,
        };
        self.new_orders.push(NewOrder { placed, placed_at: at, progress });
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
        let progress = self.advance(closed.order, closed.version, sequence, at, Status::Closed)?;
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

    /// The order's progress, moved on to its next version.
    fn advance(
        &mut self,
        order: OrderId,
        version: u32,
        sequence: Sequence,
        at: Timestamp,
        status: Status,
    ) -> Result<&mut Standing, FoldError> {
        let progress = match self.places.get(&order) {
            Some(&place) => &mut self.new_orders[place].progress,
            None => {
                let from_version = version.saturating_sub(1);
                let unchanged = Standing {
                    status,
                    version: from_version,
                    sequence,
                    updated_at: at,
                    milestones: Milestones::default(),
                    close_reason: None,
                    limit_returned: false,
                };
                &mut self.changes.entry(order).or_insert(OrderChange { from_version, progress: unchanged }).progress
            }
        };
        if version != progress.version + 1 {
            return Err(FoldError::Version { aggregate: order, sequence, version, at: progress.version });
        }
        progress.status = status;
        progress.version = version;
        progress.sequence = sequence;
        progress.updated_at = at;
        Ok(progress)
    }

    fn sku(&mut self, sku: SkuId, sequence: Sequence) -> &mut SkuChange {
        let unchanged = SkuChange { available: 0, held: 0, sold: 0, paid: 0, last_adjustment: None, first: sequence, last: sequence };
        let change = self.skus.entry(sku).or_insert(unchanged);
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
