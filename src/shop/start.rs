//! Start-up, in the order in which things depend on each other: journal, snapshot, database, the fold of what they do not have, actors,
//! projection, sales. Nobody is served before all of it is done. The database may be away if there is a snapshot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix::Actor;
use actix_rt::Arbiter;
use mallcore_actors::engine::Engine;
use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::os_disk::OsDisk;
use mallcore_actors::journal::segment_log::SegmentLog;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::host::Keeping;
use mallcore_actors::kernel::{BoxFuture, Common, LoadFailed, Loader};
use mallcore_actors::lag::Meter;
use mallcore_actors::orders::{Deadlines, OrdersHandle, Skus};
use mallcore_actors::registry::Registry;
use mallcore_actors::sale_snapshot::SaleSnapshot;
use mallcore_actors::stock::Sku;
use mallcore_actors::time::Clock;
use parking_lot::Mutex;

use super::cold_writes::InThisShop;
use super::data_folder::{DataFolder, keep_watch, refuse_without_database};
use super::{Inner, Plan, Running, Shop, StartError};
use crate::demo::pictures;
use crate::features::after_sales::Refunder;
use crate::features::orders::loading::StoredOrders;
use crate::features::orders::projection::Trade;
use crate::features::seckill::{Sales, Seckill};
use crate::features::shipping::Shipper;
use crate::features::stock;
use crate::features::stock::effects::StockAdjuster;
use crate::features::{self, FEATURES};
use crate::platform::broker::Events;
use crate::platform::cache::{self, Products};
use crate::platform::clock::SystemClock;
use crate::platform::clock::rebase::Rebase;
use crate::platform::database::{Connections, Database, Error, Flusher, Reach, Settings};
use crate::platform::feature::{FeatureError, Opened, Opening, RunnerSettings};
use crate::platform::http::demo::Pictures;
use crate::platform::journal_tail::durable;
use crate::platform::outbox::ports::{EventsOut, Nobody, ProductCache};
use crate::platform::outbox::{Effects, Nudge, Relay, Subscriptions, ToBroker};
use crate::platform::projection::status::{RunnerStatus, Runners};
use crate::platform::projection::{AttachError, CheckpointHint, Projector, registrations_for};
use crate::platform::readiness::Stopping;
use crate::platform::reads::{LOAD_WITHIN, Reads};
use crate::platform::vault::Vault;
use crate::platform::writes::Writes;
use crate::platform::{broker, error_chain, projection};
use crate::recovery::{RecoverError, Recovered, recover, recover_alone};
use crate::sale_snapshot;
use crate::sale_snapshot::{Hold, Sources};

/// How often memory lets go of what the database has, and the lag is told.
const EVICT: Duration = Duration::from_millis(200);
/// A stock actor that nobody asks for five minutes leaves memory. Commands wait for the load of a SKU as they would in its mailbox.
const STOCK: Keeping = Keeping { waiting_max: 8_192, waiting_total_max: 8_192, idle_millis: 300_000, reload_millis: 500 };
/// How often a stock actor looks whether it may leave.
const IDLE_CHECK: Duration = Duration::from_secs(15);
/// How long a start that has a snapshot waits for the database.
const WITH_A_SNAPSHOT: Duration = Duration::from_secs(2);
/// How long a start that has a snapshot loads what the snapshot lacks from the database.
const LOAD_WITHIN_A_START: Duration = Duration::from_secs(60);
/// Afterwards its connection is let go of.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// One try to reach the database, at most.
const TRY_WITHIN: Duration = Duration::from_secs(5);
const TRY_PAUSE: Duration = Duration::from_millis(200);

/// Loads SKUs that are not in memory, from a database that is not older than what this process has let go of.
struct StockLoader {
    reads: Arc<Reads>,
    /// Rows of an earlier record may lack what memory no longer has: after a start without the database, or once the database was
    /// restored to an earlier moment. Whoever asks waits until the projection has caught up.
    at_least: Arc<AtomicU64>,
}

impl Loader<Sku> for StockLoader {
    fn load(&self, sku: SkuId) -> BoxFuture<Result<(Option<Sku>, Sequence), LoadFailed>> {
        let (reads, at_least) = (Arc::clone(&self.reads), Sequence(self.at_least.load(Ordering::Acquire)));
        Box::pin(async move {
            let loaded = reads.ask(LOAD_WITHIN, async |database| stock::repository::load(database, sku).await).await;
            let loaded = loaded.map_err(|error| LoadFailed(error_chain::of(&error)))?;
            if loaded.checkpoint < at_least {
                return Err(LoadFailed(format!("the database is at record {}, {at_least} is needed", loaded.checkpoint)));
            }
            Ok((loaded.value.map(Sku::new), loaded.checkpoint))
        })
    }
}

