//! An actor's side of the registry: where its state comes from, when it may leave, what to do when it dies.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Registrar;
use super::lifecycle::{Generation, Idle};
use crate::journal::Sequence;
use crate::kernel::aggregate::Aggregate;
use crate::kernel::host::Loaded;
use crate::kernel::loading::{BoxFuture, Loader};

/// So long a successor lets its callers wait for the database before they are told `warming`.
const CATCH_UP_MAX: Duration = Duration::from_secs(1);

/// One actor's entry in the registry.
pub struct Registration<A: Aggregate> {
    registrar: Arc<dyn Registrar<A>>,
    key: A::Key,
    generation: Generation,
}

impl<A: Aggregate> Registration<A> {
    pub(super) fn new(registrar: Arc<dyn Registrar<A>>, key: A::Key, generation: Generation) -> Self {
        Self { registrar, key, generation }
    }

    /// The key that its actor serves.
    pub fn key(&self) -> A::Key {
        self.key
    }

    /// How often to ask [`Self::drain`].
    pub fn idle_check(&self) -> Duration {
        self.registrar.idle_check()
    }

    /// The database has every record up to this one.
    pub fn projected(&self) -> Sequence {
        self.registrar.projected()
    }

    /// The state to start with: what start-up folded, or the database's once it has all of a crashed predecessor.
    pub fn load(&self) -> BoxFuture<Loaded<A>> {
        self.registrar.load(self.key)
    }

    /// The actor serves.
    pub fn loaded(&self) {
        self.registrar.with_life(self.key, self.generation, &mut |life| {
            life.loaded();
        });
    }

    /// First step of leaving; true if it is taken. From then on commands met are to be handed back, effects to be parked.
    pub fn drain(&self, last: Option<Sequence>) -> bool {
        // Nothing is owed beside records: an answer waits for its record, and the database has only durable ones.
        let idle = Idle { last: last.unwrap_or_default(), projected: self.projected(), owed: 0 };
        let mut is_draining = false;
        self.registrar.with_life(self.key, self.generation, &mut |life| is_draining = life.drain(&idle).is_ok());
        is_draining
    }

    /// Second step: the mailbox is dry, a successor may start.
    pub fn drained(&self) {
        Arc::clone(&self.registrar).drained(self.key, self.generation);
    }

    /// Keeps an effect for the successor.
    pub fn park(&self, effect: A::Effect) {
        self.registrar.park(self.key, effect);
    }

    /// The actor died by panicking: its successor waits until the database has all that was recorded until now.
    pub fn crashed(&self) {
        self.registrar.crashed(self.key, self.generation);
    }
}

/// What a successor starts from.
pub(super) fn load<A: Aggregate>(
    key: A::Key,
    warm: Option<A>,
    awaited: Option<Sequence>,
    mut projected: watch::Receiver<Sequence>,
    loader: Arc<dyn Loader<A>>,
) -> BoxFuture<Loaded<A>> {
    Box::pin(async move {
        if let Some(aggregate) = warm {
            let last = aggregate.last_record();
            return Loaded::Read(Some(aggregate), last);
        }
        let floor = awaited.unwrap_or_default();
        let wait = tokio::time::timeout(CATCH_UP_MAX, projected.wait_for(|checkpoint| *checkpoint >= floor));
        // The guard that waiting returns must not live across the load.
        let has_caught_up = matches!(wait.await, Ok(Ok(_)));
        if !has_caught_up {
            return Loaded::Failed;
        }
        match loader.load(key).await {
            Ok((found, checkpoint)) if checkpoint >= floor => Loaded::Read(found, checkpoint),
            Ok(_) => Loaded::Failed,
            Err(error) => {
                tracing::warn!(%error, "cannot load the {} {key}; its requests are answered `warming`", A::NAME);
                Loaded::Failed
            }
        }
    })
}
