//! Tentative holds on a SKU's available pieces, for orders over several SKUs. They live in memory only: a crash forgets them.
//! - H1 Pieces held tentatively never exceed the available ones; nothing else may take those (`free`).
//! - H2 Who is short only because of others' holds waits, first come first served, in a bounded queue, until those are settled.
//! - H3 An owner has at most one hold or one place in the queue here.
//! - H4 A record orders exactly the pieces that were held for it.
//!
//! Whoever queues a record for held pieces must confirm the hold, whatever happens; whoever does not, releases it (`coordinator`).
//! The messages that settle are never dropped: they have their own lane past the mailbox's bound. An actor that dies with holds takes the
//! process along (`kernel::actor`): its successor would give the pieces to somebody else while the coordinator still commits.

use std::collections::VecDeque;

use smallvec::SmallVec;

use super::facts::QuotaCarved;
use super::sku::{Adjusting, Adjustment, QuotaPlan, Stock};
use crate::ids::SkuId;
use crate::kernel::{Committed, Fact};
use crate::orders::OrderFact;
use crate::quantity::Quantity;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// The most owners that wait at one SKU.
pub const WAITING_MAX: usize = 256;

/// One coordinator, unique in the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub u64);

/// What asking for a hold leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The pieces are held.
    Granted,
    /// Others hold them for now; a [`Woken`] follows.
    Waiting,
    /// There are fewer, whatever happens to the holds.
    SoldOut,
    /// Too many wait already.
    Busy,
}

/// How the waiting of an owner ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The pieces are held.
    Granted(Owner),
    /// Others have bought them.
    SoldOut(Owner),
}

/// The tentative holds on one SKU, and who waits for one.
#[derive(Debug, Default)]
pub struct Holds {
    granted: SmallVec<[(Owner, u32); 4]>,
    waiting: VecDeque<(Owner, u32)>,
}

impl Holds {
    /// Asks for a hold. Asking again changes nothing.
    pub fn hold(&mut self, stock: &Stock, owner: Owner, quantity: Quantity) -> Asked {
        let pieces = quantity.get();
        if self.granted.iter().any(|held| held.0 == owner) {
            return Asked::Granted;
        }
        if self.waiting.iter().any(|waiting| waiting.0 == owner) {
            return Asked::Waiting;
        }
        if stock.available() < pieces {
            return Asked::SoldOut;
        }
        if self.waiting.is_empty() && self.free(stock) >= pieces {
            self.granted.push((owner, pieces));
            assert_eq!(self.broken(stock), None, "{owner:?} got {pieces} pieces: {self:?}");
            return Asked::Granted;
        }
        if self.waiting.len() >= WAITING_MAX {
            return Asked::Busy;
        }
        self.waiting.push_back((owner, pieces));
        Asked::Waiting
    }

    /// Settles a hold by the record that it was for. The record counts even if the hold is unknown: it is in the journal.
    pub fn confirm(&mut self, stock: &mut Stock, owner: Owner, committed: &Committed) -> SmallVec<[Woken; 2]> {
        let held = self.granted.iter().find(|held| held.0 == owner).map(|held| held.1);
        let ordered = ordered(committed, stock.sku());
        assert!(held.is_none_or(|held| held == ordered), "H4: {owner:?} held {held:?} pieces of {:?} and orders {ordered}", stock.sku());
        self.forget(owner);
        self.apply(stock, committed)
    }

    /// Settles a hold, or gives up waiting for it, without a record.
    pub fn release(&mut self, stock: &Stock, owner: Owner) -> SmallVec<[Woken; 2]> {
        self.forget(owner);
        self.wake(stock)
    }

    /// Applies any other record, which may free what somebody waits for.
    pub fn apply(&mut self, stock: &mut Stock, committed: &Committed) -> SmallVec<[Woken; 2]> {
        stock.apply(committed.sequence, committed.record.header.at, &committed.record.fact);
        assert_eq!(self.broken(stock), None, "{self:?}");
        self.wake(stock)
    }

    /// Sets pieces aside for a flash item, as [`Stock::decide_carve`], out of those that nobody holds.
    pub fn decide_carve(&self, stock: &Stock, plan: &QuotaPlan, now: Timestamp) -> Result<Option<QuotaCarved>, Refusal> {
        let carved = stock.decide_carve(plan, now)?;
        if carved.as_ref().is_some_and(|carved| carved.quota > self.free(stock)) { Err(Refusal::SoldOut) } else { Ok(carved) }
    }

    /// Adds or takes away available pieces, as [`Stock::decide_adjust`], but none that somebody holds.
    pub fn decide_adjust(&self, stock: &Stock, command: &Adjustment) -> Result<Adjusting, Refusal> {
        let adjusting = stock.decide_adjust(command)?;
        let available = self.free(stock);
        let taken = match &adjusting {
            Adjusting::Fresh(adjusted) => adjusted.delta.get().min(0).unsigned_abs(),
            Adjusting::Repeat | Adjusting::Unchanged => 0,
        };
        if taken > available { Err(Refusal::InsufficientStock { available }) } else { Ok(adjusting) }
    }

    /// Available pieces that nobody holds.
    pub fn free(&self, stock: &Stock) -> u32 {
        stock.available().saturating_sub(self.tentative())
    }

    /// Nothing is held and nobody waits: a condition of passivation.
    pub fn is_empty(&self) -> bool {
        self.granted.is_empty() && self.waiting.is_empty()
    }

    /// The invariant that does not hold, if any.
    pub fn broken(&self, stock: &Stock) -> Option<&'static str> {
        (self.tentative() > stock.available()).then_some("H1: more is held than there is")
    }

    fn wake(&mut self, stock: &Stock) -> SmallVec<[Woken; 2]> {
        let mut woken = SmallVec::new();
        while let Some(&(owner, pieces)) = self.waiting.front() {
            if stock.available() < pieces {
                woken.push(Woken::SoldOut(owner));
            } else if self.free(stock) >= pieces {
                debug_assert!(self.granted.iter().all(|held| held.0 != owner), "H3: {owner:?} waits for what it holds");
                self.granted.push((owner, pieces));
                woken.push(Woken::Granted(owner));
            } else {
                break;
            }
            self.waiting.pop_front();
        }
        debug_assert_eq!(self.broken(stock), None, "{self:?}");
        woken
    }

    fn forget(&mut self, owner: Owner) {
        self.granted.retain(|held| held.0 != owner);
        self.waiting.retain(|waiting| waiting.0 != owner);
    }

    fn tentative(&self) -> u32 {
        self.granted.iter().map(|held| held.1).sum()
    }
}

/// Pieces of a SKU that a record orders from the available ones.
fn ordered(committed: &Committed, sku: SkuId) -> u32 {
    match &committed.record.fact {
        Fact::Orders(OrderFact::BasketPlaced(placed)) => {
            placed.lines.iter().filter(|line| line.sku == sku).map(|line| line.quantity.get()).sum()
        }
        Fact::Orders(OrderFact::Placed(placed)) => {
            let available = placed.lines.iter().filter(|line| line.sku == sku && line.flash.is_none());
            available.map(|line| line.quantity.get()).sum()
        }
        _ => 0,
    }
}
