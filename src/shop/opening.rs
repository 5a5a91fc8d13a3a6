//! What a feature is given to start its aggregates, and what it leaves behind: projections with their own lag budgets, shards that live on
//! the serving threads, handles for its handlers.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actix_rt::ArbiterHandle;
use mallcore_actors::engine::Engine;
use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::{Aggregate, Committed, Fact, Tail};
use mallcore_actors::lag::{Admission, Meter};
use mallcore_actors::orders::{OrdersHandle, Skus};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Plan;
use super::following::Follower;
use super::reads::Reads;
use super::start::StartError;
use super::writes::Writes;
use crate::platform::policy::{self, Policy};
use crate::platform::projection::{self, CheckpointHint, Projection, Projector, ProjectorHandle, ProjectorSettings, Registration, Store};
use crate::platform::vault::Vault;
use crate::recovery::{durable, fold};

/// Records that a policy reads at a time, about.
const POLICY_BATCH: usize = 8_192;

/// Handles that features provide for their handlers, by type.
#[derive(Default)]
pub(super) struct Provided(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Provided {
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.get(&TypeId::of::<T>()).cloned().and_then(|handle| handle.downcast().ok())
    }
}

/// What is done for each thread that begins to serve.
pub(super) type OnThread = Box<dyn Fn(ArbiterHandle) + Send + Sync>;

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
    /// The configuration.
    pub plan: &'a Plan,
    /// The database, for loaders and handlers.
    pub reads: &'a Arc<Reads>,
    /// The database, for what handlers write themselves.
    pub writes: &'a Arc<Writes>,
    /// The keys that seal personal data.
    pub vault: &'a Vault,
    /// The SKUs, as orders ask them.
    pub skus: &'a Arc<dyn Skus>,
    /// The commands of orders.
    pub orders: &'a OrdersHandle,
    /// Checkpoints by projection; none if the database is away.
    pub(super) attached: &'a HashMap<&'static str, Sequence>,
    pub(super) registrations: Vec<Registration>,
    pub(super) followers: Vec<Follower>,
    pub(super) projectors: Vec<ProjectorHandle>,
    pub(super) provided: Provided,
    pub(super) on_thread: Vec<OnThread>,
    pub(super) tasks: Vec<JoinHandle<()>>,
}

impl Opening<'_> {
    /// Starts a projection of the feature's facts, with a checkpoint, connection, thread and lag budget of its own.
    ///
    /// # Errors
    /// [`StartError::Thread`] if there is no thread for it.
    pub fn project<P: Projection>(&mut self) -> Result<Projected, StartError> {
        let journal = self.journal();
        let attached = self.attached.get(P::NAME).copied();
        let registration = self.registrations.pop().ok_or(StartError::Registrations)?;
        let hint = self.plan.database_hint.as_ref().map(|file| {
            let file = file.with_file_name(format!("{}-checkpoint.json", P::NAME));
            CheckpointHint::open(&file, journal.identity(), durable(&*journal))
        });
        let target = Store::<P>::new(self.plan.database.clone(), Arc::clone(&journal), registration, attached).hinted_by(hint);
        let handle = Projector::follow(self.plan.projector.clone(), target, journal).map_err(StartError::Thread)?;
        let admission = Arc::new(Admission::default());
        let follower = Follower::new(P::NAME, &handle, false, Meter::new(self.plan.database_lag)).shedding(Arc::clone(&admission));
        let projected = Projected { checkpoint: handle.checkpoint.clone(), highest: Arc::clone(&handle.highest), admission, attached };
        self.followers.push(follower);
        self.projectors.push(handle);
        Ok(projected)
    }

    /// Starts a policy, with a checkpoint and a thread of its own.
    ///
    /// # Errors
    /// [`StartError::Thread`] if there is no thread for it.
    pub fn follow<P: Policy>(&mut self, policy: P) -> Result<(), StartError> {
        let (journal, plan) = (self.journal(), self.plan);
        let registration = self.registrations.pop().ok_or(StartError::Registrations)?;
        let folder = plan.journal_folder.parent().unwrap_or(&plan.journal_folder);
        let target = policy::Following::open(policy, folder, Arc::clone(&journal), registration);
        let settings = ProjectorSettings { batch_records_max: POLICY_BATCH, paused: false, ..plan.projector.clone() };
        let handle = Projector::follow(settings, target, journal).map_err(StartError::Thread)?;
        // Its lag is told like any other; nobody is turned away for it.
        let unasked = Arc::new(Admission::default());
        self.followers.push(Follower::new(P::NAME, &handle, false, Meter::new(plan.database_lag)).shedding(unasked));
        self.projectors.push(handle);
        Ok(())
    }

    /// The records above the projection's checkpoint, by the keys of the aggregates that they are about; and the record that the database
    /// has to have before rows may be used: 0, or the journal's end if the database is away and nobody knows where the tail begins.
    ///
    /// # Errors
    /// [`StartError::Recover`] if the journal cannot be read.
    pub fn tail<A: Aggregate>(
        &self,
        projected: &Projected,
        key: impl Fn(&Fact) -> Option<A::Key>,
    ) -> Result<(Tail<A>, Sequence), StartError> {
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
        self.tasks.push(tokio::spawn(task));
    }

    /// The journal.
    pub fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(self.engine.journal())
    }

    /// Called with each thread that begins to serve: actors may live there.
    pub fn on_thread(&mut self, live_on: impl Fn(ArbiterHandle) + Send + Sync + 'static) {
        self.on_thread.push(Box::new(live_on));
    }

    /// The handle that a feature that was opened before this one has provided; none if there is no such feature.
    pub fn provided<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.provided.get()
    }

    /// A handle for the feature's handlers, found by its type.
    pub fn provide<T: Send + Sync + 'static>(&mut self, handle: T) {
        self.provide_shared(Arc::new(handle));
    }

    /// The same for a handle that others have, too.
    pub fn provide_shared<T: Send + Sync + 'static>(&mut self, handle: Arc<T>) {
        self.provided.0.insert(TypeId::of::<T>(), handle);
    }
}

/// Stops all projections at once; each has this long to write what it has.
pub(super) async fn stop_all(projectors: Vec<ProjectorHandle>, within: Duration) {
    futures_util::future::join_all(projectors.into_iter().map(|projector| projector.stop(within))).await;
}

/// Names of all projections to the database: the one of stock and orders, and the features'.
pub(super) fn projections() -> Vec<&'static str> {
    [projection::NAME].into_iter().chain(crate::features::projections()).collect()
}
