//! Money and pieces of orders, reckoned from the records alone: money in less money out is what the customer keeps.

use std::collections::{BTreeMap, BTreeSet};

use mallcore_actors::ids::{OrderId, SkuId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::orders::{OrderFact, PaymentTaken, Trade};

use super::super::database::Database;

/// One line of an order: what it cost, and what became of its pieces.
#[derive(Debug, Default, Clone)]
struct LineBook {
    pieces: u64,
    cost: u64,
    shipped: u64,
    refunded: u64,
    gone: u64,
    paid_back: u64,
}

#[derive(Debug, Default, Clone)]
struct OrderBook {
    lines: BTreeMap<SkuId, LineBook>,
    freight: u64,
    freight_back: u64,
    is_paid: bool,
    is_closed: bool,
    money_in: u64,
    money_out: u64,
    /// The attempt that may still be paid, and the transactions that came.
    open: Option<u8>,
    came: BTreeSet<String>,
}

impl OrderBook {
    fn pay(&mut self, sequence: Sequence, paid: &PaymentTaken) {
        assert!(!std::mem::replace(&mut self.is_paid, true), "{:?} was paid twice at {sequence}", paid.order);
        self.money_in = paid.payment.amount.fen();
        assert_eq!(self.money_in, self.kept(), "{:?} was not paid in full at {sequence}", paid.order);
    }

    fn come(&mut self, sequence: Sequence, trade: &Trade) {
        assert!(self.came.insert(trade.transaction.as_str().to_owned()), "{trade:?} counts twice at {sequence}");
        if self.open == Some(trade.attempt.get()) {
            self.open = None;
        }
    }

    /// What the customer keeps: of each line the part that was not refunded, and the freight.
    fn kept(&self) -> u64 {
        let goods: u64 = self.lines.values().map(|line| line.cost - line.cost * line.refunded / line.pieces).sum();
        goods + self.freight - self.freight_back
    }
}

#[derive(Debug, Default, Clone)]
pub struct Books {
    orders: BTreeMap<OrderId, OrderBook>,
}

impl Books {
    pub fn take(&mut self, sequence: Sequence, fact: &OrderFact) {
        let (order, _) = fact.version();
        let book = self.orders.entry(order).or_default();
        match fact {
            OrderFact::Placed(placed) => {
                for line in &placed.lines {
                    let pieces = u64::from(line.quantity.get());
                    book.lines.insert(line.sku, LineBook { pieces, cost: line.unit_price.fen() * pieces, ..LineBook::default() });
                }
            }
            OrderFact::BasketPlaced(placed) => {
                book.freight = placed.amounts.freight.fen();
                for line in &placed.lines {
                    let pieces = u64::from(line.quantity.get());
                    let cost = line.unit_price.fen() * pieces - line.discount.fen();
                    assert!(book.lines.insert(line.sku, LineBook { pieces, cost, ..LineBook::default() }).is_none(), "a SKU in two lines");
                }
            }
            OrderFact::PaymentTaken(paid) => book.pay(sequence, paid),
            OrderFact::PaymentStarted(started) => {
                let earlier = book.open.replace(started.trade.attempt.get());
                assert_eq!(earlier, None, "{order:?} has two open attempts at {sequence}");
                assert!(!book.is_paid, "{order:?} is to be paid a second time at {sequence}");
            }
            OrderFact::PaymentEnded(ended) => assert_eq!(book.open.take(), Some(ended.attempt.get()), "{order:?} at {sequence}"),
            OrderFact::TradeTaken(trade) => {
                book.pay(sequence, &trade.taken);
                book.come(sequence, &trade.trade());
            }
            OrderFact::PaymentStrayed(strayed) => {
                assert!(book.is_paid || book.is_closed, "{order:?} refused money that it wants at {sequence}");
                book.come(sequence, &strayed.trade);
            }
            OrderFact::Closed(_) => {
                assert_eq!(book.open, None, "{order:?} was closed while somebody could pay it at {sequence}");
                book.is_closed = true;
            }
            OrderFact::ParcelShipped(shipped) => {
                for pieces in &shipped.parcel.pieces {
                    let line = book.lines.get_mut(&pieces.sku).expect("a line of the order");
                    line.shipped += u64::from(pieces.quantity.get());
                    assert!(line.shipped <= line.pieces, "{order:?}: more was sent than was ordered at {sequence}");
                }
            }
            OrderFact::Refunded(refunded) => {
                book.freight_back += refunded.refund.freight.fen();
                book.money_out += refunded.refund.freight.fen();
                for part in &refunded.refund.lines {
                    let pieces = u64::from(part.quantity.get());
                    let line = book.lines.get_mut(&part.sku).expect("a line of the order");
                    line.refunded += pieces;
                    line.gone += if refunded.refund.restock { 0 } else { pieces };
                    line.paid_back += part.amount.fen();
                    book.money_out += part.amount.fen();
                    assert!(line.refunded <= line.pieces, "{order:?}: a piece was refunded twice at {sequence}");
                    assert!(line.paid_back <= line.cost, "{order:?}: a line was refunded above its cost at {sequence}");
                }
                assert!(book.money_out <= book.money_in, "{order:?}: more was refunded than was paid at {sequence}");
                assert_eq!(book.money_in - book.money_out, book.kept(), "{order:?}: the customer keeps something else at {sequence}");
            }
            OrderFact::Completed(_) | OrderFact::Hidden(_) => {}
            OrderFact::Paid(_) | OrderFact::Shipped(_) => panic!("nobody of this world does that: {fact:?}"),
        }
    }

    /// The rows of orders and their lines say the same.
    pub fn check_orders(&self, rows: &Database) {
        assert_eq!(self.orders.len(), rows.orders.len(), "an order is missing");
        for (order, book) in &self.orders {
            for (sku, line) in &book.lines {
                let row = rows.lines.get(&(*order, *sku)).copied().unwrap_or_default();
                assert_eq!((u64::from(row.shipped), u64::from(row.refunded)), (line.shipped, line.refunded), "{order:?} {sku:?}");
            }
        }
    }

    fn sum(&self, sku: SkuId, what: impl Fn(&OrderBook, &LineBook) -> u64) -> i64 {
        let lines = self.orders.values().filter_map(|book| Some(what(book, book.lines.get(&sku)?)));
        i64::try_from(lines.sum::<u64>()).expect("a few pieces")
    }

    /// Refunded pieces that did not come back.
    pub fn gone(&self, sku: SkuId) -> i64 {
        self.sum(sku, |_, line| line.gone)
    }

    pub fn refunded(&self, sku: SkuId) -> i64 {
        self.sum(sku, |_, line| line.refunded)
    }

    /// Pieces that were paid and not refunded.
    pub fn kept(&self, sku: SkuId) -> i64 {
        self.sum(sku, |book, line| if book.is_paid { line.pieces - line.refunded } else { 0 })
    }
}
