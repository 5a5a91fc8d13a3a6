//! How far an order is paid, sent and refunded, line by line. O4 to O6 of `order` are kept here.
//! A refund takes pieces that have not left yet first (those are *cancelled*: nobody ships them any more), then pieces that were sent.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::fulfilment::{LinePieces, Parcel, Payment, Refund};
use super::order::Order;
use super::status::Status;
use crate::ids::SkuId;
use crate::money::Money;
use crate::quantity::Quantity;
use crate::time::Timestamp;

/// How far one line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineProgress {
    /// The line's SKU.
    pub sku: SkuId,
    /// Pieces that were ordered.
    pub quantity: Quantity,
    /// What the line cost: its pieces at their price, less its discount.
    pub share: Money,
    /// Pieces that were handed to a carrier.
    pub shipped: u32,
    /// Pieces refunded before they were sent.
    pub cancelled: u32,
    /// Pieces refunded, before or after they were sent.
    pub refunded: u32,
    /// Money refunded for them.
    pub refunded_amount: Money,
}

/// How far an order is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Progress {
    /// How it was paid; none if that is not recorded in detail.
    pub payment: Option<Payment>,
    /// Line by line, in the order of the order's lines.
    pub lines: SmallVec<[LineProgress; 1]>,
    /// Parcels, in the order in which they were sent.
    pub parcels: Vec<(Timestamp, Parcel)>,
    /// Refunds, in the order in which they were made.
    pub refunds: Vec<(Timestamp, Refund)>,
    /// What the order cost beside its lines.
    pub freight: Money,
    /// Money refunded for freight.
    pub freight_refunded: Money,
    /// When everything that was to be sent was on its way.
    pub shipped_at: Option<Timestamp>,
}

/// One step of an order's progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Everything that was left to send was sent.
    Whole,
    /// A parcel was sent.
    Parcel(Parcel),
    /// Money went back.
    Refund(Refund),
}

impl LineProgress {
    /// Pieces that can still be sent.
    pub const fn to_ship(&self) -> u32 {
        self.quantity.get() - self.cancelled - self.shipped
    }

    /// Pieces that can still be refunded.
    pub const fn to_refund(&self) -> u32 {
        self.quantity.get() - self.refunded
    }

    /// Money back for so many more pieces: their cumulative share (O4).
    pub fn amount_for(&self, pieces: Quantity) -> Money {
        let all = self.share.share(self.refunded.saturating_add(pieces.get()), self.quantity);
        // The share only grows with the pieces, so nothing is ever owed to us.
        debug_assert!(all >= self.refunded_amount, "O4: {all:?} for more pieces than were refunded for {:?}", self.refunded_amount);
        all.checked_sub(self.refunded_amount).unwrap_or(Money::ZERO)
    }

    pub(super) fn broken(&self) -> Option<&'static str> {
        let Self { quantity, share, shipped, cancelled, refunded, refunded_amount, .. } = *self;
        if shipped + cancelled > quantity.get() || refunded > quantity.get() || cancelled > refunded || refunded - cancelled > shipped {
            return Some("O5: a piece was sent or refunded twice");
        }
        (refunded_amount != share.share(refunded, quantity)).then_some("O4: a line's refunds are not its pieces' share")
    }
}

impl Progress {
    /// That of an order of which nothing is recorded in detail: paid as a whole, sent as a whole.
    pub fn new(order: &Order) -> Self {
        let is_shipped = matches!(order.status, Status::Shipped | Status::Completed);
        let lines = order.lines.iter().enumerate().map(|(place, line)| {
            let discount = order.basket.as_ref().and_then(|basket| basket.lines.get(place)).map_or(Money::ZERO, |line| line.discount);
            // A line whose sum is no amount is refused when the order is placed.
            let share = line.unit_price.checked_mul(line.quantity).and_then(|price| price.checked_sub(discount)).unwrap_or(Money::ZERO);
            LineProgress {
                sku: line.sku,
                quantity: line.quantity,
                share,
                shipped: if is_shipped { line.quantity.get() } else { 0 },
                cancelled: 0,
                refunded: 0,
                refunded_amount: Money::ZERO,
            }
        });
        Self {
            lines: lines.collect(),
            freight: order.basket.as_ref().map_or(Money::ZERO, |basket| basket.amounts.freight),
            shipped_at: is_shipped.then_some(order.updated_at),
            ..Self::default()
        }
    }

