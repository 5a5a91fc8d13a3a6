//! Order ids from blocks reserved in the journal.
//! - I1 A block's record precedes every record that uses its ids, so whatever survives a crash is above all ids that survive.

use parking_lot::Mutex;

use crate::ids::{ID_MAX, OrderId};
use crate::kernel::Transaction;
use crate::orders::{IdsFact, IdsReserved};
use crate::refusal::Unavailable;

/// Ids lost by a crash at most; and one record in so many orders.
const BLOCK: u32 = 100_000;

/// Where order ids come from.
#[derive(Debug)]
pub struct OrderIds {
    block: Mutex<Block>,
    /// Ids that a block has.
    count: u32,
}

#[derive(Debug)]
struct Block {
    next: u64,
    end: u64,
}

impl OrderIds {
    /// `next` is the first id that no surviving block contains.
    pub fn starting_at(next: u64) -> Self {
        Self::in_blocks_of(BLOCK, next)
    }

    /// As [`Self::starting_at`], with so many ids in each block; the simulator has small ones.
    pub fn in_blocks_of(count: u32, next: u64) -> Self {
        assert!(count > 0, "a block without an id");
        Self { block: Mutex::new(Block { next, end: next }), count }
    }

    /// The next id; reserves a block first where the last is used up.
    ///
    /// # Errors
    /// [`Unavailable`] if the journal refuses the reservation; no id is used up then.
    pub fn take(&self, transaction: &mut Transaction<'_>) -> Result<OrderId, Unavailable> {
        let mut block = self.block.lock();
        if block.next == block.end {
            let reserved = IdsFact::Reserved(IdsReserved { first: block.end, count: self.count });
            transaction.commit_own(reserved, |_| block.end += u64::from(self.count))?;
        }
        assert!(block.next < block.end, "I1: {block:?} has no id left that was set aside");
        // 2^53 ids are out of reach: at 100,000 orders a second they last 2,800 years.
        let id = OrderId::new(block.next.min(ID_MAX)).map_err(|_| Unavailable::OutcomeUnknown)?;
        block.next += 1;
        Ok(id)
    }
}
