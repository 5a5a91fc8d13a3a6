//! The running shop: what handlers call. It owns journal, actors, projection and the watch over flash sales, and knows no HTTP.
//! Start-up is in `start`, the sales on offer in `sales`, reading one's own writes in `own_orders`, the database behind them in `reads`,
//! the end in `stop`.

mod cold_writes;
mod data_folder;
pub mod feature;
mod following;
mod opening;
mod own_orders;
mod plan;
pub mod reads;
mod sales;
mod start;
mod stop;
pub mod writes;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix::Addr;
use actix_rt::Arbiter;
use mallcore_actors::engine::Engine;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AddressId, FlashItemId, OrderId, UserId};
use mallcore_actors::journal::segment_log::SegmentLog;
use mallcore_actors::journal::{Durable, Journal, Sequence};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::orders::{Deadlines, OrdersHandle, Status};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::refusal::{Answer, Refusal, Unavailable};
use mallcore_actors::registry::Registry;
use mallcore_actors::stock::{Buy, PlaceOrder, Placed, Sku};
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::features::catalog::{ProductQuery, ProductView};
use crate::features::orders::model::Counts;
use crate::features::orders::{OrderDetail, OrderRef, OrderView};
use crate::features::seckill::ActivityView;
use crate::platform::broker;
use crate::platform::clock::SystemClock;
use crate::platform::database::Flusher;
use crate::platform::outbox;
use crate::platform::page::Page;
use crate::platform::projection::{self, ProjectorHandle};
use crate::platform::readiness::{Check, Health, Readiness};
use crate::sale_snapshot::{self, KeeperHandle};
use data_folder::DataFolder;
pub use data_folder::{last_record, refuse_without_database};
use following::Following;
pub use following::ORDER_BYTES;
pub use opening::{Opening, Projected};
pub use plan::{BrokerPlan, Plan, database};
use reads::{ANSWER_WITHIN, Reads};
use sales::Sales;
pub use start::StartError;

