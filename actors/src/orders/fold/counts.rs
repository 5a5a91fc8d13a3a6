//! What one fact moves in the counts that shoppers see: pieces that can be bought, and pieces that were sold.
//! - N1 The same as [`TradeFold`](super::TradeFold) moves in `skus.available` and `products.sales_count`; a property test compares the two.

use smallvec::SmallVec;

use crate::ids::SkuId;
use crate::kernel::Fact;
use crate::kernel::facts::Kind;
use crate::orders::{Line, OrderFact};
use crate::stock::StockFact;

/// What moves for one SKU; both may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The SKU whose counts move.
    pub sku: SkuId,
    /// Added to the pieces that can be bought outside flash sales.
    pub available: i64,
    /// Added to the pieces that were paid and not refunded, in and outside flash sales.
    pub sold: i64,
}

/// Number of [`OrderFact::Placed`].
const FLASH_PLACED: u8 = 1;

/// Whether facts of this kind move a count; bodies of others need not be read. [`OrderFact::Placed`] is recorded for flash items alone, whose
/// pieces stopped being available when the quota was carved: in a sale nearly every record is one.
pub fn moves(kind: Kind) -> bool {
    kind.is_of::<StockFact>() || (kind.is_of::<OrderFact>() && kind.number != FLASH_PLACED)
}

/// What a fact moves; a SKU may be named more than once.
pub fn moved(fact: &Fact) -> SmallVec<[Moved; 2]> {
    let available = |sku, pieces: i64| Moved { sku, available: pieces, sold: 0 };
    match fact {
        Fact::Stock(StockFact::QuotaCarved(carved)) => SmallVec::from_iter([available(carved.sku, -i64::from(carved.quota))]),
        Fact::Stock(StockFact::QuotaReleased(released)) => SmallVec::from_iter([available(released.sku, i64::from(released.pieces))]),
        Fact::Stock(StockFact::Adjusted(adjusted)) => SmallVec::from_iter([available(adjusted.sku, i64::from(adjusted.delta.get()))]),
        Fact::Orders(OrderFact::Placed(placed)) => {
            let bought = placed.lines.iter().filter(|line| line.flash.is_none());
            bought.map(|line| available(line.sku, -i64::from(line.quantity.get()))).collect()
        }
        Fact::Orders(OrderFact::BasketPlaced(placed)) => {
            placed.lines.iter().map(|line| available(line.sku, -i64::from(line.quantity.get()))).collect()
        }
        Fact::Orders(OrderFact::Paid(paid)) => paid.lines.iter().map(sold).collect(),
        Fact::Orders(OrderFact::PaymentTaken(paid)) => paid.lines.iter().map(sold).collect(),
        Fact::Orders(OrderFact::TradeTaken(paid)) => paid.taken.lines.iter().map(sold).collect(),
        Fact::Orders(OrderFact::Closed(closed)) => {
            let back = closed.returns.iter().filter(|back| !back.to_quota);
            back.map(|back| available(back.line.sku, i64::from(back.line.quantity.get()))).collect()
        }
        Fact::Orders(OrderFact::Refunded(refunded)) => {
            let restock = refunded.refund.restock;
            let moved = refunded.refund.lines.iter().map(|line| (line.sku, i64::from(line.quantity.get())));
            moved.map(|(sku, pieces)| Moved { sku, available: if restock { pieces } else { 0 }, sold: -pieces }).collect()
        }
        _ => SmallVec::new(),
    }
}

fn sold(line: &Line) -> Moved {
    Moved { sku: line.sku, available: 0, sold: i64::from(line.quantity.get()) }
}
