//! Changes of orders that are decided at the order and not in a SKU's turn: placing over several SKUs, paying, shipping, closing what came
//! from no flash sale. Decided, committed and applied under the lock of the user's shard; what moves pieces goes to the SKUs as effects.
//! - V1 Effects are handed to the lane while the shard is locked: two changes of one order reach each SKU in the journal's order.

use std::sync::Arc;

use super::facts::OrderFact;
use super::shard::OrderShard;
use crate::engine::Engine;
use crate::ids::{SkuId, UserId};
use crate::kernel::{AbortOnUnwind, Committed, Transaction};
use crate::refusal::{Answer, Refusal};
use crate::stock::{Owner, SkuEffect};

/// The way of effects to the SKUs: never refuses, never waits, keeps the order of each SKU's effects.
pub trait Lane: Send + Sync {
    /// Hands an effect to a SKU.
    fn send(&self, sku: SkuId, effect: SkuEffect);
}

/// Decides under the shard's lock, commits, applies, and hands the effects on. `holder`: the coordinator whose holds the record settles.
///
/// # Errors
/// `Ok(Err(_))` when `decide` refuses, `Err(_)` when the journal does; nothing has changed then.
pub fn change(
    engine: &Engine,
    lane: &dyn Lane,
    user: UserId,
    holder: Option<Owner>,
    transaction: &mut Transaction<'_>,
    decide: impl FnOnce(&OrderShard, &mut Transaction<'_>) -> Answer<OrderFact>,
) -> Answer<Arc<Committed>> {
    change_in(&mut engine.orders.shard(user), lane, holder, transaction, decide)
}

/// As [`change`], in a shard that the caller has locked already.
pub(super) fn change_in(
    shard: &mut OrderShard,
    lane: &dyn Lane,
    holder: Option<Owner>,
    transaction: &mut Transaction<'_>,
    decide: impl FnOnce(&OrderShard, &mut Transaction<'_>) -> Answer<OrderFact>,
) -> Answer<Arc<Committed>> {
    let fact = match decide(shard, transaction)? {
        Ok(fact) => fact,
        Err(refusal) => return Ok(Err::<_, Refusal>(refusal)),
    };
    let (skus, user, (order, _)) = (fact.skus(), fact.user(), fact.version());
    let committed = transaction.commit(fact, |committed| {
        shard.apply(committed.sequence, committed.record.header.at, &committed.record.fact);
        let stands_at = shard.order(user, order).map(|order| order.sequence);
        assert_eq!(stands_at, Some(committed.sequence), "X1: {order:?} did not take its own record");
    })?;
    let committed = Arc::new(committed);
    // A record whose pieces move nowhere would be worse than a restart.
    let guard = AbortOnUnwind;
    for sku in skus {
        let committed = Arc::clone(&committed);
        lane.send(sku, holder.map_or(SkuEffect::Committed(Arc::clone(&committed)), |owner| SkuEffect::Confirmed(owner, committed)));
    }
    std::mem::forget(guard);
    Ok(Ok(committed))
}
