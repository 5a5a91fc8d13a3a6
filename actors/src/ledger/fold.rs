//! Facts of orders folded into entries of the ledger. A payment does not say how much of it is freight; the placing of its order did. So the
//! freight of orders that are not paid yet is a row too, which goes when the order is paid or closed.

use std::collections::BTreeMap;

use super::entry::{Entry, EntryKind, EntrySource};
use super::posting;
use crate::ids::OrderId;
use crate::journal::Sequence;
use crate::kernel::Fact;
use crate::kernel::facts::{Kind, Record};
use crate::kernel::fold::{Fold, FoldError};
use crate::money::Money;
use crate::orders::{OrderFact, OrderRefunded, PaymentChannel, PaymentTaken};
use crate::time::Timestamp;

/// The numbers of the facts that are taken, within their family.
const CLOSED: u8 = 5;
const BASKET_PLACED: u8 = 6;
const PAYMENT_TAKEN: u8 = 7;
const REFUNDED: u8 = 9;
const STRAYED: u8 = 13;
const TRADE_TAKEN: u8 = 14;

/// How much of a payment is freight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freight {
    /// The order was placed in this batch, and says so.
    Known(Money),
    /// The order was placed before: the row says so, and without one it is nothing.
    OfRow,
}

/// A payment on its way to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidOrder {
    /// The order that was paid.
    pub order: OrderId,
    /// The version that the payment made.
    pub version: u32,
    /// The way that the money took.
    pub channel: PaymentChannel,
    /// All of it.
    pub amount: Money,
    /// The part of it that is freight.
    pub freight: Freight,
    /// When it was recorded.
    pub at: Timestamp,
}

impl PaidOrder {
    /// The entry, given what the row of the order's freight says; none for an order that cost nothing.
    pub fn entry(&self, of_row: Option<Money>) -> Option<Entry> {
        let freight = match self.freight {
            Freight::Known(freight) => freight,
            Freight::OfRow => of_row.unwrap_or_default(),
        };
        let source = EntrySource::Order(EntryKind::Paid, self.order, self.version);
        Entry::new(source, self.at, &posting::paid(self.channel, self.amount, freight))
    }
}

/// What some consecutive records change in the rows of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerFold {
    freights: BTreeMap<OrderId, Money>,
    ended: Vec<OrderId>,
    paid: Vec<PaidOrder>,
    entries: Vec<Entry>,
}

impl LedgerFold {
    /// Rows of freight to write: orders that were placed in this batch and are neither paid nor closed.
    pub const fn freights(&self) -> &BTreeMap<OrderId, Money> {
        &self.freights
    }

    /// Orders of before whose rows of freight go, if they have one: they were paid or closed.
    pub fn ended(&self) -> &[OrderId] {
        &self.ended
    }

    /// Payments, in the order of their records.
    pub fn paid(&self) -> &[PaidOrder] {
        &self.paid
    }

    /// All other entries, in the order of their records.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn pay(&mut self, taken: &PaymentTaken, at: Timestamp) {
        let PaymentTaken { order, version, payment, .. } = taken;
        let freight = self.end(*order).map_or(Freight::OfRow, Freight::Known);
        if payment.amount > Money::ZERO {
            let (channel, amount) = (payment.channel, payment.amount);
            self.paid.push(PaidOrder { order: *order, version: *version, channel, amount, freight, at });
        }
    }

    /// The order's freight is needed no more. What it is, if the order was placed in this batch with any.
    fn end(&mut self, order: OrderId) -> Option<Money> {
        let known = self.freights.remove(&order);
        if known.is_none() {
            self.ended.push(order);
        }
        known
    }

    fn refund(&mut self, OrderRefunded { order, version, refund, .. }: &OrderRefunded, at: Timestamp) {
        // What is recorded was checked to be an amount.
        let all = refund.amount().unwrap_or_default();
        let goods = all.checked_sub(refund.freight).unwrap_or_default();
        let source = EntrySource::Order(EntryKind::Refunded, *order, *version);
        self.entries.extend(Entry::new(source, at, &posting::refunded(goods, refund.freight)));
    }
}

impl Fold for LedgerFold {
    fn takes(kind: Kind) -> bool {
        kind.is_of::<OrderFact>() && matches!(kind.number, CLOSED | BASKET_PLACED | PAYMENT_TAKEN | REFUNDED | STRAYED | TRADE_TAKEN)
    }

    fn fold(&mut self, _: Sequence, record: Record) -> Result<(), FoldError> {
        let at = record.header.at;
        let Fact::Orders(fact) = record.fact else { return Ok(()) };
        match fact {
            OrderFact::BasketPlaced(placed) => {
                if placed.amounts.freight > Money::ZERO {
                    self.freights.insert(placed.order, placed.amounts.freight);
                }
            }
            OrderFact::Closed(closed) => {
                self.end(closed.order);
            }
            OrderFact::PaymentTaken(taken) => self.pay(&taken, at),
            OrderFact::TradeTaken(trade) => self.pay(&trade.taken, at),
            OrderFact::Refunded(refunded) => self.refund(&refunded, at),
            OrderFact::PaymentStrayed(strayed) => {
                let source = EntrySource::Order(EntryKind::Strayed, strayed.order, strayed.version);
                self.entries.extend(Entry::new(source, at, &posting::strayed(strayed.trade.amount)));
            }
            // Kind 2 was written before the shop took money; the others move none.
            OrderFact::Placed(_)
            | OrderFact::Paid(_)
            | OrderFact::Shipped(_)
            | OrderFact::Completed(_)
            | OrderFact::ParcelShipped(_)
            | OrderFact::Hidden(_)
            | OrderFact::PaymentStarted(_)
            | OrderFact::PaymentEnded(_) => {}
        }
        Ok(())
    }
}
