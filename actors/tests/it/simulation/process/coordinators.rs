//! Coordinators: their inputs, and their actions carried out.

use super::*;

impl Process {
    pub(super) fn tell(&mut self, owner: Owner, input: Input) {
        if let Some(running) = self.coordinators.get_mut(&owner) {
            running.inbox.push_back(input);
        }
    }

    pub(super) fn wake(&mut self, woken: Woken) {
        match woken {
            Woken::Granted(owner) => self.tell(owner, Input::Granted),
            Woken::SoldOut(owner) => self.tell(owner, Input::Refused(Refusal::SoldOut)),
        }
    }

    pub fn coordinators(&self) -> Vec<Owner> {
        self.coordinators.keys().copied().collect()
    }

    pub fn runnable_coordinators(&self) -> Vec<Owner> {
        self.coordinators.iter().filter(|running| !running.1.inbox.is_empty()).map(|running| *running.0).collect()
    }

    pub fn step_coordinator(&mut self, owner: Owner) {
        if let Some(input) = self.coordinators.get_mut(&owner).and_then(|running| running.inbox.pop_front()) {
            self.drive(owner, input);
        }
    }

    /// Gives a coordinator an input out of turn: a time-out, or the end of whoever drove it.
    pub fn drive(&mut self, owner: Owner, input: Input) {
        let Some(running) = self.coordinators.get_mut(&owner) else { return };
        let actions = running.coordinator.step(input);
        actions.into_iter().for_each(|action| self.act(owner, action));
        if self.coordinators.get(&owner).is_some_and(|running| running.coordinator.is_done()) {
            self.coordinators.remove(&owner);
        }
    }

    pub(super) fn act(&mut self, owner: Owner, action: Action) {
        match action {
            Action::Hold(Participant::Stock(sku), quantity) => self.send(sku, Mail::Hold(owner, quantity)),
            Action::Release(Participant::Stock(sku)) => self.send(sku, Mail::Settle(owner, None)),
            Action::Confirm(Participant::Stock(sku), sequence) => {
                let (_, record) = self.queued.iter().rfind(|queued| queued.0 == sequence).expect("just queued");
                let settled = (sequence, record.at, record.event.clone());
                self.send(sku, Mail::Settle(owner, Some(settled)));
            }
            Action::Commit => {
                let Some(running) = self.coordinators.get(&owner) else { return };
                let (user, lines) = (running.user, running.lines.clone());
                let payable = Money::from_fen(100).expect("a small price");
                // A cart has no key of its own here; what is remembered is the request.
                let mut key = [0xff; 16];
                key[..8].copy_from_slice(&(running.request as u64).to_be_bytes());
                let placed = self.enqueue_placed(user, lines, payable, KeyHash::from_bytes(key), BodyFingerprint::from_u64(0));
                let input = match placed {
                    Ok((sequence, ..)) => Input::Enqueued(sequence),
                    Err(Ok(refusal)) => Input::Refused(refusal),
                    Err(Err(weather)) => Input::Unavailable(weather),
                };
                self.drive(owner, input);
            }
            Action::Answer(outcome) => {
                let Some(request) = self.coordinators.get(&owner).map(|running| running.request) else { return };
                match outcome {
                    Outcome::Placed(sequence) => {
                        let (_, record) = self.queued.iter().rfind(|queued| queued.0 == sequence).expect("just queued");
                        let OrderFact::Placed(placed) = &record.event else { unreachable!("a coordinator places orders") };
                        let answer = Answer::BasketPlaced(placed.order);
                        self.waiting.push((sequence, request, answer));
                    }
                    Outcome::Refused(refusal) => self.answer(request, Answer::Refused(refusal)),
                    Outcome::Unavailable(weather) => self.answer(request, Answer::Unavailable(weather)),
                }
            }
        }
    }

    /// Takes back what coordinators that are no more left behind (their release overtook their request).
    pub fn sweep(&mut self) {
        let mut woken = Vec::new();
        for actor in self.actors.values_mut() {
            if let (State::Active, Some(stock)) = (actor.life.state(), &actor.stock) {
                // A confirmation still in the mailbox belongs to an owner that is done: it has to find its hold.
                let confirming = |owner: Owner| actor.mailbox.iter().any(|mail| matches!(mail, Mail::Settle(of, Some(_)) if *of == owner));
                woken.extend(actor.holds.sweep(stock, |owner| self.coordinators.contains_key(&owner) || confirming(owner)));
            }
        }
        woken.into_iter().for_each(|woken| self.wake(woken));
    }
}
