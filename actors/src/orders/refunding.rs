//! Money goes back, for some pieces, for freight, or for everything. How much is the order's to say: the cumulative share of the pieces in
//! what their line cost, so that any sequence of refunds adds up to what was paid.

use smallvec::SmallVec;

use super::facts::OrderFact;
use super::fulfilment::{OrderRefunded, Pieces, REFUNDS_MAX, Refund, RefundedLine};
use super::order::{Decided, Order};
use super::progress::LineProgress;
use super::shipping::each_once;
use super::status::Status;
use crate::ids::RefundId;
use crate::money::Money;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// What shall be refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundCommand {
    /// By what it is known again.
    pub id: RefundId,
    /// The pieces for which money goes back; none for freight alone.
    pub pieces: Pieces,
    /// Money back for freight.
    pub freight: Money,
    /// Whether the pieces are available again.
    pub restock: bool,
}

impl RefundCommand {
    fn is(&self, done: &Refund) -> bool {
        let same_pieces = self.pieces.len() == done.lines.len()
            && self.pieces.iter().zip(&done.lines).all(|(asked, line)| (asked.sku, asked.quantity) == (line.sku, line.quantity));
        same_pieces && self.freight == done.freight && self.restock == done.restock
    }
}

impl Order {
    /// Refunds pieces and freight. The same refund again is a repeat.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] unless the order is paid and not yet refunded as a whole, [`Refusal::ExceedsOrder`] for more than is left of
    /// a line or of the freight, or for nothing, [`Refusal::TooManyParts`] for one refund too many.
    pub fn decide_refund(&self, command: &RefundCommand, now: Timestamp) -> Result<Decided, Refusal> {
        let mut progress = self.progress_or_new();
        if let Some((_, done)) = progress.refunds.iter().find(|(_, done)| done.id == command.id) {
            return if command.is(done) { Ok(Decided::Repeat) } else { Err(Refusal::IdempotencyMismatch) };
        }
        if !matches!(self.status, Status::Paid | Status::Shipped | Status::Completed) {
            return Err(Refusal::WrongStatus);
        }
        if progress.refunds.len() >= REFUNDS_MAX {
            return Err(Refusal::TooManyParts { limit: REFUNDS_MAX as u32 });
        }
        let freight_left = progress.freight.checked_sub(progress.freight_refunded).unwrap_or(Money::ZERO);
        let is_nothing = command.pieces.is_empty() && command.freight == Money::ZERO;
        if is_nothing || command.freight > freight_left || !each_once(&command.pieces) {
            return Err(Refusal::ExceedsOrder);
        }
        let mut lines = SmallVec::new();
        for pieces in &command.pieces {
            let line = progress.line(pieces.sku).filter(|line| pieces.quantity.get() <= line.to_refund()).ok_or(Refusal::ExceedsOrder)?;
            let flash = self.lines.iter().find(|line| line.sku == pieces.sku).and_then(|line| line.flash);
            lines.push(RefundedLine { sku: pieces.sku, flash, quantity: pieces.quantity, amount: line.amount_for(pieces.quantity) });
        }
        let refund = Refund { id: command.id, lines, freight: command.freight, restock: command.restock };
        let paid_left = self.payable.checked_sub(progress.refunded()).unwrap_or(Money::ZERO);
        if refund.amount().is_none_or(|amount| amount > paid_left) {
            return Err(Refusal::ExceedsOrder);
        }
        progress.refund(refund.clone(), now);
        // Before it is recorded: a record that cannot be applied would end the process now and at every start.
        assert!(progress.refunded() <= self.payable, "O4: {refund:?} gives back more than {:?}", self.payable);
        assert_eq!(progress.lines.iter().find_map(LineProgress::broken), None, "{refund:?} of {progress:?}");
        Ok(Decided::Fresh(OrderFact::Refunded(OrderRefunded {
            order: self.id,
            user: self.user,
            version: self.version + 1,
            status: progress.status_from(self.status),
            refund,
        })))
    }
}