    /// Put together again from what was recorded after the order was paid, in the order of the records: `order` is as it would be without
    /// any of it, its status aside.
    pub fn restored(order: &Order, payment: Option<Payment>, parts: impl IntoIterator<Item = (Timestamp, Part)>) -> Self {
        let mut progress = Self { payment, ..Self::new(order) };
        for (at, part) in parts {
            match part {
                Part::Whole => progress.ship_the_rest(at),
                Part::Parcel(parcel) => progress.ship(parcel, at),
                Part::Refund(refund) => progress.refund(refund, at),
            }
        }
        progress
    }

    /// The line of a SKU.
    pub fn line(&self, sku: SkuId) -> Option<&LineProgress> {
        self.lines.iter().find(|line| line.sku == sku)
    }

    /// Money that went back to the shopper.
    pub fn refunded(&self) -> Money {
        // A sum of parts of what was paid.
        self.lines.iter().try_fold(self.freight_refunded, |sum, line| sum.checked_add(line.refunded_amount)).unwrap_or(Money::ZERO)
    }

    /// The status of an order that stood at `status` before these counts.
    pub fn status_from(&self, status: Status) -> Status {
        if self.lines.iter().all(|line| line.to_refund() == 0) {
            Status::Refunded
        } else if status == Status::Paid && self.lines.iter().all(|line| line.to_ship() == 0) {
            Status::Shipped
        } else {
            status
        }
    }

    pub(super) fn ship(&mut self, parcel: Parcel, at: Timestamp) {
        for LinePieces { sku, quantity } in &parcel.pieces {
            debug_assert!(self.line(*sku).is_some(), "O5: a parcel has pieces of {sku:?}, which was not ordered");
            if let Some(line) = self.line_mut(*sku) {
                line.shipped += quantity.get();
            }
        }
        self.parcels.push((at, parcel));
        self.note_shipped(at);
    }

    pub(super) fn ship_the_rest(&mut self, at: Timestamp) {
        self.lines.iter_mut().for_each(|line| line.shipped = line.quantity.get() - line.cancelled);
        self.note_shipped(at);
    }

    pub(super) fn refund(&mut self, refund: Refund, at: Timestamp) {
        for refunded in &refund.lines {
            debug_assert!(self.line(refunded.sku).is_some(), "O4: a refund has pieces of {:?}, which was not ordered", refunded.sku);
            if let Some(line) = self.line_mut(refunded.sku) {
                line.cancelled += line.to_ship().min(refunded.quantity.get());
                line.refunded += refunded.quantity.get();
                // O4 is checked when the record has been applied.
                line.refunded_amount = line.refunded_amount.checked_add(refunded.amount).unwrap_or_default();
            }
        }
        self.freight_refunded = self.freight_refunded.checked_add(refund.freight).unwrap_or_default();
        self.refunds.push((at, refund));
        self.note_shipped(at);
    }

    fn note_shipped(&mut self, at: Timestamp) {
        let is_shipped = self.lines.iter().all(|line| line.to_ship() == 0) && self.lines.iter().any(|line| line.shipped > 0);
        self.shipped_at = self.shipped_at.or(is_shipped.then_some(at));
    }

    fn line_mut(&mut self, sku: SkuId) -> Option<&mut LineProgress> {
        self.lines.iter_mut().find(|line| line.sku == sku)
    }
}

impl Order {
    /// O4 to O6, of an order of which details are recorded.
    pub(super) fn broken_progress(&self, progress: &Progress) -> Option<&'static str> {
        if let Some(broken) = progress.lines.iter().find_map(LineProgress::broken) {
            return Some(broken);
        }
        if progress.freight_refunded > progress.freight || progress.refunded() > self.payable {
            return Some("O4: more was refunded than was paid");
        }
        let (all_sent, all_refunded) =
            (progress.lines.iter().all(|line| line.to_ship() == 0), progress.lines.iter().all(|line| line.to_refund() == 0));
        let stands_right = match self.status {
            Status::Refunded => all_refunded,
            Status::Shipped | Status::Completed => all_sent && !all_refunded,
            Status::Paid => !all_sent,
            Status::PendingPayment | Status::Closed => {
                progress.payment.is_none() && progress.parcels.is_empty() && progress.refunds.is_empty()
            }
        };
        (!stands_right).then_some("O6: the status is not that of the pieces")
    }
}
