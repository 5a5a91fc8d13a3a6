//! The timer of unpaid orders: an actor that looks at each shard's next deadlines and closes what is due.
//! Late is safe, early is not: the order decides again, by its own time.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext, Context};

use super::facts::CloseReason;
use super::handle::OrdersHandle;
use super::shard::Deadline;
use crate::engine::Engine;
use crate::kernel::Provenance;

/// How often it looks.
const TICK: Duration = Duration::from_millis(100);
/// Closings asked for in one look at one shard: the rest of a burst waits for the next tick, so that buyers are not crowded out.
const DUE_PER_SHARD: usize = 64;

/// The timer that closes unpaid orders.
pub struct Deadlines {
    engine: Arc<Engine>,
    orders: OrdersHandle,
}

impl Deadlines {
    /// A timer over the engine's orders.
    pub const fn new(engine: Arc<Engine>, orders: OrdersHandle) -> Self {
        Self { engine, orders }
    }

    fn refresh(&mut self) {
        if self.engine.clock().frozen() {
            return;
        }
        let now = self.engine.clock().now();
        let due: Vec<Deadline> = self.engine.orders.shards().flat_map(|mut shard| shard.take_due(now, DUE_PER_SHARD)).collect();
        for deadline in due {
            actix_rt::spawn(close(Arc::clone(&self.engine), self.orders.clone(), deadline));
        }
        self.engine.orders.forget_keys(now);
    }
}

async fn close(engine: Arc<Engine>, orders: OrdersHandle, deadline: Deadline) {
    let Deadline { user, order, .. } = deadline;
    // Only an open order has a deadline, and one that is not open any more must not be loaded to be told so.
    if engine.orders.shard(user).order(user, order).is_some()
        && orders.close(Provenance::SYSTEM, user, order, CloseReason::TimedOut).await.is_err()
    {
        // A full mailbox or journal, or a database that is away: the next tick tries again.
        engine.orders.shard(user).postpone(deadline);
    }
}

impl Actor for Deadlines {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK, |actor, _| actor.refresh());
    }
}
