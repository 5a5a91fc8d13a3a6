//! Journal, actors, effects and projection, a step at a time, and what audits ask.

use super::*;

/// A batch that was read; projected or not, nobody has heard.
pub struct InFlight {
    batch: Batch,
    records: Vec<(Sequence, Record)>,
    is_committed: bool,
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
        self.registry.runnable(self.progress.sequence())
    }

    pub fn step_actor(&mut self, sku: SkuId, database: &Database, prefers_load: bool) {
        self.registry.step(sku, &self.replies, database, self.progress.sequence(), prefers_load);
    }

    pub fn resident(&self) -> Vec<SkuId> {
        self.registry.resident()
    }

    /// An actor's idle check; true if it begins to leave.
    pub fn idle_check(&mut self, sku: SkuId) -> bool {
        self.registry.keep_house(sku, self.progress.sequence())
    }

    pub fn give_up_loading(&mut self, sku: SkuId) {
        self.registry.give_up_loading(sku);
    }

    /// An actor panics; true if it was there and could.
    pub fn kill_actor(&mut self, sku: SkuId) -> bool {
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

    /// One step of the projection: read a batch, commit it, hear of it. `is_heard`: the database's answer arrives.
    pub fn project(&mut self, database: &mut Database, most: u64, is_heard: bool) -> bool {
        match self.in_flight.take() {
            None => {
                let Some(batch) = self.progress.next_batch(self.journal.durable_through(), most) else { return false };
                let Some(records) = read(&*self.journal, batch.first, batch.last) else {
                    self.disk_gave_out = true;
                    return false;
                };
                self.in_flight = Some(InFlight { batch, records, is_committed: false });
            }
            Some(InFlight { batch, records, is_committed: false }) if database.is_up => {
                assert!(database.transact(&batch, &records), "nobody else moves the checkpoint");
                self.in_flight = Some(InFlight { batch, records, is_committed: true });
            }
            Some(in_flight @ InFlight { is_committed: false, .. }) => {
                let is_ours = self.progress.reloaded(database.checkpoint);
                assert!(is_ours, "nobody else moves the checkpoint: {:?}", in_flight.batch);
            }
            Some(InFlight { is_committed: true, .. }) => {
                if is_heard {
                    self.progress.applied();
                } else {
                    assert!(self.progress.reloaded(database.checkpoint), "nobody else moves the checkpoint");
                }
                self.journal.release(self.progress.sequence());
                self.engine.orders.evict(self.progress.sequence());
            }
        }
        true
    }

    /// Counts of a SKU that is serving: available, held, sold, and each item's remaining, held, sold.
    pub fn counts(&self, sku: SkuId) -> Option<Vec<u32>> {
        self.registry.get(sku).map(|sku| counts(sku.stock()))
    }

    /// What a restart now would make of the database and the journal.
    pub fn counts_after_restart(&self, sku: SkuId, database: &Database) -> Vec<u32> {
        let (mut stock, checkpoint) = database.load_stock(sku);
        for (sequence, record) in read(&*self.journal, checkpoint.next(), self.journal.durable_through()).expect("fair weather") {
            stock.apply(sequence, record.header.at, &record.fact);
        }
        counts(&stock)
    }
}

fn counts(stock: &Stock) -> Vec<u32> {
    let mut quotas: Vec<_> = stock.quotas().iter().map(|quota| (quota.item(), [quota.remaining(), quota.held(), quota.sold()])).collect();
    quotas.sort_unstable();
    [stock.available(), stock.held(), stock.sold()].into_iter().chain(quotas.into_iter().flat_map(|quota| quota.1)).collect()
}
