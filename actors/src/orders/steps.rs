//! What is decided on a basket's way to an order, step by step and without waiting: the task that waits (`placing`) and the simulator drive
//! the same steps.

use super::basket::Basket;
use super::changes::{Lane, change};
use super::facts::OrderFact;
use super::shard::OrderShard;
use crate::coordinator::{Action, Coordinator, Input, Participant};
use crate::engine::Engine;
use crate::kernel::{Provenance, Transaction};
use crate::order_no::{OrderNo, Partition};
use crate::refusal::{Answer, Refusal, Unavailable};
use crate::stock::{Asked, Owner, Receipt, SkuEffect};

/// How a request for a basket begins.
#[derive(Debug)]
pub enum Begun {
    /// It was granted before: this is its answer, which relies on the order's last record.
    Repeat(Receipt),
    /// It has to be coordinated, beginning with this action. Its owner has to be registered before the action is carried out.
    Fresh(Coordinator, Action),
}

/// Repeats first, then the user's open orders, then whether anything fresh is let in.
///
/// # Errors
/// `Ok(Err(_))` when the rules refuse, `Err(_)` while too much waits to be stored.
pub fn begin(engine: &Engine, basket: &Basket) -> Answer<Begun> {
    let (user, (key, body)) = (basket.user(), basket.request());
    {
        let shard = engine.orders.shard(user);
        match shard.answered(user, key, body) {
            Some(Ok(receipt)) => return Ok(Ok(Begun::Repeat(receipt))),
            Some(Err(refusal)) => return Ok(Err(refusal)),
            None => {}
        }
        if let Err(refusal) = shard.admit(user, engine.rules.unpaid_max_per_user) {
            return Ok(Err(refusal));
        }
    }
    // Only here: a repeat has its answer already, whatever waits to be stored.
    if let Some(lagging) = engine.admission.refusal() {
        return Err(lagging);
    }
    // A basket has as many lines as a coordinator takes, each of another SKU.
    let Ok((coordinator, first)) = Coordinator::start(basket.wants()) else { return Ok(Err(Refusal::ExceedsOrder)) };
    Ok(Ok(Begun::Fresh(coordinator, first)))
}

/// What a SKU's answer to a hold tells the coordinator. None: the engine tells how the waiting ended.
pub fn heard(answer: Answer<Asked>) -> Option<Input> {
    match answer {
        Ok(Ok(Asked::Granted)) => Some(Input::Granted),
        Ok(Ok(Asked::Waiting)) => None,
        Ok(Ok(Asked::SoldOut)) => Some(Input::Refused(Refusal::SoldOut)),
        Ok(Ok(Asked::Busy)) => Some(Input::Unavailable(Unavailable::Busy)),
        Ok(Err(refusal)) => Some(Input::Refused(refusal)),
        Err(unavailable) => Some(Input::Unavailable(unavailable)),
    }
}

/// Everything is held: places the order, and hands its record to every SKU. The receipt is there if the record is queued.
pub fn commit(engine: &Engine, lane: &dyn Lane, by: Provenance, owner: Owner, basket: &Basket) -> (Input, Option<Receipt>) {
    let (user, (key, body)) = (basket.user(), basket.request());
    let mut scratch = Vec::new();
    let mut transaction = engine.recorder.begin(by, &mut scratch);
    let decide = |shard: &OrderShard, transaction: &mut Transaction<'_>| {
        assert!(shard.answered(user, key, body).is_none(), "K2: the key has placed an order");
        if let Err(refusal) = shard.admit(user, engine.rules.unpaid_max_per_user) {
            return Ok(Err(refusal));
        }
        let now = transaction.now();
        let order = engine.ids.take(transaction)?;
        let no = OrderNo::in_partition(Partition::ONLY, order, now, (engine.order_nonce)());
        Ok(Ok(OrderFact::BasketPlaced(basket.placed(order, no, now.plus_millis(engine.rules.pay_window_millis)))))
    };
    match change(engine, lane, user, Some(owner), &mut transaction, decide) {
        Ok(Ok(committed)) => {
            let receipt = engine.orders.shard(user).answered(user, key, body).and_then(Result::ok);
            debug_assert_eq!(receipt.map(|receipt| receipt.sequence), Some(committed.sequence), "K2: the answer is not the record's");
            (Input::Enqueued(committed.sequence), receipt)
        }
        Ok(Err(refusal)) => (Input::Refused(refusal), None),
        Err(unavailable) => (Input::Unavailable(unavailable), None),
    }
}

/// Carries out what remains of a coordinator that has come to its end. Confirming is done already: [`commit`] has handed the record to every
/// SKU. Releasing comes after the coordinator's end is known, so that a SKU which is asked later (its message waited for loading) does not
/// hold anything for nobody.
pub fn settle(engine: &Engine, lane: &dyn Lane, owner: Owner, action: Action) {
    engine.unregister(owner);
    if let Action::Release(Participant::Stock(sku)) = action {
        lane.send(sku, SkuEffect::Released(owner));
    }
}
