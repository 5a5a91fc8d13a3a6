//! Stock of one SKU, in pieces: available, held by unpaid orders, sold, and quotas of flash sales.
//! - S1 No count is ever negative (unsigned, overflow checks on): never oversold.
//! - S2 `available + held + sold + Σ quotas (remaining + held + sold)` is what was received, adjustments and what was refunded without coming
//!   back counted in: no other piece appears or vanishes.
//! - S3 A record is applied once. What loading brought (at or below `folded`) changes nothing; above it each record comes once, and not
//!   always in the journal's order: an order over several SKUs reaches each of them after its record is queued. Its effects are deltas.
//! - S4 An adjustment counts once: their ids only rise, and one at or below the last is a repeat.
//!
//! Not here: waiting for durability (`kernel::replies`), whose orders they are (`orders`).

use smallvec::SmallVec;

use super::adjustment::{Delta, Operator, PIECES_MAX, Reason};
use super::facts::{QuotaCarved, QuotaReleased, StockAdjusted, StockFact};
use super::quota::{Buy, FlashQuota, Purchase};
use crate::ids::{ActivityId, AdjustmentId, FlashItemId, SkuId};
use crate::journal::Sequence;
use crate::kernel::Fact;
use crate::money::Money;
use crate::orders::{Line, OrderFact, OrderPaid, PaymentTaken, RefundedLine, Return};
use crate::quantity::{QUANTITY_MAX, Quantity};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// A flash item that wants its pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaPlan {
    /// The flash item that sells the pieces.
    pub item: FlashItemId,
    /// The flash sale that the item belongs to.
    pub activity: ActivityId,
    /// Pieces to be set aside for it.
    pub quota: u32,
    /// Pieces that one user may have.
    pub limit_per_user: u32,
    /// Price of a piece.
    pub unit_price: Money,
    /// First moment of the sale.
    pub starts_at: Timestamp,
    /// First moment after it.
    pub ends_at: Timestamp,
}

/// What somebody of the shop wants of the available pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// So many more or fewer.
    By(Delta),
    /// Exactly so many, if nothing has happened to the SKU since it was looked at.
    To {
        /// Available pieces afterwards.
        pieces: u32,
        /// The last record in the counts that were looked at.
        expected: Sequence,
    },
}

/// A change of stock that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Identifies the request; ids of a SKU's adjustments only rise.
    pub id: AdjustmentId,
    /// What is wanted.
    pub change: Change,
    /// The reason that the operator gave.
    pub reason: Reason,
    /// Name of the operator who asked for it.
    pub operator: Operator,
}

/// What deciding on an adjustment leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adjusting {
    /// The request, or a later one, was decided before.
    Repeat,
    /// There are so many already: nothing to record.
    Unchanged,
    /// These pieces may be moved.
    Fresh(StockAdjusted),
}

/// The pieces of one SKU.
#[derive(Debug, Clone)]
pub struct Stock {
    sku: SkuId,
    available: u32,
    held: u32,
    sold: u32,
    received: u64,
    /// Loading brought every record up to this one.
    folded: Sequence,
    /// The last record in these counts; earlier ones above `folded` may still be on their way.
    version: Sequence,
    quotas: SmallVec<[FlashQuota; 1]>,
    /// The last adjustment in these counts.
    last_adjustment: Option<AdjustmentId>,
}

impl Stock {
    /// As received or as the database has it: `version` is the last record in these counts, `last_adjustment` the last adjustment.
    pub fn new(
        sku: SkuId,
        available: u32,
        held: u32,
        sold: u32,
        version: Sequence,
        last_adjustment: Option<AdjustmentId>,
        quotas: SmallVec<[FlashQuota; 1]>,
    ) -> Self {
        let mut stock = Self { sku, available, held, sold, received: 0, folded: version, version, quotas, last_adjustment };
        stock.received = stock.total();
        stock
    }

    /// Says what would happen to a command and changes nothing.
    pub fn decide_buy(&self, command: &Buy, now: Timestamp) -> Result<Purchase, Refusal> {
        self.quota(command.item).ok_or(Refusal::UnknownItem)?.decide(command, now)
    }

    /// Sets pieces aside for a flash item; nothing to do (`Ok(None)`) if it has them already. Refused once the sale has ended: an item whose
    /// rest was released may have been forgotten, and would be carved a second time.
    pub fn decide_carve(&self, plan: &QuotaPlan, now: Timestamp) -> Result<Option<QuotaCarved>, Refusal> {
        if self.quota(plan.item).is_some() {
            return Ok(None);
        }
        if now >= plan.ends_at {
            return Err(Refusal::Ended);
        }
        let most = Quantity::new(plan.limit_per_user.clamp(1, QUANTITY_MAX)).map_err(|_| Refusal::PurchaseLimit { limit: 0 })?;
        if plan.unit_price.checked_mul(most).is_none() {
            return Err(Refusal::PurchaseLimit { limit: plan.limit_per_user });
        }
        if plan.quota > self.available {
            return Err(Refusal::SoldOut);
        }
        Ok(Some(QuotaCarved {
            sku: self.sku,
            item: plan.item,
            activity: plan.activity,
            quota: plan.quota,
            limit_per_user: plan.limit_per_user,
            unit_price: plan.unit_price,
            starts_at: plan.starts_at,
            ends_at: plan.ends_at,
        }))
    }