/// The database did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the database did not answer")]
pub struct StoreError(#[from] crate::platform::database::Error);

/// The running shop; cheap to clone.
#[derive(Clone)]
pub struct Shop(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    /// The engine's clock, for the readiness.
    clock: Arc<SystemClock>,
    journal: Arc<SegmentLog>,
    registry: Arc<Registry<Sku>>,
    orders: OrdersHandle,
    reads: Arc<Reads>,
    sales: Arc<Sales>,
    /// The plan of the snapshot that the start found, for as long as the sales cannot be read; empty for none.
    snapshot_plan: Vec<u8>,
    relay: outbox::Relay,
    projected: watch::Receiver<Sequence>,
    following: Following,
    provided: opening::Provided,
    on_thread: Vec<opening::OnThread>,
    broker_status: Option<broker::Status>,
    projection_state: watch::Receiver<projection::State>,
    pinned: Option<watch::Receiver<sale_snapshot::Progress>>,
    /// It was started without the database; changes when that was reached.
    began_alone: Option<watch::Receiver<Sequence>>,
    /// What was deleted or replaced in the data folder under the running shop; the journal is abandoned then.
    displaced: watch::Sender<Option<String>>,
    /// Set when the process is told to stop: balancers go elsewhere.
    stopping: AtomicBool,
    /// Taken at the stop.
    running: Mutex<Option<Running>>,
}

/// What has to be stopped, in this order.
struct Running {
    tasks: Vec<JoinHandle<()>>,
    deadlines: Addr<Deadlines>,
    timers: Arbiter,
    keeper: KeeperHandle,
    projector: ProjectorHandle,
    broker: Option<ProjectorHandle>,
    /// The features' projections.
    projectors: Vec<ProjectorHandle>,
    /// Of a database that is a file.
    flusher: Option<Flusher>,
    data_folder: Arc<DataFolder>,
}

impl Inner {
    fn lag(&self) -> u64 {
        let (Durable::Through(through) | Durable::Failed(through)) = *Journal::durable(&*self.journal).borrow();
        through.0.saturating_sub(self.projected.borrow().0)
    }
}

impl Shop {
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
        let engine = &self.0.engine;
        let let_in = self.0.sales.at_gate(item, |gate| gate.refusal(user, engine.clock().now()).map_or(Ok(gate.sku()), Err));
        let answer = match let_in {
            None if !self.0.sales.are_known() => Err(Unavailable::Warming),
            None => Ok(Err(Refusal::UnknownItem)),
            Some(Err(refusal)) => Ok(Err(refusal)),
            Some(Ok(sku)) => {
                let (key, body) = request();
                let command = Buy { item, user, quantity, key, body, address };
                match self.0.registry.ask(sku, Provenance::SHOPPER, PlaceOrder(command)).await {
                    // The actor has let go of the quota, the list still shows the sale.
                    Ok(Err(Refusal::UnknownItem)) if self.0.sales.has_ended(item, engine.clock().now()) => Ok(Err(Refusal::Ended)),
                    answer => answer,
                }
            }
        };
        match &answer {
            Ok(Ok(_)) => {}
            Ok(Err(refusal)) => engine.meters.refused(*refusal),
            Err(cause) => engine.meters.unavailable(*cause),
        }
        answer
    }

    /// The handle that a feature provides for its handlers; none if no feature of this shop does.
    pub fn provided<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.provided.get()
    }

    /// Closes one's own unpaid order; closing it twice is closing it once.
    pub async fn cancel(&self, user: UserId, order: OrderRef) -> Result<Answer<OrderView>, StoreError> {
        own_orders::cancel(&self.0, user, order).await
    }

    /// Completes one's own order that was received.
    pub async fn confirm_receipt(&self, user: UserId, order: OrderRef) -> Result<Answer<OrderView>, StoreError> {
        own_orders::confirm_receipt(&self.0, user, order).await
    }

    /// Hides one's own order from one's list.
    pub async fn hide_order(&self, user: UserId, order: OrderRef) -> Result<Answer<()>, StoreError> {
        own_orders::hide(&self.0, user, order).await
    }

    /// One's own order.
    pub async fn order(&self, user: UserId, order: OrderRef) -> Result<Option<OrderDetail>, StoreError> {
        own_orders::detail(&self.0, user, order).await
    }

    /// One's own orders that are not hidden, of this status if one is named, with ids below `after`, newest first.
    pub async fn orders(
        &self,
        user: UserId,
        status: Option<Status>,
        after: Option<OrderId>,
        size: u32,
    ) -> Result<Page<OrderView>, StoreError> {
        own_orders::page(&self.0, user, status, after, size).await
    }

    /// How many orders one has that are not hidden, by status.
    pub async fn order_counts(&self, user: UserId) -> Result<Counts, StoreError> {
        own_orders::counts(&self.0, user).await
    }

    /// The sales that run or will.
    pub async fn activities(&self) -> Vec<ActivityView> {
        self.0.sales.activities(self.now())
    }

    /// One sale, with what remains of its items now.
    pub fn activity(&self, id: ActivityId) -> Option<ActivityView> {
        self.0.sales.activity(id, self.now())
    }

    /// A page of the catalogue.
    pub async fn products(&self, query: ProductQuery) -> Result<Page<ProductView>, StoreError> {
        Ok(self.0.reads.ask(ANSWER_WITHIN, async |database| crate::features::catalog::products(database, query).await).await?)
    }

    /// One product.
    pub async fn product(&self, id: u64) -> Result<Option<ProductView>, StoreError> {
        Ok(self.0.reads.ask(ANSWER_WITHIN, async |database| crate::features::catalog::product(database, id).await).await?)
    }

    /// Whether this node can sell, and how its parts do.
    pub fn readiness(&self) -> Readiness {
        let usage = Journal::usage(&*self.0.journal);
        let journal = match *self.durable().borrow() {
            Durable::Failed(after) => check("journal", Health::Fail, format!("stopped after record {after}")),
            Durable::Through(_) if self.0.engine.recorder.is_journal_full() => {
                check("journal", Health::Fail, format!("full: {} of {} bytes", usage.used_bytes, usage.budget_bytes))
            }
            Durable::Through(through) => {
                check("journal", Health::Pass, format!("record {through}, {} of {} bytes", usage.used_bytes, usage.budget_bytes))
            }
        };
        let sales = if self.0.sales.are_known() {
            check("sales", Health::Pass, format!("{} actors in memory", self.0.registry.resident()))
        } else {
            check("sales", Health::Fail, "starting".to_owned())
        };
        let mut checks = vec![journal, sales, self.0.clock.check(), self.0.relay.status().check(self.now())];
        checks.extend(self.snapshot_check());
        // A first try that hangs has no state of its own yet.
        let is_reached = self.0.began_alone.as_ref().is_none_or(|said| said.has_changed().unwrap_or(true));
        checks.extend(self.0.following.checks(&*self.0.journal, is_reached));
        checks.extend(self.0.broker_status.as_ref().map(broker::Status::check));
        if self.0.stopping.load(Ordering::Acquire) {
            checks.push(check("process", Health::Fail, "stopping".to_owned()));
        }
        Readiness::new(checks)
    }

    /// Lets the database follow again, if it was told to wait at start.
    pub fn resume_projection(&self) {
        if let Some(running) = &*self.0.running.lock() {
            running.projector.resume();
        }
    }

    /// Without a snapshot one can sell; a start without the database is what would fail.
    fn snapshot_check(&self) -> Option<Check> {
        let sale_snapshot::Progress { through, is_failing } = *self.0.pinned.as_ref()?.borrow();
        Some(check("snapshot", if is_failing { Health::Degraded } else { Health::Pass }, format!("record {through}")))
    }

    /// From now on readiness fails, so that balancers go elsewhere; whoever comes all the same is served.
    pub fn announce_stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
    }

    /// Whether the process is about to stop: connections should not be kept.
    pub fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    /// Ends when the database turned out, after a start without it, not to belong to the journal; says why.
    pub async fn mismatch(&self) -> String {
        let mut state = self.0.projection_state.clone();
        loop {
            if let projection::State::Mismatched(reason) = &*state.borrow_and_update() {
                return reason.clone();
            }
            if state.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Ends when a file or folder of the data folder was deleted or replaced under the running shop; its path. Nothing is acknowledged then.
    pub async fn displaced(&self) -> String {
        let mut displaced = self.0.displaced.subscribe();
        // The sender lives as long as this shop.
        let path = displaced.wait_for(Option::is_some).await.ok().and_then(|path| path.clone());
        path.unwrap_or_default()
    }

    /// Whether the data folder is no longer the one that was opened.
    pub fn is_displaced(&self) -> bool {
        self.0.displaced.borrow().is_some()
    }

    /// Durable records that the database does not have.
    pub fn projection_lag(&self) -> u64 {
        self.0.lag()
    }

    /// How far the journal is safe.
    pub fn durable(&self) -> watch::Receiver<Durable> {
        Journal::durable(&*self.0.journal)
    }

    /// The shop's time.
    pub fn now(&self) -> Timestamp {
        self.0.engine.clock().now()
    }
}

fn check(part: &'static str, health: Health, detail: String) -> Check {
    Check { part, health, detail }
}
