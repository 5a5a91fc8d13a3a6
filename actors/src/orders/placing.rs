//! A basket becomes an order: the shell around the coordinator, in a task of its own, because the request's future ends when its client hangs up.
//! - L1 However the task ends, nothing stays held: what was committed is confirmed with its record, everything else is released by a guard.
//! - L2 A request is carried out once at a time; its repeats are answered from the shard, or `busy` while it is on its way.
//!
//! Here is only the waiting. What is decided on the way is in `steps`, which the simulator drives too.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::{Instant, timeout_at};

use super::basket::Basket;
use super::changes::Lane;
use super::steps::{self, Begun};
use crate::coordinator::{Action, Coordinator, Input, Outcome, Participant};
use crate::engine::{Claim, Engine};
use crate::ids::SkuId;
use crate::kernel::{BoxFuture, Provenance};
use crate::quantity::Quantity;
use crate::refusal::{Answer, Refusal, Unavailable};
use crate::registry::Registry;
use crate::replies::when_durable;
use crate::stock::{Asked, CloseOrder, Closed, HoldPieces, Owner, Placed, Receipt, Sku};

/// What orders ask of SKUs, wherever those live.
pub trait Skus: Lane {
    /// Holds pieces for a coordinator. Dropping the future takes nothing back.
    fn hold(&self, sku: SkuId, hold: HoldPieces) -> BoxFuture<Answer<Asked>>;
    /// Closes a flash order.
    fn close(&self, sku: SkuId, by: Provenance, close: CloseOrder) -> BoxFuture<Answer<Closed>>;
}

impl Skus for Registry<Sku> {
    fn hold(&self, sku: SkuId, hold: HoldPieces) -> BoxFuture<Answer<Asked>> {
        let registry = self.clone();
        Box::pin(async move { registry.ask(sku, Provenance::SYSTEM, hold).await })
    }

    fn close(&self, sku: SkuId, by: Provenance, close: CloseOrder) -> BoxFuture<Answer<Closed>> {
        let registry = self.clone();
        Box::pin(async move { registry.ask(sku, by, close).await })
    }
}

/// Why the rules refuse a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// What they say.
    pub refusal: Refusal,
    /// The SKU whose pieces cannot be had; none where the basket is refused as a whole.
    pub sku: Option<SkuId>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, sku: None }
    }
}

/// Orders a basket: all of it or nothing. Dropping the future takes nothing back.
///
/// # Errors
/// `Ok(Err(_))` when the rules refuse, `Err(_)` when it cannot be ordered now; repeating with the same key tells what became of it.
pub async fn place(
    engine: &Arc<Engine>,
    skus: &Arc<dyn Skus>,
    by: Provenance,
    basket: Basket,
) -> Result<Result<Placed, Refused>, Unavailable> {
    place_in_turn(engine, skus, by, basket, None).await
}

/// The same for a basket whose lines were read under this claim ([`Engine::claim_cart`]). It is held until the order is placed or is not,
/// whether or not anybody waits for the answer.
///
/// # Errors
/// As [`place`].
pub async fn place_in_turn(
    engine: &Arc<Engine>,
    skus: &Arc<dyn Skus>,
    by: Provenance,
    basket: Basket,
    turn: Option<Claim>,
) -> Result<Result<Placed, Refused>, Unavailable> {
    let Some(claim) = engine.claim(basket.user(), basket.request().0) else { return Err(Unavailable::Busy) };
    let task = tokio::spawn(carry_out(Arc::clone(engine), Arc::clone(skus), by, basket, (claim, turn)));
    task.await.unwrap_or(Err(Unavailable::OutcomeUnknown))
}