    /// Gives back what an ended flash item left over; nothing to do if that has happened.
    pub fn decide_release(&self, item: FlashItemId, now: Timestamp) -> Result<Option<QuotaReleased>, Refusal> {
        let quota = self.quota(item).ok_or(Refusal::UnknownItem)?;
        if now < quota.ends_at() {
            return Err(Refusal::NotDue);
        }
        Ok((!quota.released()).then(|| QuotaReleased { sku: self.sku, item, activity: quota.activity(), pieces: quota.remaining() }))
    }

    /// Adds or takes away available pieces; those in quotas and in orders are somebody's already.
    pub fn decide_adjust(&self, command: &Adjustment) -> Result<Adjusting, Refusal> {
        if self.last_adjustment.is_some_and(|last| command.id <= last) {
            return Ok(Adjusting::Repeat);
        }
        let available = self.available;
        let pieces = match command.change {
            Change::By(delta) => delta.applied_to(available).ok_or(Refusal::InsufficientStock { available })?,
            Change::To { expected, .. } if expected != self.version => return Err(Refusal::VersionMismatch { version: self.version }),
            Change::To { pieces, .. } => pieces,
        };
        if pieces == available {
            return Ok(Adjusting::Unchanged);
        }
        // Taking away is always allowed; adding never leads to a sum that a later record could not be applied to.
        let total = self.total() - u64::from(available) + u64::from(pieces);
        if pieces > available && (pieces > PIECES_MAX || total > u64::from(u32::MAX)) {
            return Err(Refusal::TooMuchStock { most: PIECES_MAX });
        }
        let delta = i64::from(pieces) - i64::from(available);
        let delta = i32::try_from(delta).ok().and_then(|delta| Delta::new(delta).ok()).ok_or(Refusal::TooMuchStock { most: PIECES_MAX })?;
        assert_eq!(delta.applied_to(available), Some(pieces), "S2: {:?} would not lead from {available} pieces to {pieces}", delta);
        let (reason, operator) = (command.reason.clone(), command.operator.clone());
        Ok(Adjusting::Fresh(StockAdjusted { sku: self.sku, adjustment: command.id, delta, reason, operator }))
    }

    /// Where the pieces of a closing order's line go.
    pub fn returns(&self, line: Line) -> Return {
        let to_quota = line.flash.and_then(|flash| self.quota(flash.item)).is_some_and(|quota| !quota.released());
        Return { line, to_quota }
    }

    /// Makes a record's effect on this SKU so.
    pub fn apply(&mut self, sequence: Sequence, at: Timestamp, fact: &Fact) {
        if sequence <= self.folded {
            return;
        }
        match fact {
            Fact::Stock(StockFact::QuotaCarved(carved)) if carved.sku == self.sku => {
                assert!(self.quota(carved.item).is_none(), "Q1: {:?} is carved a second time by {sequence}", carved.item);
                self.available -= carved.quota;
                self.quotas.push(FlashQuota::carved(carved));
            }
            Fact::Stock(StockFact::QuotaReleased(released)) if released.sku == self.sku => {
                self.available += released.pieces;
                if let Some(quota) = self.quota_mut(released.item) {
                    quota.apply_released(released.pieces);
                }
            }
            Fact::Orders(OrderFact::Placed(placed)) => {
                for line in placed.lines.iter().filter(|line| line.sku == self.sku) {
                    match line.flash.and_then(|flash| self.quotas.iter_mut().find(|quota| quota.item() == flash.item)) {
                        Some(quota) => quota.apply_placed(sequence, at, line, placed),
                        None => {
                            debug_assert_eq!(line.flash, None, "Q1: {sequence} sells pieces of a quota that is not here");
                            self.available -= line.quantity.get();
                            self.held += line.quantity.get();
                        }
                    }
                }
            }
            Fact::Orders(OrderFact::BasketPlaced(placed)) => {
                for line in placed.lines.iter().filter(|line| line.sku == self.sku) {
                    self.available -= line.quantity.get();
                    self.held += line.quantity.get();
                }
            }
            Fact::Orders(OrderFact::Paid(OrderPaid { lines, .. }) | OrderFact::PaymentTaken(PaymentTaken { lines, .. })) => {
                self.apply_paid(lines);
            }
            Fact::Orders(OrderFact::TradeTaken(paid)) => self.apply_paid(&paid.taken.lines),
            Fact::Orders(OrderFact::Closed(closed)) => {
                for back in closed.returns.iter().filter(|back| back.line.sku == self.sku) {
                    match back.line.flash.and_then(|flash| self.quotas.iter_mut().find(|quota| quota.item() == flash.item)) {
                        Some(quota) => quota.apply_closed(closed.user, back, closed.limit_returned),
                        None => self.held -= back.line.quantity.get(),
                    }
                    if !back.to_quota {
                        self.available += back.line.quantity.get();
                    }
                }
            }
            Fact::Orders(OrderFact::Refunded(refunded)) => {
                let sku = self.sku;
                let lines = refunded.refund.lines.iter().filter(|line| line.sku == sku);
                lines.for_each(|line| self.apply_refunded(line, refunded.refund.restock));
            }
            Fact::Stock(StockFact::Adjusted(adjusted)) if adjusted.sku == self.sku => {
                let (delta, last) = (adjusted.delta.get(), self.last_adjustment);
                assert!(last < Some(adjusted.adjustment), "S4: {:?} follows {last:?}", adjusted.adjustment);
                if delta < 0 {
                    self.available -= delta.unsigned_abs();
                } else {
                    self.available += delta.unsigned_abs();
                }
                self.received = self.received.saturating_add_signed(i64::from(delta));
                self.last_adjustment = self.last_adjustment.max(Some(adjusted.adjustment));
            }
            // Another SKU's, or what moves no pieces.
            _ => return,
        }
        self.version = self.version.max(sequence);
        assert_eq!(self.broken(), None, "{:?} after {sequence} {fact:?}", self.sku);
    }

