//! The running shop: it owns journal, actors and projections, and opens the features, whose handles are what handlers call.
//! Start-up is in `start`, the end in `stop`, the door to HTTP in `serving`.

mod cold_writes;
mod data_folder;
mod plan;
mod serving;
mod start;
mod start_error;
mod stop;

use std::sync::Arc;

use actix::Addr;
use actix_rt::Arbiter;
use mallcore_actors::engine::Engine;
use mallcore_actors::journal::segment_log::SegmentLog;
use mallcore_actors::journal::{Durable, Journal, Sequence};
use mallcore_actors::orders::Deadlines;
use mallcore_actors::registry::Registry;
use mallcore_actors::stock::Sku;
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::features::seckill::Seckill;
use crate::platform::broker;
use crate::platform::clock::SystemClock;
use crate::platform::database::Flusher;
use crate::platform::feature::Handles;
use crate::platform::feature::OnThread;
use crate::platform::outbox;
use crate::platform::projection::status::Runners;
use crate::platform::projection::{self, ProjectorHandle};
use crate::platform::readiness::{Check, Health, Readiness, Stopping};
use crate::sale_snapshot::{self, KeeperHandle};
use data_folder::DataFolder;
pub use data_folder::{last_record, refuse_without_database};
pub use plan::{BrokerPlan, Plan, database};
pub use serving::listen;
pub use start_error::StartError;

/// The running shop; cheap to clone.
#[derive(Clone)]
pub struct Shop(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    /// The engine's clock, for the readiness.
    clock: Arc<SystemClock>,
    journal: Arc<SegmentLog>,
    registry: Arc<Registry<Sku>>,
    seckill: Arc<Seckill>,
    /// The plan of the snapshot that the start found, for as long as the sales cannot be read; empty for none.
    snapshot_plan: Vec<u8>,
    relay: outbox::Relay,
    projected: watch::Receiver<Sequence>,
    runners: Runners,
    handles: Arc<Handles>,
    on_thread: Vec<OnThread>,
    broker_status: Option<broker::Status>,
    projection_state: watch::Receiver<projection::State>,
    snapshots: Option<watch::Receiver<sale_snapshot::Progress>>,
    /// It was started without the database; changes when that was reached.
    began_alone: Option<watch::Receiver<Sequence>>,
    /// What was deleted or replaced in the data folder under the running shop; the journal is abandoned then.
    displaced: watch::Sender<Option<String>>,
    /// Set when the process is told to stop: balancers go elsewhere.
    stopping: Stopping,
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
    /// The handle that a feature provides; none if no feature of this shop does.
    pub fn provided<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.handles.get()
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
        let sales = if self.0.seckill.are_known() {
            check("sales", Health::Pass, format!("{} actors in memory", self.0.registry.resident()))
        } else {
            check("sales", Health::Fail, "starting".to_owned())
        };
        let mut checks = vec![journal, sales, self.0.clock.check(), self.0.relay.status().check(self.now())];
        checks.extend(self.snapshot_check());
        // A first try that hangs has no state of its own yet.
        let is_reached = self.0.began_alone.as_ref().is_none_or(|said| said.has_changed().unwrap_or(true));
        checks.extend(self.0.runners.checks(&*self.0.journal, is_reached));
        checks.extend(self.0.broker_status.as_ref().map(broker::Status::check));
        if self.0.stopping.is_announced() {
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
        let sale_snapshot::Progress { through, is_failing } = *self.0.snapshots.as_ref()?.borrow();
        Some(check("snapshot", if is_failing { Health::Degraded } else { Health::Pass }, format!("record {through}")))
    }

    /// From now on readiness fails, so that balancers go elsewhere; whoever comes all the same is served.
    pub fn announce_stop(&self) {
        self.0.stopping.announce();
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
