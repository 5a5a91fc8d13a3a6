//! What may be applied for, out of what the order says and what other cases have applied for.
//! - C1 The pieces of a line in open and done cases, and those refunded otherwise, are never more than the line has.
//! - C2 What is promised is the cumulative share of the pieces, counted after all pieces that were applied for before. What goes back is the
//!   same for the pieces refunded before, so it differs by a fen at most, and all refunds of a line add up to its share.
//!
//! Both are promises: the order refunds, by its own state at that time, and may refuse.

use super::reason::{Kind, Reason};
use super::rules::{AFTER_SALE_CLOSED, NOT_SENT, NOTHING_LEFT, ORDER_NOT_PAID, REASON_UNFIT};
use super::terms::Terms;
use crate::ids::{ID_MAX, RefundId, SkuId};
use crate::money::Money;
use crate::orders::{LinePieces, LineProgress, Order, Pieces, Progress, Status as OrderStatus};
use crate::quantity::Quantity;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// Ids of refunds from this one on belong to cases: it and the case's id make the refund's. Other refunds have smaller ones.
pub const REFUND_IDS_FROM: u64 = 1 << 52;

/// The id of the refund of a case; none for a case that has no such place.
pub fn refund_of(case: u64) -> Option<RefundId> {
    if case == 0 || case > ID_MAX - REFUND_IDS_FROM { None } else { RefundId::new(REFUND_IDS_FROM + case).ok() }
}

/// Pieces of an open or done case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The refund that the case leads to, or has led to.
    pub refund: RefundId,
    /// The pieces that the case is about.
    pub pieces: Pieces,
}

/// What is applied for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Money alone, or money for goods.
    pub kind: Kind,
    /// Why the shopper wants it.
    pub reason: Reason,
    /// For which pieces; each SKU once.
    pub pieces: Pieces,
}

/// What is left of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineLeft {
    /// The line's SKU.
    pub sku: SkuId,
    /// Pieces that can be applied for.
    pub pieces: u32,
    /// What would go back for all of them.
    pub amount: Money,
    /// Whether they can be sent back: all of the line has left the warehouse.
    pub is_returnable: bool,
}

/// What would go back for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotedLine {
    /// The line's SKU.
    pub sku: SkuId,
    /// Pieces that are applied for.
    pub quantity: Quantity,
    /// Money back for them.
    pub amount: Money,
}

/// What would go back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quote {
    /// Line by line, as they were wanted.
    pub lines: Vec<QuotedLine>,
    /// Freight by the rule.
    pub freight: Money,
}

impl Quote {
    /// All of it; none if that is no amount.
    pub fn amount(&self) -> Option<Money> {
        self.lines.iter().try_fold(self.freight, |sum, line| sum.checked_add(line.amount))
    }
}

/// An order with what was applied for.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The order as it is; older than the claims or newer.
    pub order: &'a Order,
    /// When it was received, if it was.
    pub received_at: Option<Timestamp>,
    /// Of all open and done cases of the order.
    pub claims: &'a [Claim],
}

