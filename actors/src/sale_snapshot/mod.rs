//! What running flash sales need to go on after `kill -9` while the database is away: their SKUs with every buyer and receipt, the orders
//! in memory, the limits given back, the first free order id, the last time, the plan of the sales.
//! - Y1 A snapshot of this at record S, with every record above S folded in, is what memory was (docs/adr/0014).
//! - Y2 Folding is idempotent: a SKU skips what it has, and nothing else changes at or below `through`.
//! - Y3 It holds what running sales need and no more: a SKU leaves with its last quota, a settled order with its projection.
//!
//! Files and their format are in `format` and `store`; who writes them, and when, is the service's affair.

mod format;
mod store;

use hashbrown::HashMap;

use crate::ids::SkuId;
use crate::journal::Sequence;
use crate::kernel::Fact;
use crate::kernel::facts::Record;
use crate::orders::{IdsFact, OrderBook};
use crate::stock::{self, Stock, StockFact};
use crate::time::Timestamp;

pub use format::Malformed;
pub use store::{Found, LoadError, Saved, Store, Unusable};

/// Everything that running sales need, as of one record.
#[derive(Debug, Default)]
pub struct SaleSnapshot {
    /// Every record up to this one is in it.
    pub through: Sequence,
    /// That record's time.
    pub last_at: Timestamp,
    /// The first order id that no block contains.
    pub next_order_id: u64,
    /// The SKUs of running and coming sales; at start-up also those that the tail touched.
    pub stocks: HashMap<SkuId, Stock>,
    /// Open orders, settled ones that the database may not have, limits given back.
    pub orders: OrderBook,
    /// What shoppers are shown of the sales, as the service writes it.
    pub plan: Vec<u8>,
}

impl SaleSnapshot {
    /// Makes a record so. SKUs that are not here are left alone: whoever needs one adds it first.
    pub fn apply(&mut self, sequence: Sequence, record: &Record) {
        let Record { header, fact } = record;
        for sku in stock::skus(fact) {
            if let Some(stock) = self.stocks.get_mut(&sku) {
                stock.apply(sequence, header.at, fact);
            }
        }
        if sequence <= self.through {
            return;
        }
        match fact {
            Fact::Ids(IdsFact::Reserved(block)) => {
                self.next_order_id = self.next_order_id.max(block.first.saturating_add(u64::from(block.count)));
            }
            Fact::Stock(StockFact::QuotaReleased(released)) => self.orders.forget_activity(released.activity),
            Fact::Orders(order) => self.orders.shard(order.user()).apply(sequence, header.at, fact),
            // No part of a sale, or done above.
            _ => {}
        }
        // The last and not the latest: after records of a wrong clock the ones that follow are right again.
        self.last_at = header.at;
        self.through = sequence;
    }

    /// Lets go of what no running sale needs any more; the database has every record up to `projected`.
    pub fn prune(&mut self, projected: Sequence) {
        self.stocks.retain(|_, stock| stock.quotas().iter().any(|quota| !quota.released()));
        self.orders.evict(projected);
    }
}
