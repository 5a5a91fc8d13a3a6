//! No faults at the end: everything comes to rest, and the sums are checked.

use super::*;

impl World {
    /// No new requests, no faults: everything comes to an end, and the database catches up.
    pub(super) fn rest(&mut self) {
        self.database.is_up = true;
        self.timers();
        let (mut quiet, mut end) = (0, Sequence::ZERO);
        for steps in 0.. {
            assert!(steps < REST_MAX, "the world does not come to rest");
            if self.stir() {
                continue;
            }
            let last = self.life().journal.last_enqueued();
            quiet = if last == end { quiet + 1 } else { 0 };
            if quiet == 3 {
                break;
            }
            end = last;
            self.timers();
        }
        let open = self.requests.iter().find(|request| request.is_open);
        assert!(open.is_none(), "never answered: {open:?}");
        assert_eq!(self.life().leftover(), None, "something stays held");
    }

    /// A step of everybody who has something to do; false if nobody has.
    pub(super) fn stir(&mut self) -> bool {
        let mut busy = false;
        let runnable = self.life().runnable_actors();
        if let Some(sku) = self.pick(&runnable) {
            let Some(process) = &mut self.process else { return false };
            process.step_actor(sku, &self.database, false);
            busy = true;
        }
        let senders = self.life().senders();
        if let Some(sender) = self.pick(&senders) {
            self.life().deliver_effect(sender);
            busy = true;
        }
        let runnable = self.life().runnable_shards();
        if let Some(place) = self.pick(&runnable) {
            let Some(process) = &mut self.process else { return false };
            process.step_shard(place, &self.database, false);
            busy = true;
        }
        if self.life().commands() > 0 {
            self.step_command();
            busy = true;
        }
        if !self.life().resendable().is_empty() || !self.life().resendable_to_carts().is_empty() {
            self.send_again();
            busy = true;
        }
        let runnable = self.life().runnable_coordinators();
        if let Some(owner) = self.pick(&runnable) {
            self.life().step_coordinator(owner);
            busy = true;
        }
        busy |= self.write_group();
        self.life().release_replies();
        busy |= self.life().keep_house();
        for runner in [Runner::Trade, Runner::Carts, Runner::Policy] {
            busy |= self.project_one(runner);
        }
        self.absorb();
        // Pauses end: whoever was told `warming` may ask again.
        let now = self.life().now().plus_millis(1);
        self.life().clock.set(now);
        if self.life().has_failed() {
            // A fault that was armed before.
            self.die(true);
            busy = true;
        }
        busy
    }

    /// Memory, the fold of the journal, and the database agree.
    pub(super) fn check_sums(&mut self) {
        let Some(process) = &self.process else { return };
        for runner in [Runner::Trade, Runner::Carts, Runner::Policy] {
            assert_eq!(self.database.sequence(runner), process.journal.last_enqueued(), "{runner:?} caught up");
        }
        process.compare_orders(&self.database);
        process.compare_carts(&self.database);
        for id in 1..=SKUS {
            let sku = SkuId::new(id).expect("not zero");
            let restarted = process.counts_after_restart(sku, &self.database);
            if let Some(live) = process.counts(sku) {
                assert_eq!(live, restarted, "memory and database differ about {sku:?}");
            }
        }
        let (moved, books) = self.auditor.check_records(self.log.iter());
        self.auditor.check_rows(&self.database, &moved, &books);
    }

    pub(super) fn check_end(&mut self) {
        self.check_sums();
        assert_eq!(self.life().open_orders(), 0, "an unpaid order outlived its time");
        for row in self.database.stock.values() {
            assert_eq!(row.held, 0, "pieces are held for nobody");
        }
        for quota in self.database.quotas.values().filter(|quota| quota.is_carved) {
            assert!(quota.is_released && quota.remaining == 0 && quota.held == 0, "a sale's rest was not given back: {quota:?}");
        }
        let placed = self
            .log
            .values()
            .filter(|record| matches!(record.fact, Fact::Orders(OrderFact::Placed(_) | OrderFact::BasketPlaced(_))))
            .count();
        assert_eq!(placed, self.database.orders.len());
    }
}
