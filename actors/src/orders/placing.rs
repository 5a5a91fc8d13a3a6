//! A basket becomes an order: the shell around the coordinator, in a task of its own, because the request's future ends when its client hangs up.
//! - L1 However the task ends, nothing stays held: what was committed is confirmed with its record, everything else is released by a guard.
//! - L2 A request is carried out once at a time; its repeats are answered from the shard, or `busy` while it is on its way.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::{Instant, timeout_at};

use super::basket::Basket;
use super::changes::{Lane, change};
use super::facts::OrderFact;
use super::shard::OrderShard;
use crate::coordinator::{Action, Coordinator, Input, Outcome, Participant};
use crate::engine::{Claim, Engine};
use crate::ids::SkuId;
use crate::kernel::{BoxFuture, Provenance, Transaction};
use crate::order_no::{OrderNo, Partition};
use crate::quantity::Quantity;
use crate::refusal::{Answer, Refusal, Unavailable};
use crate::registry::Registry;
use crate::replies::when_durable;
use crate::stock::{Asked, CloseOrder, Closed, HoldPieces, Owner, Placed, Receipt, Sku, SkuEffect};

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

/// Orders a basket: all of it or nothing. Dropping the future takes nothing back.
///
/// # Errors
/// `Ok(Err(_))` when the rules refuse, `Err(_)` when it cannot be ordered now; repeating with the same key tells what became of it.
pub async fn place(engine: &Arc<Engine>, skus: &Arc<dyn Skus>, by: Provenance, basket: Basket) -> Answer<Placed> {
    let Some(claim) = engine.claim(basket.user(), basket.request().0) else { return Err(Unavailable::Busy) };
    let task = tokio::spawn(carry_out(Arc::clone(engine), Arc::clone(skus), by, basket, claim));
    task.await.unwrap_or(Err(Unavailable::OutcomeUnknown))
}

/// The claim is dropped when the answer is safe to repeat, whatever it is.
async fn carry_out(engine: Arc<Engine>, skus: Arc<dyn Skus>, by: Provenance, basket: Basket, _claim: Claim) -> Answer<Placed> {
    let (user, (key, body)) = (basket.user(), basket.request());
    let known = {
        let shard = engine.orders.shard(user);
        let fresh = || shard.admit(user, engine.rules.unpaid_max_per_user).map(|()| None);
        shard.answered(user, key, body).map_or_else(fresh, |answer| answer.map(Some))
    };
    let placed = match known {
        Err(refusal) => return Ok(Err(refusal)),
        Ok(Some(receipt)) => Placed { receipt, repeat: true },
        Ok(None) => match place_fresh(&engine, skus, by, basket).await? {
            Ok(receipt) => Placed { receipt, repeat: false },
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    let counter = if placed.repeat { &engine.meters.repeated } else { &engine.meters.placed };
    counter.increment(1);
    when_durable(&**engine.journal(), placed.receipt.sequence).await?;
    Ok(Ok(placed))
}

async fn place_fresh(engine: &Arc<Engine>, skus: Arc<dyn Skus>, by: Provenance, basket: Basket) -> Answer<Receipt> {
    // Only here: a repeat has its answer already, whatever waits to be stored.
    if let Some(lagging) = engine.admission.refusal() {
        return Err(lagging);
    }
    // A basket has as many lines as a coordinator takes, each of another SKU.
    let Ok((coordinator, first)) = Coordinator::start(basket.wants()) else { return Ok(Err(Refusal::ExceedsOrder)) };
    let (owner, (sender, inputs)) = (engine.new_owner(), mpsc::unbounded_channel());
    engine.register(owner, sender);
    let mut placing = Placing { engine: Arc::clone(engine), skus, by, basket, owner, coordinator, inputs, receipt: None };
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
}

impl Placing {
    async fn run(&mut self, first: Action) -> Answer<Receipt> {
        let deadline = Instant::now() + Duration::from_millis(self.engine.rules.holding_max_millis);
        let mut actions = VecDeque::from([first]);
        while let Some(action) = actions.pop_front() {
            let input = match action {
                Action::Hold(Participant::Stock(sku), quantity) => {
                    timeout_at(deadline, self.hold(sku, quantity)).await.unwrap_or(Input::TimedOut)
                }
                Action::Commit => self.commit(),
                Action::Answer(Outcome::Refused(refusal)) => return Ok(Err(refusal)),
                Action::Answer(Outcome::Unavailable(unavailable)) => return Err(unavailable),
                Action::Answer(Outcome::Placed(_)) => break,
                action => {
                    self.settle(action);
                    continue;
                }
            };
            actions.extend(self.coordinator.step(input));
        }
        self.receipt.map(Ok).ok_or(Unavailable::OutcomeUnknown)
    }

    async fn hold(&mut self, sku: SkuId, quantity: Quantity) -> Input {
        match self.skus.hold(sku, HoldPieces { owner: self.owner, quantity }).await {
            Ok(Ok(Asked::Granted)) => Input::Granted,
            Ok(Ok(Asked::Waiting)) => self.inputs.recv().await.unwrap_or(Input::Abandoned),
            Ok(Ok(Asked::SoldOut)) => Input::Refused(Refusal::SoldOut),
            Ok(Ok(Asked::Busy)) => Input::Unavailable(Unavailable::Busy),
            Ok(Err(refusal)) => Input::Refused(refusal),
            Err(unavailable) => Input::Unavailable(unavailable),
        }
    }

    fn commit(&mut self) -> Input {
        let (engine, basket) = (&*self.engine, &self.basket);
        let (user, (key, body)) = (basket.user(), basket.request());
        let mut scratch = Vec::new();
        let mut transaction = engine.recorder.begin(self.by, &mut scratch);
        let decide = |shard: &OrderShard, transaction: &mut Transaction<'_>| {
            assert!(shard.answered(user, key, body).is_none(), "K2: the key has placed an order");
            if let Err(refusal) = shard.admit(user, engine.rules.unpaid_max_per_user) {
                return Ok(Err(refusal));
            }
            let now = transaction.now();
            let order = engine.ids.take(transaction.journal(), now)?;
            let no = OrderNo::in_partition(Partition::ONLY, order, now, (engine.order_nonce)());
            Ok(Ok(OrderFact::BasketPlaced(basket.placed(order, no, now.plus_millis(engine.rules.pay_window_millis)))))
        };
        match change(engine, &*self.skus, user, Some(self.owner), &mut transaction, decide) {
            Ok(Ok(committed)) => {
                self.receipt = engine.orders.shard(user).answered(user, key, body).and_then(Result::ok);
                Input::Enqueued(committed.sequence)
            }
            Ok(Err(refusal)) => Input::Refused(refusal),
            Err(unavailable) => Input::Unavailable(unavailable),
        }
    }

    /// Confirming is done already: `change` hands the record to every SKU. Releasing comes after the coordinator's end is known, so that a SKU
    /// which is asked later (its message waited for loading) does not hold anything for nobody.
    fn settle(&self, action: Action) {
        self.engine.unregister(self.owner);
        if let Action::Release(Participant::Stock(sku)) = action {
            self.skus.send(sku, SkuEffect::Released(self.owner));
        }
    }
}

impl Drop for Placing {
    fn drop(&mut self) {
        self.engine.unregister(self.owner);
        let actions = self.coordinator.step(Input::Abandoned);
        actions.into_iter().for_each(|action| self.settle(action));
    }
}
