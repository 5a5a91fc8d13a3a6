//! What a feature is given to start its aggregates, and what it leaves behind: projections with their own lag budgets, shards that live on
//! the serving threads, handles for its handlers.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actix_rt::ArbiterHandle;
use mallcore_actors::engine::Engine;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::{Aggregate, Committed, Fact, Tail};
use mallcore_actors::lag::{Admission, Budget, Meter};
use mallcore_actors::orders::{OrdersHandle, Skus};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Feature, Handles};
use crate::platform::database::Settings;
use crate::platform::journal_tail::{TailError, durable, fold};
use crate::platform::outbox::{Nudge, OnChanged, Subscriptions, Topic};
use crate::platform::policy::{self, Policy};
use crate::platform::projection::status::RunnerStatus;
use crate::platform::projection::{CheckpointHint, Projection, Projector, ProjectorHandle, ProjectorSettings, Registration, Store, Target};
use crate::platform::reads::Reads;
use crate::platform::redis::Link;
use crate::platform::vault::Vault;
use crate::platform::writes::Writes;

/// Records that a policy reads at a time, about.
const POLICY_BATCH: usize = 8_192;

/// Why a feature cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    /// More projections or policies are started than features name: a bug of ours.
    #[error("a feature starts a projection or a policy that it does not name")]
    Registrations,
    /// A feature needs the handle of another one, which is not opened before it.
    #[error("no feature provides the handle {0} that another one needs")]
    Handle(&'static str),
    /// There is no thread for a runner.
    #[error("failed to start a thread")]
    Thread(#[source] io::Error),
    /// A client of another service cannot be made.
    #[error("failed to make an HTTP client")]
    Outgoing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The journal's tail cannot be read.
    #[error("failed to recover")]
    Tail(#[from] TailError),
}

/// How runners of features are started.
#[derive(Debug, Clone)]
pub struct RunnerSettings {
    /// The data folder, where policies keep their checkpoints.
    pub data_folder: PathBuf,
    /// The database that projections write.
    pub database: Settings,
    /// The file beside which projections note what the database has; none for a database that is never away alone.
    pub database_hint: Option<PathBuf>,
    /// How a runner works.
    pub projector: ProjectorSettings,
    /// How far a runner may be behind.
    pub lag: Budget,
}

/// What is done for each thread that begins to serve.
pub type OnThread = Box<dyn Fn(ArbiterHandle) + Send + Sync>;

/// A running projection, as the feature that started it sees it.
pub struct Projected {
    /// The last record that the database has of what this projection takes.
    pub checkpoint: watch::Receiver<Sequence>,
    /// The highest record that the database ever had: rows older than that must not be used.
    pub highest: Arc<AtomicU64>,
    /// Whether fresh commands are let in while this projection is behind; others' lag does not count.
    pub admission: Arc<Admission>,
    /// Where the database stood when the process started; none if it was away.
    pub attached: Option<Sequence>,
}

/// The shop while it is being opened.
pub struct Opening<'a> {
    /// Journal and clock, orders and stock.
    pub engine: &'a Arc<Engine>,
    /// How runners are started.
    pub runners: &'a RunnerSettings,
    /// The database, for loaders and handlers.
    pub reads: &'a Arc<Reads>,
    /// The database, for cold writes of handlers.
    pub writes: &'a Arc<Writes>,
    /// The keys that seal personal data.
    pub vault: &'a Vault,
    /// The SKUs, as orders ask them.
    pub skus: &'a Arc<dyn Skus>,
    /// The commands of orders.
    pub orders: &'a OrdersHandle,
    /// Checkpoints by projection; none if the database is away.
    pub attached: &'a HashMap<&'static str, Sequence>,
    /// Who reads changed rows anew.
    pub subscriptions: &'a Subscriptions,
    /// Wakes the outbox's relay.
    pub nudge: &'a Nudge,
    /// Redis, if there is one. Nothing on the way of a shopper's request may wait for it, but for logging in.
    pub redis: Option<&'a Link>,
    /// Places in the journal's retention, one for each runner that is started here.
    pub registrations: Vec<Registration>,
    /// All features of the shop.
    pub features: &'static [Feature],
    /// What the features have started.
    pub opened: Opened,
}

/// What features leave behind once they are opened.
#[derive(Default)]
pub struct Opened {
    /// The status of their runners.
    pub statuses: Vec<RunnerStatus>,
    /// Their runners, to be stopped.
    pub projectors: Vec<ProjectorHandle>,
    /// Handles for handlers.
    pub handles: Handles,
    /// What is done for each thread that begins to serve.
    pub on_thread: Vec<OnThread>,
    /// Tasks that run until the shop stops.
    pub tasks: Vec<JoinHandle<()>>,
}

impl Opening<'_> {
    /// Starts a projection of the feature's facts, with a checkpoint, connection, thread and lag budget of its own.
    ///
    /// # Errors
    /// [`FeatureError::Thread`] if there is no thread for it.
    pub fn project<P: Projection>(&mut self) -> Result<Projected, FeatureError> {
        let journal = self.journal();
        let attached = self.attached.get(P::NAME).copied();
        let registration = self.registrations.pop().ok_or(FeatureError::Registrations)?;
        let hint = self.runners.database_hint.as_ref().map(|file| {
            let file = file.with_file_name(format!("{}-checkpoint.json", P::NAME));
            CheckpointHint::open(&file, journal.identity(), durable(&*journal))
        });
        let target = Store::<P>::new(self.runners.database.clone(), Arc::clone(&journal), registration, attached).hinted_by(hint);
        let handle = Projector::follow(self.runners.projector.clone(), target, journal).map_err(FeatureError::Thread)?;
        let admission = Arc::new(Admission::default());
        let status = RunnerStatus::new(P::NAME, &handle, false, Meter::new(self.runners.lag)).shedding(Arc::clone(&admission));
        let projected = Projected { checkpoint: handle.checkpoint.clone(), highest: Arc::clone(&handle.highest), admission, attached };
        self.opened.statuses.push(status);
        self.opened.projectors.push(handle);
        Ok(projected)
    }

    /// Starts a policy, with a checkpoint and a thread of its own.
    ///
    /// # Errors
    /// [`FeatureError::Thread`] if there is no thread for it.
    pub fn follow<P: Policy>(&mut self, policy: P) -> Result<(), FeatureError> {
        let (journal, settings) = (self.journal(), self.runners);
        let registration = self.registrations.pop().ok_or(FeatureError::Registrations)?;
        let target = policy::Following::open(policy, &settings.data_folder, Arc::clone(&journal), registration);
        let projector = ProjectorSettings { batch_records_max: POLICY_BATCH, paused: false, ..settings.projector.clone() };
        let handle = Projector::follow(projector, target, journal).map_err(FeatureError::Thread)?;
        // Its lag is reported like any other; nobody is turned away for it.
        let unasked = Arc::new(Admission::default());
        self.opened.statuses.push(RunnerStatus::new(P::NAME, &handle, false, Meter::new(settings.lag)).shedding(unasked));
        self.opened.projectors.push(handle);
        Ok(())
    }

    /// Starts a follower of the journal that keeps nothing on record: it finds out itself where it begins, and holds no record back, so it
    /// has to begin again where it finds one gone. Its lag is told like any other; nobody is turned away for it.
    ///
    /// # Errors
    /// [`FeatureError::Thread`] if there is no thread for it.
    pub fn run_follower<T: Target>(&mut self, settings: ProjectorSettings, target: T) -> Result<(), FeatureError> {
        let handle = Projector::follow(settings, target, self.journal()).map_err(FeatureError::Thread)?;
        let unasked = Arc::new(Admission::default());
        self.opened.statuses.push(RunnerStatus::new(T::NAME, &handle, false, Meter::new(self.runners.lag)).shedding(unasked));
        self.opened.projectors.push(handle);
        Ok(())
    }

    /// From now on the handler is asked to read changed rows of the topic anew: those that cold writes of this and other processes name in
    /// the outbox. Handlers of one topic are asked in the order in which they were registered.
    pub fn on_changed(&mut self, topic: Topic, handler: impl OnChanged) {
        self.subscriptions.on_changed(topic, handler);
    }

    /// Wakes the outbox's relay, for those who commit by other means than [`Writes`].
    pub fn nudge(&self) -> Nudge {
        self.nudge.clone()
    }

    /// The records above the projection's checkpoint, by the keys of the aggregates that they are about; and the record that the database
    /// has to have before rows may be used: 0, or the journal's end if the database is away and nobody knows where the tail begins.
    ///
    /// # Errors
    /// [`FeatureError::Tail`] if the journal cannot be read.
    pub fn tail<A: Aggregate>(
        &self,
        projected: &Projected,
        key: impl Fn(&Fact) -> Option<A::Key>,
    ) -> Result<(Tail<A>, Sequence), FeatureError> {
        let journal = self.journal();
        let end = durable(&*journal);
        let tail = Tail::default();
        let Some(after) = projected.attached else { return Ok((tail, end)) };
        fold(&*journal, after, end, |sequence, record| {
            if let Some(key) = key(&record.fact) {
                tail.push(key, Committed { sequence, record: record.clone() });
            }
        })?;
        Ok((tail, Sequence::ZERO))
    }

    /// Runs a task until the shop stops.
    pub fn run(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.opened.tasks.push(tokio::spawn(task));
    }

    /// The journal of this process.
    pub fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(self.engine.journal())
    }

    /// Called with each thread that begins to serve: actors may live there.
    pub fn on_thread(&mut self, live_on: impl Fn(ArbiterHandle) + Send + Sync + 'static) {
        self.opened.on_thread.push(Box::new(live_on));
    }

    /// The handle that a feature that was opened before this one has provided; none if there is no such feature.
    pub fn provided<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.opened.handles.get()
    }

    /// A handle for the feature's handlers, found by its type.
    pub fn provide<T: Send + Sync + 'static>(&mut self, handle: T) {
        self.provide_shared(Arc::new(handle));
    }

    /// The same for a handle that others have, too.
    pub fn provide_shared<T: Send + Sync + 'static>(&mut self, handle: Arc<T>) {
        self.opened.handles.insert(handle);
    }
}

/// Stops all projections at once; each has this long to write what it has.
pub async fn stop_all(projectors: Vec<ProjectorHandle>, within: Duration) {
    futures_util::future::join_all(projectors.into_iter().map(|projector| projector.stop(within))).await;
}
