//! Turns of whoever has something to do within the process: actors, shards of carts, coordinators, commands, effects.

use super::*;

impl World {
    pub(super) fn step_actor(&mut self) {
        let runnable = self.life().runnable_actors();
        if let Some(sku) = self.pick(&runnable) {
            let prefers_load = self.chance(500);
            let Some(process) = &mut self.process else { return };
            process.step_actor(sku, &self.database, prefers_load);
        }
    }

    pub(super) fn step_shard(&mut self) {
        let runnable = self.life().runnable_shards();
        if let Some(place) = self.pick(&runnable) {
            let prefers_load = self.chance(500);
            let Some(process) = &mut self.process else { return };
            process.step_shard(place, &self.database, prefers_load);
        }
    }

    pub(super) fn step_command(&mut self) {
        let commands: Vec<usize> = (0..self.life().commands()).collect();
        if let Some(nth) = self.pick(&commands) {
            let Some(process) = &mut self.process else { return };
            process.step_command(nth, &self.database);
        }
    }

    pub(super) fn deliver_effect(&mut self) {
        let senders = self.life().senders();
        if let Some(sender) = self.pick(&senders) {
            self.life().deliver_effect(sender);
        }
    }

    pub(super) fn send_again(&mut self) {
        let resendable = self.life().resendable();
        if let Some(place) = self.pick(&resendable) {
            self.life().send(place);
        }
        let resendable = self.life().resendable_to_carts();
        if let Some(place) = self.pick(&resendable) {
            self.life().send_to_cart(place);
        }
    }

    /// An actor panics, or gives up waiting for the database.
    pub(super) fn upset_actor(&mut self) {
        if self.chance(300) {
            let shards: Vec<usize> = (0..self.rules.cart_shards).collect();
            if let Some(place) = self.pick(&shards)
                && self.life().kill_shard(place)
            {
                self.summary.killed += 1;
            }
            return;
        }
        let resident = self.life().resident();
        let Some(sku) = self.pick(&resident) else { return };
        if self.chance(300) {
            return self.life().give_up_loading(sku);
        }
        match self.life().kill_actor(sku) {
            Death::Nobody => {}
            Death::OfTheActor => self.summary.killed += 1,
            Death::OfTheProcess => self.die(false),
        }
    }

    pub(super) fn step_coordinator(&mut self) {
        let runnable = self.life().runnable_coordinators();
        if let Some(owner) = self.pick(&runnable) {
            self.life().step_coordinator(owner);
        }
    }

    pub(super) fn interrupt(&mut self) {
        let owners = self.life().coordinators();
        let input = if self.chance(500) { Input::TimedOut } else { Input::Abandoned };
        if let Some(owner) = self.pick(&owners) {
            self.life().drive(owner, input);
        }
    }
}