    /// Held pieces are sold.
    fn apply_paid(&mut self, lines: &[Line]) {
        for line in lines.iter().filter(|line| line.sku == self.sku) {
            match line.flash.and_then(|flash| self.quotas.iter_mut().find(|quota| quota.item() == flash.item)) {
                Some(quota) => quota.apply_paid(line),
                None => {
                    self.held -= line.quantity.get();
                    self.sold += line.quantity.get();
                }
            }
        }
    }

    /// Sold pieces come back, or are gone for good. Those of a flash item that is no longer in memory were released with it and are not in
    /// these counts: coming back, they are received anew; being gone, they are gone already.
    fn apply_refunded(&mut self, line: &RefundedLine, restock: bool) {
        let pieces = line.quantity.get();
        let is_counted = match line.flash {
            Some(flash) => self.quota_mut(flash.item).map(|quota| quota.apply_refunded(pieces)).is_some(),
            None => {
                self.sold -= pieces;
                true
            }
        };
        if restock {
            self.available += pieces;
        }
        match (is_counted, restock) {
            (true, false) => self.received -= u64::from(pieces),
            (false, true) => self.received += u64::from(pieces),
            (true, true) | (false, false) => {}
        }
    }

    /// Loading has brought every record up to `through`, whether it concerned this SKU or not; live records follow.
    pub fn folded_through(&mut self, through: Sequence) {
        self.folded = self.folded.max(through);
    }

    /// The invariant that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        (self.total() != self.received).then_some("S2: a piece appeared or vanished")
    }

    fn total(&self) -> u64 {
        let quotas = self.quotas.iter().map(|quota| u64::from(quota.remaining()) + u64::from(quota.held()) + u64::from(quota.sold()));
        u64::from(self.available) + u64::from(self.held) + u64::from(self.sold) + quotas.sum::<u64>()
    }

    fn quota_mut(&mut self, item: FlashItemId) -> Option<&mut FlashQuota> {
        self.quotas.iter_mut().find(|quota| quota.item() == item)
    }

    /// The quota of a flash item.
    pub fn quota(&self, item: FlashItemId) -> Option<&FlashQuota> {
        self.quotas.iter().find(|quota| quota.item() == item)
    }

    /// The quotas of all its flash items, released ones included.
    pub fn quotas(&self) -> &[FlashQuota] {
        &self.quotas
    }

    /// For taking in orders that the database has, at activation.
    pub fn quotas_mut(&mut self) -> &mut [FlashQuota] {
        &mut self.quotas
    }

    /// Whose pieces these are.
    pub fn sku(&self) -> SkuId {
        self.sku
    }

    /// Pieces that can be bought outside flash sales.
    pub fn available(&self) -> u32 {
        self.available
    }

    /// Pieces in unpaid orders outside flash sales.
    pub fn held(&self) -> u32 {
        self.held
    }

    /// Pieces in paid orders outside flash sales.
    pub fn sold(&self) -> u32 {
        self.sold
    }

    /// The last adjustment in these counts.
    pub fn last_adjustment(&self) -> Option<AdjustmentId> {
        self.last_adjustment
    }

    /// The last record in these counts.
    pub fn version(&self) -> Sequence {
        self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stock_of_more_or_fewer_pieces_than_were_received_is_broken() {
        let stock = Stock::new(SkuId::new(1).unwrap(), 5, 2, 1, Sequence::ZERO, None, SmallVec::new());
        assert_eq!((stock.received, stock.broken()), (8, None));
        for available in [4, 6] {
            let broken = Stock { available, ..stock.clone() };
            assert_eq!(broken.broken(), Some("S2: a piece appeared or vanished"));
        }
    }
}