impl Standing<'_> {
    /// What may be refunded, and what would go back.
    ///
    /// # Errors
    /// In this order: [`ORDER_NOT_PAID`], [`AFTER_SALE_CLOSED`], [`REASON_UNFIT`], [`NOTHING_LEFT`], [`NOT_SENT`].
    pub fn decide(&self, wanted: &Wanted, terms: &Terms, now: Timestamp) -> Result<Quote, Refusal> {
        self.admits(terms, now)?;
        if !wanted.reason.fits(wanted.kind) {
            return Err(Refusal::Rule(&REASON_UNFIT));
        }
        let quote = self.quote(&wanted.pieces)?;
        let lines = self.left();
        let is_returnable = |pieces: &LinePieces| lines.iter().any(|line| line.sku == pieces.sku && line.is_returnable);
        if wanted.kind == Kind::Return && !wanted.pieces.iter().all(is_returnable) {
            return Err(Refusal::Rule(&NOT_SENT));
        }
        Ok(quote)
    }

    /// Whether anything of the order may be applied for at all.
    ///
    /// # Errors
    /// [`ORDER_NOT_PAID`], [`AFTER_SALE_CLOSED`].
    pub fn admits(&self, terms: &Terms, now: Timestamp) -> Result<(), Refusal> {
        match self.order.status {
            OrderStatus::PendingPayment | OrderStatus::Closed => return Err(Refusal::Rule(&ORDER_NOT_PAID)),
            OrderStatus::Paid | OrderStatus::Shipped | OrderStatus::Completed | OrderStatus::Refunded => {}
        }
        let is_over = self.closes_at(terms).is_some_and(|closes_at| now > closes_at);
        if is_over { Err(Refusal::Rule(&AFTER_SALE_CLOSED)) } else { Ok(()) }
    }

    /// Until when something may be applied for; none while the order is not received.
    pub fn closes_at(&self, terms: &Terms) -> Option<Timestamp> {
        self.received_at.filter(|_| self.order.status == OrderStatus::Completed).map(|received_at| terms.closes_at(received_at))
    }

    /// What would go back for these pieces, whenever that is.
    ///
    /// # Errors
    /// [`NOTHING_LEFT`].
    pub fn quote(&self, pieces: &[LinePieces]) -> Result<Quote, Refusal> {
        let progress = self.claimed();
        let mut quote = Quote::default();
        for (place, wanted) in pieces.iter().enumerate() {
            let is_again = pieces[..place].iter().any(|earlier| earlier.sku == wanted.sku);
            let line = progress.line(wanted.sku).filter(|line| !is_again && wanted.quantity.get() <= line.to_refund());
            let line = line.ok_or(Refusal::Rule(&NOTHING_LEFT))?;
            quote.lines.push(QuotedLine { sku: wanted.sku, quantity: wanted.quantity, amount: line.amount_for(wanted.quantity) });
        }
        if quote.lines.is_empty() {
            return Err(Refusal::Rule(&NOTHING_LEFT));
        }
        quote.freight = freight_back(&progress, pieces);
        Ok(quote)
    }

    /// What is left of each line.
    pub fn left(&self) -> Vec<LineLeft> {
        let progress = self.claimed();
        let left = progress.lines.iter().map(|line| {
            let pieces = line.to_refund();
            let amount = Quantity::new(pieces).map_or(Money::ZERO, |pieces| line.amount_for(pieces));
            LineLeft { sku: line.sku, pieces, amount, is_returnable: is_sent(line) }
        });
        left.collect()
    }

    /// The order's progress, as it will be once every claim has been refunded. A claim that the order has refunded already counts once.
    fn claimed(&self) -> Progress {
        let mut progress = self.order.progress.as_deref().cloned().unwrap_or_else(|| Progress::new(self.order));
        let refunded: Vec<RefundId> = progress.refunds.iter().map(|(_, refund)| refund.id).collect();
        for claim in self.claims.iter().filter(|claim| !refunded.contains(&claim.refund)) {
            for pieces in &claim.pieces {
                if let Some(line) = progress.lines.iter_mut().find(|line| line.sku == pieces.sku) {
                    // The order may have refunded the same pieces otherwise meanwhile; then it will refuse the case.
                    line.refunded = line.refunded.saturating_add(pieces.quantity.get()).min(line.quantity.get());
                    line.refunded_amount = line.share.share(line.refunded, line.quantity);
                }
            }
        }
        debug_assert!(
            progress.lines.iter().all(|line| line.refunded_amount <= line.share),
            "C2: {progress:?} would refund more than lines cost"
        );
        progress
    }
}

/// Whether nothing of the line is still in the warehouse: a refund takes pieces there first.
const fn is_sent(line: &LineProgress) -> bool {
    line.to_ship() == 0 && line.shipped > 0
}

/// How much of the freight goes back by the rule: all that is left, if nothing was sent and these are the last pieces of the order.
pub fn freight_back(progress: &Progress, pieces: &[LinePieces]) -> Money {
    let is_last = |line: &LineProgress| {
        let taken = pieces.iter().find(|pieces| pieces.sku == line.sku).map_or(0, |pieces| pieces.quantity.get());
        line.shipped == 0 && line.to_refund() <= taken
    };
    if progress.lines.iter().all(is_last) {
        progress.freight.checked_sub(progress.freight_refunded).unwrap_or_default()
    } else {
        Money::ZERO
    }
}
