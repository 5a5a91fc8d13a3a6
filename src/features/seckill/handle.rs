//! Flash sales as handlers ask for them: buying, and what is on offer.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::engine::Engine;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AddressId, FlashItemId, SkuId, UserId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::refusal::{Answer, Refusal, Unavailable};
use mallcore_actors::registry::Registry;
use mallcore_actors::stock::{Buy, PlaceOrder, Placed, Sku};

use super::model::ItemRow;
use super::sales::Sales;
use super::{ActivityView, repository};
use crate::platform::database::Error;
use crate::platform::error_chain;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// How soon a sale that was created elsewhere is seen.
const REFRESH_EVERY: Duration = Duration::from_secs(1);

/// The flash sales of the shop.
pub struct Seckill {
    engine: Arc<Engine>,
    registry: Arc<Registry<Sku>>,
    reads: Arc<Reads>,
    sales: Sales,
}

impl Seckill {
    /// Over the SKUs of this registry; `sales` may know the sales of a snapshot already.
    pub fn new(engine: Arc<Engine>, registry: Arc<Registry<Sku>>, reads: Arc<Reads>, sales: Sales) -> Self {
        Self { engine, registry, reads, sales }
    }

    /// Buys pieces of a flash item: one message to its SKU's actor, answered once the order is durable. `request` hashes key and body, and
    /// is only asked where the answer depends on them.
    pub async fn buy(
        &self,
        user: UserId,
        item: FlashItemId,
        quantity: Quantity,
        address: Option<AddressId>,
        request: impl FnOnce() -> (KeyHash, BodyFingerprint),
    ) -> Answer<Placed> {
        let engine = &self.engine;
        let answer = match self.at_gate(user, item) {
            Err(turned_away) => turned_away,
            Ok(sku) => {
                let (key, body) = request();
                let command = Buy { item, user, quantity, key, body, address };
                match self.registry.ask(sku, Provenance::SHOPPER, PlaceOrder(command)).await {
                    // The actor has let go of the quota, the list still shows the sale.
                    Ok(Err(Refusal::UnknownItem)) if self.sales.has_ended(item, engine.clock().now()) => Ok(Err(Refusal::Ended)),
                    answer => answer,
                }
            }
        };
        self.count(&answer);
        answer
    }

    /// The answer to somebody who may not even ask the item's actor; none if they may.
    pub fn turned_away(&self, user: UserId, item: FlashItemId) -> Option<Answer<Placed>> {
        self.at_gate(user, item).err().inspect(|answer| self.count(answer))
    }

    /// Whether this request of the user has placed an order: memory knows what the database does not have yet.
    ///
    /// # Errors
    /// The database's, if it does not answer.
    pub async fn has_placed(&self, user: UserId, key: KeyHash) -> Result<bool, Error> {
        if self.engine.orders.shard(user).placed_by(user, key).is_some() {
            return Ok(true);
        }
        self.reads.ask(ANSWER_WITHIN, async |database| repository::has_placed(database, user, key).await).await
    }

    fn at_gate(&self, user: UserId, item: FlashItemId) -> Result<SkuId, Answer<Placed>> {
        let now = || self.engine.clock().now();
        match self.sales.at_gate(item, |gate| gate.refusal(user, now()).map_or(Ok(gate.sku()), Err)) {
            None if !self.sales.are_known() => Err(Err(Unavailable::Warming)),
            None => Err(Ok(Err(Refusal::UnknownItem))),
            Some(let_in) => let_in.map_err(|refusal| Ok(Err(refusal))),
        }
    }

    fn count(&self, answer: &Answer<Placed>) {
        match answer {
            Ok(Ok(_)) => {}
            Ok(Err(refusal)) => self.engine.meters.refused(*refusal),
            Err(cause) => self.engine.meters.unavailable(*cause),
        }
    }

    /// The sales that run or will.
    pub fn activities(&self) -> Vec<ActivityView> {
        self.sales.activities(self.engine.clock().now())
    }

    /// One sale, with what remains of its items now.
    pub fn activity(&self, id: ActivityId) -> Option<ActivityView> {
        self.sales.activity(id, self.engine.clock().now())
    }

    /// A flash item on offer, with what its sale keeps of the product.
    pub fn item(&self, item: u64) -> Option<ItemRow> {
        self.sales.item(item)
    }

    /// Whether the sales on offer were read since the start.
    pub fn are_known(&self) -> bool {
        self.sales.are_known()
    }

    /// Takes the sales of a snapshot's plan, for as long as the database does not say otherwise. False if there is none.
    pub fn take_from(&self, plan: &[u8]) -> bool {
        self.sales.take_from(plan, &self.engine)
    }

    /// Reads what is on offer, and asks the SKUs for what it calls for.
    ///
    /// # Errors
    /// The database's, if it does not answer; the sales stay as they were then.
    pub async fn refresh(&self) -> Result<(), Error> {
        self.sales.refresh(&self.reads, &self.engine, &self.registry).await
    }

    /// Refreshes each second, for as long as `seckill` finds one.
    pub async fn keep_refreshing(seckill: impl Fn() -> Option<Arc<Self>>) {
        let mut tick = tokio::time::interval(REFRESH_EVERY);
        let mut failing = false;
        loop {
            tick.tick().await;
            let Some(seckill) = seckill() else { return };
            let refreshed = seckill.refresh().await;
            if let Err(error) = &refreshed
                && !failing
            {
                tracing::warn!("cannot read the flash sales, those known go on: {}", error_chain::of(error));
            }
            failing = refreshed.is_err();
        }
    }
}