/// The claims are dropped when the answer is safe to repeat, whatever it is.
async fn carry_out(
    engine: Arc<Engine>,
    skus: Arc<dyn Skus>,
    by: Provenance,
    basket: Basket,
    _claims: (Claim, Option<Claim>),
) -> Result<Result<Placed, Refused>, Unavailable> {
    let placed = match steps::begin(&engine, &basket)? {
        Ok(Begun::Repeat(receipt)) => Placed { receipt, repeat: true },
        Ok(Begun::Fresh(coordinator, first)) => match place_fresh(&engine, skus, by, basket, (coordinator, first)).await? {
            Ok(receipt) => Placed { receipt, repeat: false },
            Err(refused) => return Ok(Err(refused)),
        },
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let counter = if placed.repeat { &engine.meters.repeated } else { &engine.meters.placed };
    counter.increment(1);
    when_durable(&**engine.journal(), placed.receipt.sequence).await?;
    Ok(Ok(placed))
}

async fn place_fresh(
    engine: &Arc<Engine>,
    skus: Arc<dyn Skus>,
    by: Provenance,
    basket: Basket,
    (coordinator, first): (Coordinator, Action),
) -> Result<Result<Receipt, Refused>, Unavailable> {
    let (owner, (sender, inputs)) = (engine.new_owner(), mpsc::unbounded_channel());
    engine.register(owner, sender);
    let mut placing = Placing { engine: Arc::clone(engine), skus, by, basket, owner, coordinator, inputs, receipt: None, short: None };
    placing.run(first).await
}

/// A basket on its way, and the guard of its holds.
struct Placing {
    engine: Arc<Engine>,
    skus: Arc<dyn Skus>,
    by: Provenance,
    basket: Basket,
    owner: Owner,
    coordinator: Coordinator,
    inputs: UnboundedReceiver<Input>,
    receipt: Option<Receipt>,
    /// The SKU that has refused to hold its pieces.
    short: Option<SkuId>,
}

impl Placing {
    async fn run(&mut self, first: Action) -> Result<Result<Receipt, Refused>, Unavailable> {
        let deadline = Instant::now() + Duration::from_millis(self.engine.rules.holding_max_millis);
        let mut actions = VecDeque::from([first]);
        while let Some(action) = actions.pop_front() {
            let input = match action {
                Action::Hold(Participant::Stock(sku), quantity) => {
                    let heard = timeout_at(deadline, self.hold(sku, quantity)).await.unwrap_or(Input::TimedOut);
                    self.short = matches!(heard, Input::Refused(_)).then_some(sku);
                    heard
                }
                Action::Commit => self.commit(),
                Action::Answer(Outcome::Refused(refusal)) => return Ok(Err(Refused { refusal, sku: self.short })),
                Action::Answer(Outcome::Unavailable(unavailable)) => return Err(unavailable),
                Action::Answer(Outcome::Placed(sequence)) => {
                    debug_assert_eq!(self.receipt.map(|receipt| receipt.sequence), Some(sequence), "C3: the answer is another record's");
                    break;
                }
                action => {
                    steps::settle(&self.engine, &*self.skus, self.owner, action);
                    continue;
                }
            };
            actions.extend(self.coordinator.step(input));
        }
        self.receipt.map(Ok).ok_or(Unavailable::OutcomeUnknown)
    }

    async fn hold(&mut self, sku: SkuId, quantity: Quantity) -> Input {
        match steps::heard(self.skus.hold(sku, HoldPieces { owner: self.owner, quantity }).await) {
            Some(input) => input,
            None => self.inputs.recv().await.unwrap_or(Input::Abandoned),
        }
    }

    fn commit(&mut self) -> Input {
        let (input, receipt) = steps::commit(&self.engine, &*self.skus, self.by, self.owner, &self.basket);
        self.receipt = receipt;
        input
    }
}

impl Drop for Placing {
    fn drop(&mut self) {
        self.engine.unregister(self.owner);
        let actions = self.coordinator.step(Input::Abandoned);
        actions.into_iter().for_each(|action| steps::settle(&self.engine, &*self.skus, self.owner, action));
        debug_assert!(self.coordinator.is_done(), "L1: {:?} is still held by nobody", self.owner);
    }
}