impl Shop {
    /// Opens the shop. Has to be called on a thread of an actix system.
    pub async fn open(plan: Plan) -> Result<Self, StartError> {
        refuse_without_database(&plan)?;
        let runner_settings = RunnerSettings {
            data_folder: plan.journal_folder.parent().unwrap_or(&plan.journal_folder).to_owned(),
            database: plan.database.clone(),
            database_hint: plan.database_hint.clone(),
            projector: plan.projector.clone(),
            lag: plan.database_lag,
        };
        let folder = plan.journal_folder.clone();
        let disk = OsDisk::create_folder(&folder).map_err(|cause| StartError::Folder { folder, cause })?;
        let (journal, found) = SegmentLog::open(Arc::new(disk), plan.journal.clone())?;
        if let Some(cut) = &found.cut {
            tracing::warn!(?cut, "the journal's tail was torn and is cut at its first bad record");
        }
        let journal = Arc::new(journal);
        let port: Arc<dyn Journal> = Arc::clone(&journal) as _;
        let vault = Vault::new(plan.keys.load_or_create()?);
        let (recovered, newest, attached) = survivors(&plan, &vault, &*port).await?;
        let Recovered { mut sale_snapshot, checkpoint, orders_through, .. } = recovered;
        let snapshot_plan = std::mem::take(&mut sale_snapshot.plan);
        let rebase = Rebase::load(&plan.clock_rebase, port.identity().uuid, durable(&*port));
        let clock = Arc::new(SystemClock::starting_after(Rebase::floor(rebase.as_ref(), sale_snapshot.through, sale_snapshot.last_at)));
        if let Some(Rebase { through, at, .. }) = rebase {
            let restarted = sale_snapshot.orders.restart_pay_windows(through, at);
            tracing::info!(
                "the clock was rebased above record {through}: {restarted} open orders have their whole time to pay from then on"
            );
        }
        let engine = Engine::new(
            Arc::clone(&port),
            Arc::clone(&clock) as Arc<dyn Clock>,
            sale_snapshot.orders,
            sale_snapshot.next_order_id,
            plan.rules,
        );
        let engine = Arc::new(engine);
        engine.orders.require(orders_through);
        let sales = Sales::default();
        if checkpoint.is_none() {
            sales.take_from(&snapshot_plan, &engine);
        }
        let data_folder = Arc::new(DataFolder::open(&plan).await?);
        let (seldom, cold) = (Connections { max: 1, ..Connections::READ }, Arc::new(Reach::new(plan.database.clone(), Connections::COLD)));
        let products = plan.redis.as_ref().map(|link| Products::new(link.clone(), plan.database.connect_lazily(seldom), cache::LIVES));
        // All registrations before anybody runs; without a broker its registration stands at the end and holds nothing back.
        let all = projections();
        let mut registrations = registrations_for(&port, all.len() + features::policies().len() + 2);
        let [Some(projected), Some(snapshots), Some(for_broker)] = [registrations.pop(), registrations.pop(), registrations.pop()] else {
            return Err(FeatureError::Registrations.into());
        };
        let flusher = match &plan.database {
            Settings::Sqlite(file) => Some(Flusher::start(file).map_err(StartError::Thread)?),
            Settings::MySql(_) => None,
        };
        let hint = plan.database_hint.map(|file| CheckpointHint::open(&file, port.identity(), durable(&*port)));
        let target =
            projection::Store::<Trade>::new(plan.database.clone(), Arc::clone(&port), projected, checkpoint).hinted_by(hint).among(all);
        let projector = Projector::follow(plan.projector, target, Arc::clone(&port)).map_err(StartError::Thread)?;
        projector.highest.fetch_max(recovered.cold_until.0, Ordering::AcqRel);
        let mut statuses = vec![RunnerStatus::new(projection::NAME, &projector, true, Meter::new(plan.database_lag))];
        let broker = match plan.broker {
            None => {
                for_broker.reached(Sequence(u64::MAX));
                None
            }
            Some(plan) => {
                let events = Events::open(plan.target, &plan.folder, Arc::clone(&port), for_broker, features::document)?;
                let handle = Projector::follow(plan.projector, events, Arc::clone(&port)).map_err(StartError::Thread)?;
                statuses.push(RunnerStatus::new(broker::NAME, &handle, false, Meter::new(plan.lag)));
                Some(handle)
            }
        };
        let reads = Arc::new(Reads::new(plan.database.clone()));
        let loader = StockLoader { reads: Arc::clone(&reads), at_least: Arc::clone(&projector.highest) };
        let warm = sale_snapshot.stocks.into_iter().map(|(sku, stock)| (sku, Sku::new(stock)));
        let common = Common::new(Arc::clone(&engine), Arc::clone(&engine.recorder), STOCK);
        let registry = Registry::<Sku>::new(common, Arc::new(loader), IDLE_CHECK, warm, projector.checkpoint.clone());
        let registry = Arc::new(registry);
        let sources =
            Sources { journal: Arc::clone(&port), database: plan.database, plan: sales.plan(), projected: projector.checkpoint.clone() };
        let keeper = sale_snapshot::spawn(plan.keeper, sources, newest).map_err(StartError::Thread)?;
        let hold = Hold::new(snapshots, Arc::clone(&port), &keeper);
        // Timers have a thread of their own: a tick with thousands of deadlines must not hold up a buyer.
        let timers = Arbiter::new();
        let skus: Arc<dyn Skus> = Arc::clone(&registry) as _;
        let orders = OrdersHandle::new(Arc::clone(&engine), Arc::clone(&skus), Arc::new(StoredOrders(Arc::clone(&reads))));
        let timer = Deadlines::new(Arc::clone(&engine), orders.clone());
        let deadlines = Deadlines::start_in_arbiter(&timers.handle(), |_| timer);
        let seckill = Arc::new(Seckill::new(Arc::clone(&engine), Arc::clone(&registry), Arc::clone(&reads), sales));
        let stock = StockAdjuster { registry: Arc::clone(&registry), database: Database::clone(&cold.current()) };
        let refunds = Refunder::new(Arc::clone(&engine), orders.clone(), Arc::clone(&reads), Database::clone(&cold.current()));
        let in_shop = InThisShop::new(Arc::clone(&seckill), stock, refunds, Shipper::new(orders.clone()));
        let broker_status = plan.events.as_ref().map(|target| target.status.clone());
        let events: Arc<dyn EventsOut> = match plan.events {
            Some(target) => Arc::new(ToBroker::spawn(target).map_err(StartError::Thread)?),
            None => Arc::new(Nobody),
        };
        let cache: Arc<dyn ProductCache> = match &products {
            Some(products) => Arc::new(products.clone()),
            None => Arc::new(Nobody),
        };
        let (subscriptions, nudge) = (Subscriptions::default(), Nudge::default());
        let database = Database::clone(&cold.current());
        let effects = Effects { shop: Arc::new(in_shop), events, cache, subscriptions: subscriptions.clone(), database };
        let relay = Relay::new(effects, Arc::clone(&clock) as Arc<dyn Clock>, plan.relay).reaching(cold).woken_by(nudge.clone());
        let writes = Arc::new(Writes::new(runner_settings.database.clone(), nudge.clone()));
        let attached = attached.into_iter().collect();
        let mut opened = Opened { statuses, tasks: vec![tokio::spawn(Arc::clone(&clock).keep_disciplined())], ..Opened::default() };
        opened.handles.insert(Arc::clone(&seckill));
        opened.handles.insert(Arc::new(plan.accounts));
        opened.handles.insert(Arc::new(plan.admins));
        opened.handles.insert(Arc::new(plan.payments));
        opened.handles.insert(Arc::new(plan.reconciliation));
        opened.handles.insert(Arc::new(plan.reviews));
        opened.handles.insert(Arc::new(Pictures(pictures::draw)));
        opened.handles.insert(Arc::new(plan.after_sales));
        opened.handles.insert(Arc::new(plan.shipping));
        let mut opening = Opening {
            engine: &engine,
            runners: &runner_settings,
            reads: &reads,
            writes: &writes,
            subscriptions: &subscriptions,
            nudge: &nudge,
            vault: &vault,
            redis: plan.redis.as_ref(),
            skus: &skus,
            orders: &orders,
            attached: &attached,
            registrations,
            features: FEATURES,
            opened,
        };
        for first in [true, false] {
            for feature in FEATURES.iter().filter(|feature| feature.is_opened_first == first) {
                (feature.open)(&mut opening)?;
            }
        }
        let Opened { statuses, projectors, handles, on_thread, mut tasks } = opening.opened;
        let runners = Runners(statuses);
        runners.refresh(&engine);
        let shop = Self(Arc::new(Inner {
            engine,
            clock: Arc::clone(&clock),
            journal,
            registry,
            seckill,
            snapshot_plan,
            relay,
            projected: projector.checkpoint.clone(),
            projection_state: projector.state.clone(),
            runners,
            handles: Arc::new(handles),
            on_thread,
            broker_status,
            snapshots: keeper.kept(),
            began_alone: checkpoint.is_none().then(|| projector.checkpoint.clone()),
            displaced: tokio::sync::watch::Sender::new(None),
            stopping: Stopping::default(),
            running: Mutex::new(None),
        }));
        tasks.push(tokio::spawn(evict(Arc::downgrade(&shop.0), hold)));
        tasks.push(tokio::spawn(keep_watch(Arc::downgrade(&shop.0), Arc::clone(&data_folder))));
        tasks.extend(products.iter().map(Products::start));
        *shop.0.running.lock() = Some(Running { tasks, deadlines, timers, keeper, projector, broker, projectors, flusher, data_folder });
        Ok(shop)
    }
}

