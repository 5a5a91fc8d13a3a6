//! Start-up, in the order in which things depend on each other: journal, database, the fold of what the database does not have, actors,
//! projection, sales. Nobody is served before all of it is done.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::Actor;
use actix_rt::Arbiter;
use mallcore_actors::engine::Engine;
use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::Journal;
use mallcore_actors::journal::options::OpenError;
use mallcore_actors::journal::os_disk::OsDisk;
use mallcore_actors::journal::segment_log::SegmentLog;
use mallcore_actors::orders::Deadlines;
use mallcore_actors::registry::{BoxFuture, LoadFailed, Residence, StockLoader, StockRegistry};
use mallcore_actors::stock::Stock;
use mallcore_actors::time::Clock;
use parking_lot::Mutex;

use super::sales::Sales;
use super::{Inner, Plan, Running, Shop};
use crate::clock::SystemClock;
use crate::database::{Connections, Database, Error};
use crate::projection::{AttachError, Projector};
use crate::recovery::{RecoverError, recover};
use crate::{projection, stock};

/// How often memory lets go of what the database has, and the lag is told.
const EVICT: Duration = Duration::from_millis(200);
/// A stock actor that nobody asks for this long leaves memory.
const RESIDENCE: Residence = Residence { idle: Duration::from_secs(300), check: Duration::from_secs(15) };

/// Why the shop cannot open.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal's folder.
    #[error("failed to open the journal's folder {folder}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The journal.
    #[error("failed to open the journal")]
    Journal(#[from] OpenError),
    /// The database.
    #[error("failed to open the database")]
    Database(#[from] Error),
    /// Database and journal do not belong together.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// What survived cannot be folded.
    #[error("failed to recover")]
    Recover(#[from] RecoverError),
    /// The projection's thread.
    #[error("failed to start the projection")]
    Projection(#[source] io::Error),
}

struct Loader(Database);

impl StockLoader for Loader {
    fn load(&self, sku: SkuId) -> BoxFuture<Result<Option<Stock>, LoadFailed>> {
        let database = self.0.clone();
        Box::pin(async move {
            let loaded = stock::repository::load(&database, sku).await.map_err(|error| LoadFailed(error.to_string()))?;
            Ok(loaded.value)
        })
    }
}

impl Shop {
    /// Opens the shop. Has to be called on a thread of an actix system.
    pub async fn open(plan: Plan) -> Result<Self, StartError> {
        let folder = plan.journal_folder.clone();
        let disk = OsDisk::create_folder(&folder).map_err(|cause| StartError::Folder { folder, cause })?;
        let (journal, found) = SegmentLog::open(Arc::new(disk), plan.journal)?;
        if let Some(cut) = &found.cut {
            tracing::warn!(?cut, "the journal's tail was torn and is cut at its first bad record");
        }
        let journal = Arc::new(journal);
        let port: Arc<dyn Journal> = Arc::clone(&journal) as _;
        let database = plan.database.connect(Connections::default()).await?;
        let attached = projection::attach(&database, &*port).await?;
        let recovered = recover(&database, &*port).await?;
        tracing::info!(
            "recovered: database at record {}, {} records folded above it, {} orders in memory",
            recovered.checkpoint,
            recovered.folded,
            recovered.orders.resident()
        );
        let clock = Arc::new(SystemClock::starting_after(recovered.last_at));
        let engine =
            Engine::new(Arc::clone(&port), Arc::clone(&clock) as Arc<dyn Clock>, recovered.orders, recovered.next_order_id, plan.rules);
        let engine = Arc::new(engine);
        let projector =
            Projector::spawn(plan.projector, plan.database, Arc::clone(&port), Some(attached)).map_err(StartError::Projection)?;
        let registry = Arc::new(StockRegistry::new(
            Arc::clone(&engine),
            Arc::new(Loader(database.clone())),
            RESIDENCE,
            recovered.warm,
            projector.checkpoint.clone(),
        ));
        // Timers have a thread of their own: a tick with thousands of deadlines must not hold up a buyer.
        let timers = Arbiter::new();
        let timer = Deadlines::new(Arc::clone(&engine), Arc::clone(&registry));
        let deadlines = Deadlines::start_in_arbiter(&timers.handle(), |_| timer);
        let sales = Sales::default();
        let (projected, projection_state) = (projector.checkpoint.clone(), projector.state.clone());
        let shop =
            Self(Arc::new(Inner { engine, journal, registry, database, sales, projected, projection_state, running: Mutex::new(None) }));
        let tasks = vec![tokio::spawn(clock.keep_disciplined()), tokio::spawn(evict(Arc::downgrade(&shop.0)))];
        *shop.0.running.lock() = Some(Running { tasks, deadlines, timers, projector });
        Ok(shop)
    }
}

impl Shop {
    /// The thread that this is called on is one on which actors may live.
    pub fn adopt_this_thread(&self) {
        self.0.registry.live_on(Arbiter::current());
    }

    /// Begins to sell, once actors have a thread to live on: sets aside what the sales need, and watches them from then on.
    pub async fn begin(&self) -> Result<(), Error> {
        self.0.sales.look(&self.0.database, &self.0.engine, &self.0.registry).await?;
        if let Some(running) = self.0.running.lock().as_mut() {
            running.tasks.push(tokio::spawn(Sales::keep_looking(Arc::downgrade(&self.0))));
        }
        Ok(())
    }
}

async fn evict(shop: std::sync::Weak<Inner>) {
    let mut tick = tokio::time::interval(EVICT);
    let mut last = mallcore_actors::journal::Sequence::ZERO;
    loop {
        tick.tick().await;
        let Some(shop) = shop.upgrade() else { return };
        // Told here and not by the projection, which may be paused, halted, or waiting for its database.
        metrics::gauge!(projection::metrics::LAG_RECORDS, projection::metrics::PROJECTION => projection::NAME).set(shop.lag() as f64);
        let projected = *shop.projected.borrow();
        if projected > last {
            shop.engine.orders.evict(projected);
            last = projected;
        }
    }
}
