//! Journal, actors, effects and projection, a step at a time, and what audits ask.

use mallcore_actors::kernel::fold;

use super::super::database::{Projected, Runner};
use super::registry::Death;
use super::*;

/// A projection: its checkpoint, and a batch that was folded; stored or not, nobody has heard.
pub struct Projection<F> {
    pub progress: Progress,
    in_flight: Option<InFlight<F>>,
}

struct InFlight<F> {
    batch: Batch,
    folded: fold::Batch<F>,
    is_committed: bool,
}

impl<F: Projected> Projection<F> {
    pub const fn new(progress: Progress) -> Self {
        Self { progress, in_flight: None }
    }

    /// One step: fold a batch, commit it, hear of it. `is_heard`: the database's answer arrives. None: the disk gave out.
    fn step(&mut self, journal: &Tapped, database: &mut Database, most: u64, is_heard: bool) -> Option<bool> {
        match self.in_flight.take() {
            None => {
                let Some(batch) = self.progress.next_batch(journal.durable_through(), most) else { return Some(false) };
                let mut folded = fold::Batch::after(self.progress.sequence());
                read_bytes(journal, batch.first, batch.last, &mut |sequence, payload| {
                    folded.take_bytes(sequence, payload).expect("records follow each other");
                })?;
                assert_eq!((folded.from().next(), folded.through()), (batch.first, batch.last), "the batch has what it says");
                self.in_flight = Some(InFlight { batch, folded, is_committed: false });
            }
            Some(InFlight { batch, folded, is_committed: false }) if database.is_up => {
                assert!(database.transact(&batch, &folded), "nobody else moves the checkpoint");
                self.in_flight = Some(InFlight { batch, folded, is_committed: true });
            }
            Some(InFlight { batch, is_committed: false, .. }) => {
                assert!(self.progress.reloaded(database.checkpoint(F::RUNNER)), "nobody else moves the checkpoint: {batch:?}");
            }
            Some(InFlight { is_committed: true, .. }) => {
                if is_heard {
                    self.progress.applied();
                } else {
                    assert!(self.progress.reloaded(database.checkpoint(F::RUNNER)), "nobody else moves the checkpoint");
                }
            }
        }
        Some(true)
    }
}

impl Process {
    /// Writes what is queued.
    pub fn write_group(&mut self) -> bool {
        self.steps.write_group()
    }

    /// The pump of waiting answers wakes up: those that are safe leave.
    pub fn release_replies(&mut self) {
        let durable = *self.journal.durable().borrow();
        self.replies.release(durable);
    }

    pub fn keep_house(&mut self) -> bool {
        self.steps.keep_house()
    }

    pub fn runnable_actors(&self) -> Vec<SkuId> {
        self.registry.runnable(self.trade.progress.sequence())
    }

    pub fn step_actor(&mut self, sku: SkuId, database: &Database, prefers_load: bool) {
        self.registry.step(sku, &self.replies, database, self.trade.progress.sequence(), prefers_load);
    }

    pub fn resident(&self) -> Vec<SkuId> {
        self.registry.resident()
    }

    /// An actor's idle check; true if it begins to leave.
    pub fn idle_check(&mut self, sku: SkuId) -> bool {
        self.registry.keep_house(sku, self.trade.progress.sequence())
    }

    pub fn give_up_loading(&mut self, sku: SkuId) {
        self.registry.give_up_loading(sku);
    }

    /// An actor panics.
    pub fn kill_actor(&mut self, sku: SkuId) -> Death {
        self.registry.kill(sku)
    }

    pub fn senders(&self) -> Vec<Sender> {
        self.effects.senders()
    }

    pub fn deliver_effect(&mut self, sender: Sender) {
        if let Some((sku, effect)) = self.effects.next_of(sender) {
            self.registry.effect(sku, effect);
        }
    }

    /// One step of a projection.
    pub fn project(&mut self, runner: Runner, database: &mut Database, most: u64, is_heard: bool) -> bool {
        let stepped = match runner {
            Runner::Trade => self.trade.step(&self.journal, database, most, is_heard),
            Runner::Carts => self.cart_rows.step(&self.journal, database, most, is_heard),
            Runner::Policy => self.step_policy(database, most, is_heard),
        };
        self.disk_gave_out |= stepped.is_none();
        self.journal.release(self.trade.progress.sequence().min(self.cart_rows.progress.sequence()).min(self.policy.sequence()));
        self.engine.orders.evict(self.trade.progress.sequence());
        stepped.unwrap_or(false)
    }

    /// Counts of a SKU that is serving: available, held, sold, and each item's remaining, held, sold.
    pub fn counts(&self, sku: SkuId) -> Option<Vec<u32>> {
        self.registry.get(sku).map(|sku| counts(sku.stock()))
    }

    /// What a restart now would make of the database and the journal.
    pub fn counts_after_restart(&self, sku: SkuId, database: &Database) -> Vec<u32> {
        let (mut stock, checkpoint) = database.load_stock(sku);
        for (sequence, record) in read(&*self.journal, checkpoint.next(), self.journal.durable_through()).expect("fair cause") {
            stock.apply(sequence, record.header.at, &record.fact);
        }
        counts(&stock)
    }
}

fn counts(stock: &Stock) -> Vec<u32> {
    // What can no longer move is not loaded.
    let can_move = stock.quotas().iter().filter(|quota| !quota.released() || quota.held() > 0);
    let mut quotas: Vec<_> = can_move.map(|quota| (quota.item(), [quota.remaining(), quota.held(), quota.sold()])).collect();
    quotas.sort_unstable();
    [stock.available(), stock.held(), stock.sold()].into_iter().chain(quotas.into_iter().flat_map(|quota| quota.1)).collect()
}