/// Names of all projections to the database: the one of stock and orders, and the features'.
fn projections() -> Vec<&'static str> {
    [projection::NAME].into_iter().chain(features::projections()).collect()
}

/// Where each projection stands in the database.
type Attached = Vec<(&'static str, Sequence)>;

/// What journal, snapshot and database add up to, and how far the snapshot reached (0 for none).
async fn survivors(plan: &Plan, vault: &Vault, journal: &dyn Journal) -> Result<(Recovered, Sequence, Attached), StartError> {
    let folder = plan.keeper.folder.clone();
    let store = sale_snapshot::store(&folder).map_err(|cause| StartError::Folder { folder: folder.clone(), cause })?;
    let found = store.load(journal.identity(), journal.first_retained(), durable(journal))?;
    for (name, reason) in found.unusable {
        tracing::warn!("snapshot {name} in {} is of no use: {reason}", store.place());
    }
    let newest = found.sale_snapshot.as_ref().map_or(Sequence::ZERO, |sale_snapshot| sale_snapshot.through);
    // With a snapshot the sale stands still for nothing but a server that is starting too.
    let within = if found.sale_snapshot.is_some() { plan.database_within.min(WITH_A_SNAPSHOT) } else { plan.database_within };
    let has_snapshot = found.sale_snapshot.is_some();
    let mut attached = Attached::new();
    let reached = match reach(plan, within, journal).await? {
        Ok((database, found_at)) => {
            attached = found_at;
            match vault.check(&database).await {
                // What follows meets the same fault.
                Err(cause) if cause.is_transient() => tracing::warn!("the keys could not be checked: {}", error_chain::of(&cause)),
                checked => checked?,
            }
            loaded(&database, found.sale_snapshot, journal).await?
        }
        Err(cause) => Err(cause),
    };
    let recovered = match reached {
        Ok(recovered) => recovered,
        Err(cause) if has_snapshot => {
            tracing::warn!("starting without the database, from the snapshot of record {newest}: {}", error_chain::of(&cause));
            // Loading may have changed the one that was read before.
            let found = store.load(journal.identity(), journal.first_retained(), durable(journal))?;
            attached.clear();
            recover_alone(found.sale_snapshot.unwrap_or_default(), journal)?
        }
        Err(cause) => return Err(StartError::NothingToStartFrom { folder, cause }),
    };
    tracing::info!(
        "recovered: snapshot of record {newest}, database at {}, {} records folded above them, {} SKUs and {} orders in memory",
        recovered.checkpoint.map_or_else(|| "an unknown record".to_owned(), |at| format!("record {at}")),
        recovered.folded,
        recovered.sale_snapshot.stocks.len(),
        recovered.sale_snapshot.orders.resident()
    );
    Ok((recovered, newest, attached))
}

/// What snapshot and database add up to; the inner error if the database cannot be read now, as while its tables are locked. Without a snapshot
/// there is nothing else to start from, so it may take as long as it takes.
async fn loaded(
    database: &Database,
    snapshot: Option<SaleSnapshot>,
    journal: &dyn Journal,
) -> Result<Result<Recovered, Error>, StartError> {
    let within = if snapshot.is_some() { LOAD_WITHIN_A_START } else { Duration::MAX };
    let recovered = tokio::time::timeout(within, recover(database, snapshot, journal)).await;
    // A connection that does not end by itself ends with its socket.
    let _ = tokio::time::timeout(CLOSE_WITHIN, database.close()).await;
    match recovered {
        Ok(Err(RecoverError::Database(cause))) if cause.is_transient() => Ok(Err(cause)),
        Ok(recovered) => Ok(Ok(recovered?)),
        Err(_) => Ok(Err(Error::timed_out())),
    }
}

/// The database with its schema up to date and belonging to this journal; the inner error if it stays away for too long.
async fn reach(plan: &Plan, within: Duration, journal: &dyn Journal) -> Result<Result<(Database, Attached), Error>, StartError> {
    let until = Instant::now() + within;
    let try_within = TRY_WITHIN.min(within);
    loop {
        let attempt = tokio::time::timeout(try_within, open(&plan.database, try_within, journal)).await;
        let cause = match attempt.unwrap_or_else(|_| Err(AttachError::Database(Error::timed_out()))) {
            Ok(database) => return Ok(Ok(database)),
            Err(AttachError::Database(cause)) if cause.is_transient() => cause,
            // Waiting does not help; whoever has a snapshot sells until a person has changed the setting.
            Err(AttachError::Database(cause @ Error::Unfit { .. })) => {
                tracing::error!("{cause}");
                return Ok(Err(cause));
            }
            Err(AttachError::Database(cause)) => return Err(cause.into()),
            Err(refused) => return Err(refused.into()),
        };
        if Instant::now() + TRY_PAUSE >= until {
            return Ok(Err(cause));
        }
        tokio::time::sleep(TRY_PAUSE).await;
    }
}

async fn open(settings: &Settings, within: Duration, journal: &dyn Journal) -> Result<(Database, Attached), AttachError> {
    // The reason why there is no connection has to be told before the one who waits gives up.
    let database = settings.connect(Connections { wait_max: within * 3 / 4, ..Connections::LOAD }).await?;
    database.check_fitness().await?;
    database.migrate().await?;
    let all = projections();
    let mut attached = Vec::new();
    for name in &all {
        attached.push((*name, projection::attach(&database, journal, name, &all).await?));
    }
    Ok((database, attached))
}

impl Shop {
    /// The thread that this is called on is one on which actors may live.
    pub fn adopt_this_thread(&self) {
        self.0.registry.live_on(Arbiter::current());
        self.0.on_thread.iter().for_each(|live_on| live_on(Arbiter::current()));
    }

    /// Begins to sell, once actors have a thread to live on: sets aside what the sales need, and watches them from then on. What waits in
    /// the outbox is carried out from now on.
    pub async fn begin(&self) -> Result<(), Error> {
        let refreshed = self.0.seckill.refresh().await;
        // A snapshot says what is on offer while the database cannot; the watch goes on asking.
        if let Err(error) = refreshed {
            let known = || self.0.seckill.are_known() || self.0.seckill.take_from(&self.0.snapshot_plan);
            if !error.is_transient() || !known() {
                return Err(error);
            }
            tracing::warn!("the flash sales cannot be read, those of the snapshot go on: {}", error_chain::of(&error));
        }
        if let Some(running) = self.0.running.lock().as_mut() {
            let shop = Arc::downgrade(&self.0);
            let seckill = move || shop.upgrade().map(|shop| Arc::clone(&shop.seckill));
            running.tasks.push(tokio::spawn(Seckill::keep_refreshing(seckill)));
            // With the timers: it ends with their thread, and the threads that serve never wait for it.
            let relay = self.0.relay.clone();
            running.timers.spawn(async move { drop(relay.spawn()) });
        }
        Ok(())
    }
}

async fn evict(shop: std::sync::Weak<Inner>, hold: Hold) {
    let mut tick = tokio::time::interval(EVICT);
    let mut last = Sequence::ZERO;
    loop {
        tick.tick().await;
        let Some(shop) = shop.upgrade() else { return };
        // Reported here and not by the projections, which may be paused, halted, or waiting.
        shop.runners.refresh(&shop.engine);
        hold.report();
        let projected = *shop.projected.borrow();
        if projected > last {
            shop.engine.orders.evict(projected);
            last = projected;
        }
    }
}
