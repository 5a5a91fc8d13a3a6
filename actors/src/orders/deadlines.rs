//! The timer of unpaid orders: an actor that looks at each shard's next deadlines and asks the SKUs' actors to close what is due.
//! Late is safe, early is not: the order decides again, by its own time.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context};

use super::facts::CloseReason;
use super::shard::Deadline;
use crate::engine::Engine;
use crate::kernel::Provenance;
use crate::registry::Registry;
use crate::stock::{CloseOrder, Sku};

/// How often it looks.
const TICK: Duration = Duration::from_millis(100);
/// Closings asked for in one look at one shard: the rest of a burst waits for the next tick, so that buyers are not crowded out.
const DUE_PER_SHARD: usize = 64;

/// The timer.
pub struct Deadlines {
    engine: Arc<Engine>,
    registry: Arc<Registry<Sku>>,
}

impl Deadlines {
    /// A timer over the engine's orders.
    pub fn new(engine: Arc<Engine>, registry: Arc<Registry<Sku>>) -> Self {
        Self { engine, registry }
    }

    fn look(&mut self) {
        if self.engine.clock().frozen() {
            return;
        }
        let now = self.engine.clock().now();
        let due: Vec<Deadline> = self.engine.orders.shards().flat_map(|mut shard| shard.take_due(now, DUE_PER_SHARD)).collect();
        for deadline in due {
            actix_rt::spawn(close(Arc::clone(&self.engine), Arc::clone(&self.registry), deadline));
        }
    }
}

async fn close(engine: Arc<Engine>, registry: Arc<Registry<Sku>>, deadline: Deadline) {
    let Deadline { user, order, .. } = deadline;
    let sku = engine.orders.shard(user).order(user, order).and_then(|order| order.lines.first()).map(|line| line.sku);
    let Some(sku) = sku else { return };
    let answer = registry.ask(sku, Provenance::SYSTEM, CloseOrder { user, order, reason: CloseReason::TimedOut }).await;
    if answer.is_err() {
        // A full mailbox or journal, or a database that is away: the next tick tries again.
        engine.orders.shard(user).postpone(deadline);
    }
}

impl Actor for Deadlines {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK, |actor, _| actor.look());
    }
}
