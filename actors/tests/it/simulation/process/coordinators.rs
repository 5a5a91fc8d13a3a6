//! Coordinators: their inputs, and their actions carried out.

use mallcore_actors::engine::Claim;
use mallcore_actors::orders::Basket;
use mallcore_actors::orders::steps::{self, Begun};
use mallcore_actors::stock::HoldPieces;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;

/// A coordinator and whoever drives it.
pub struct Running {
    coordinator: Coordinator,
    request: RequestId,
    basket: Basket,
    inputs: UnboundedSender<Input>,
    inbox: UnboundedReceiver<Input>,
    receipt: Option<Receipt>,
    claim: Option<Claim>,
}

impl Process {
    pub fn buy_basket(&mut self, request: RequestId, basket: Basket) {
        let Some(claim) = self.engine.claim(basket.user(), basket.request().0) else {
            return self.answer(request, Answer::Unavailable(Unavailable::Busy));
        };
        let (coordinator, first) = match steps::begin(&self.engine, &basket) {
            Ok(Ok(Begun::Fresh(coordinator, first))) => (coordinator, first),
            Ok(Ok(Begun::Repeat(receipt))) => {
                return self.answer_when_durable(request, Answer::BasketPlaced(receipt), receipt.sequence, Some(claim));
            }
            Ok(Err(refusal)) => return self.answer(request, Answer::Refused(refusal)),
            Err(unavailable) => return self.answer(request, Answer::Unavailable(unavailable)),
        };
        let (owner, (inputs, inbox)) = (self.engine.new_owner(), unbounded_channel());
        self.engine.register(owner, inputs.clone());
        let running = Running { coordinator, request, basket, inputs, inbox, receipt: None, claim: Some(claim) };
        self.coordinators.insert(owner, running);
        self.act(owner, first);
    }

    pub(super) fn notify(&mut self, owner: Owner, input: Input) {
        if let Some(running) = self.coordinators.get(&owner) {
            running.inputs.send(input).expect("its inbox is there");
        }
    }

    pub fn coordinators(&self) -> Vec<Owner> {
        self.coordinators.keys().copied().collect()
    }

    pub fn runnable_coordinators(&self) -> Vec<Owner> {
        self.coordinators.iter().filter(|running| !running.1.inbox.is_empty()).map(|running| *running.0).collect()
    }

    pub fn step_coordinator(&mut self, owner: Owner) {
        if let Some(Ok(input)) = self.coordinators.get_mut(&owner).map(|running| running.inbox.try_recv()) {
            self.drive(owner, input);
        }
    }

    /// Gives a coordinator an input out of turn: a time-out, or the end of whoever drove it.
    pub fn drive(&mut self, owner: Owner, input: Input) {
        let Some(running) = self.coordinators.get_mut(&owner) else { return };
        let actions = running.coordinator.step(input);
        if running.coordinator.is_done() {
            self.forget_asks(owner);
        }
        actions.into_iter().for_each(|action| self.act(owner, action));
        if self.coordinators.get(&owner).is_some_and(|running| running.coordinator.is_done()) {
            self.coordinators.remove(&owner);
        }
    }

    fn act(&mut self, owner: Owner, action: Action) {
        match action {
            Action::Hold(Participant::Stock(sku), quantity) => {
                self.ask(Asker::Coordinator(owner), sku, Command::Hold(HoldPieces { owner, quantity }));
            }
            Action::Commit => {
                let Some(running) = self.coordinators.get_mut(&owner) else { return };
                let (input, receipt) = steps::commit(&self.engine, &*self.effects, Provenance::SHOPPER, owner, &running.basket);
                running.receipt = receipt;
                self.drive(owner, input);
            }
            action @ (Action::Release(_) | Action::Confirm(..)) => steps::settle(&self.engine, &*self.effects, owner, action),
            Action::Answer(outcome) => {
                let Some(Running { request, receipt, claim, .. }) = self.coordinators.get_mut(&owner) else { return };
                let (request, claim) = (*request, claim.take());
                match (outcome, *receipt) {
                    (Outcome::Placed(sequence), Some(receipt)) => {
                        assert_eq!(sequence, receipt.sequence);
                        self.answer_when_durable(request, Answer::BasketPlaced(receipt), sequence, claim);
                    }
                    (Outcome::Placed(_), None) => unreachable!("placed without a record"),
                    (Outcome::Refused(refusal), _) => self.answer(request, Answer::Refused(refusal)),
                    (Outcome::Unavailable(cause), _) => self.answer(request, Answer::Unavailable(cause)),
                }
            }
        }
    }
}
