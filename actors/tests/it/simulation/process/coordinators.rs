//! Coordinators: their inputs, and their actions carried out.

use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::kernel::Committed;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::Lane;
use mallcore_actors::stock::{HoldPieces, SkuEffect};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;

/// A coordinator and whoever drives it.
pub struct Running {
    pub coordinator: Coordinator,
    pub request: RequestId,
    pub user: UserId,
    pub lines: Lines,
    inputs: UnboundedSender<Input>,
    inbox: UnboundedReceiver<Input>,
    placed: Option<Arc<Committed>>,
}

impl Process {
    pub fn buy_basket(&mut self, request: RequestId, user: UserId, basket: &[(SkuId, Quantity)]) {
        let wants = basket.iter().map(|(sku, quantity)| (Participant::Stock(*sku), *quantity));
        let (coordinator, first) = Coordinator::start(wants).expect("shoppers fill sensible baskets");
        let unit_price = Money::from_fen(100).expect("a small price");
        let lines = basket.iter().map(|&(sku, quantity)| Line { sku, flash: None, quantity, unit_price }).collect();
        self.owners += 1;
        let owner = Owner(self.owners);
        let (inputs, inbox) = unbounded_channel();
        self.engine.register(owner, inputs.clone());
        self.coordinators.insert(owner, Running { coordinator, request, user, lines, inputs, inbox, placed: None });
        self.act(owner, first);
    }

    pub(super) fn tell(&mut self, owner: Owner, input: Input) {
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
            // Before anything is released: a hold that is asked for later than that is refused.
            self.engine.unregister(owner);
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
            Action::Release(Participant::Stock(sku)) => self.effects.send(sku, SkuEffect::Released(owner)),
            Action::Commit => {
                let input = self.place_basket(owner);
                self.drive(owner, input);
            }
            Action::Confirm(Participant::Stock(sku), sequence) => {
                // The change has handed it to the lane under the shard's lock.
                let Some(Running { placed: Some(placed), .. }) = self.coordinators.get(&owner) else {
                    panic!("confirmed before it was placed")
                };
                assert!(placed.sequence == sequence && stock::skus(&placed.record.fact).contains(&sku), "{sku} has no line in {placed:?}");
            }
            Action::Answer(outcome) => {
                let Some(Running { request, placed, .. }) = self.coordinators.get(&owner) else { return };
                let request = *request;
                match (outcome, placed) {
                    (Outcome::Placed(_), Some(placed)) => {
                        let Fact::Orders(OrderFact::Placed(fact)) = &placed.record.fact else {
                            unreachable!("a coordinator places orders")
                        };
                        let (answer, sequence) = (Answer::BasketPlaced(fact.order), placed.sequence);
                        self.answer_when_durable(request, answer, sequence);
                    }
                    (Outcome::Placed(_), None) => unreachable!("placed without a record"),
                    (Outcome::Refused(refusal), _) => self.answer(request, Answer::Refused(refusal)),
                    (Outcome::Unavailable(weather), _) => self.answer(request, Answer::Unavailable(weather)),
                }
            }
        }
    }

    fn place_basket(&mut self, owner: Owner) -> Input {
        let Some(Running { request, user, lines, .. }) = self.coordinators.get(&owner) else { return Input::Abandoned };
        let (user, lines) = (*user, lines.clone());
        // A cart has no key of its own here; what is remembered is the request.
        let mut key = [0xff; 16];
        key[..8].copy_from_slice(&(*request as u64).to_be_bytes());
        let engine = Arc::clone(&self.engine);
        let placed = self.change(user, Some(owner), move |shard, transaction| {
            if let Err(refusal) = shard.admit(user, engine.rules.unpaid_max_per_user) {
                return Ok(Err(refusal));
            }
            let now = transaction.now();
            let order = engine.ids.take(transaction.journal(), now)?;
            Ok(Ok(OrderFact::Placed(OrderPlaced {
                order,
                no: OrderNo::new(order, now, 0),
                user,
                lines,
                payable: Money::from_fen(100).expect("a small price"),
                expires_at: now.plus_millis(engine.rules.flash_pay_window_millis),
                key: KeyHash::from_bytes(key),
                body: BodyFingerprint::from_u64(0),
                address: None,
            })))
        });
        match placed {
            Ok(Ok(committed)) => {
                let sequence = committed.sequence;
                if let Some(running) = self.coordinators.get_mut(&owner) {
                    running.placed = Some(committed);
                }
                Input::Enqueued(sequence)
            }
            Ok(Err(refusal)) => Input::Refused(refusal),
            Err(weather) => Input::Unavailable(weather),
        }
    }
}
