//! Journal, projection, and what audits ask.

use super::*;

impl Process {
    pub(super) fn enqueue(&mut self, event: Event) -> Result<(Sequence, Timestamp, Event), Unavailable> {
        let record = Record { at: self.now, event };
        self.scratch.clear();
        record.encode_into(&mut self.scratch);
        let sequence = self.journal.enqueue(&self.scratch).map_err(|refused| match refused {
            EnqueueError::Full { .. } => Unavailable::JournalFull,
            EnqueueError::Stopped => Unavailable::OutcomeUnknown,
        })?;
        self.queued.push((sequence, record.clone()));
        Ok((sequence, record.at, record.event))
    }

    /// Writes what is queued and lets go of the answers that this makes safe.
    pub fn write_group(&mut self) -> bool {
        let wrote = self.steps.write_group();
        let durable = self.durable_through();
        let (safe, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.0 <= durable);
        self.waiting = waiting;
        let safe: Vec<_> = safe;
        self.answers.extend(safe.into_iter().map(|(sequence, request, answer)| (request, answer, sequence)));
        wrote
    }

    pub fn keep_house(&mut self) -> bool {
        self.steps.keep_house()
    }

    /// One step of the projection: read a batch, commit it, hear of it. `is_heard`: the database's answer arrives.
    pub fn project(&mut self, database: &mut Database, most: u64, is_heard: bool) -> bool {
        match self.in_flight.take() {
            None => {
                let Some(batch) = self.progress.next_batch(self.durable_through(), most) else { return false };
                let Some(records) = read(&self.journal, batch.first, batch.last) else {
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
                self.orders.evict(self.progress.sequence());
            }
        }
        true
    }

    /// Counts of a SKU that is serving: available, held, sold, and each item's remaining, held, sold.
    pub fn counts(&self, sku: SkuId) -> Option<Vec<u32>> {
        let actor = self.actors.get(&sku).filter(|actor| actor.life.state() == State::Active)?;
        actor.stock.as_ref().map(counts)
    }

    /// What a restart now would make of the database and the journal.
    pub fn counts_after_restart(&self, sku: SkuId, database: &Database) -> Vec<u32> {
        let (mut stock, checkpoint) = database.load_stock(sku);
        for (sequence, record) in read(&self.journal, checkpoint.next(), self.durable_through()).expect("fair weather") {
            stock.apply(sequence, record.at, &record.event);
        }
        counts(&stock)
    }

    /// What is still held or waited for, if anything.
    pub fn leftover(&self) -> Option<String> {
        let held = self.actors.iter().find(|(_, actor)| !actor.holds.is_empty()).map(|(sku, actor)| format!("{sku:?}: {:?}", actor.holds));
        held.or_else(|| (!self.parked.is_empty()).then(|| format!("handed back for ever: {:?}", self.parked)))
            .or_else(|| (!self.coordinators.is_empty()).then(|| format!("coordinators hang: {:?}", self.coordinators())))
    }
}
