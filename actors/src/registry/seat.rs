//! An actor's side of the registry: where its state comes from, when it may leave, what to do when it dies.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lifecycle::{Generation, Idle};
use super::{BoxFuture, Inner};
use crate::ids::SkuId;
use crate::journal::Sequence;
use crate::stock::Stock;

/// So long a successor lets its callers wait for the database before they are told `warming`.
const CATCH_UP_MAX: Duration = Duration::from_secs(1);

/// What an actor starts with.
pub enum Activation {
    /// Its state.
    Loaded(Box<Stock>),
    /// The database knows no such SKU.
    NoSuchSku,
    /// The database does not answer; try again later.
    Unavailable,
}

/// One actor's place in the registry.
pub struct Seat {
    registry: Arc<Inner>,
    sku: SkuId,
    generation: Generation,
    last: Sequence,
}

impl Seat {
    pub(super) fn new(registry: Arc<Inner>, sku: SkuId, generation: Generation) -> Self {
        Self { registry, sku, generation, last: Sequence::ZERO }
    }

    /// Whose seat it is.
    pub fn sku(&self) -> SkuId {
        self.sku
    }

    /// How often to ask [`Self::drain`].
    pub fn idle_check(&self) -> Duration {
        self.registry.residence.check
    }

    /// Notes the actor's last record.
    pub fn note(&mut self, sequence: Sequence) {
        self.last = sequence;
    }

    /// The state to start with: what start-up folded, or the database's once it has all of a crashed predecessor.
    pub fn activate(&self) -> BoxFuture<Activation> {
        let registry = Arc::clone(&self.registry);
        let sku = self.sku;
        Box::pin(async move {
            if let Some((_, stock)) = registry.warm.remove(&sku) {
                return Activation::Loaded(Box::new(stock));
            }
            if let Some(last) = registry.crashed.get(&sku).map(|entry| *entry.value()) {
                let mut projected = registry.projected.clone();
                let caught_up = tokio::time::timeout(CATCH_UP_MAX, projected.wait_for(|checkpoint| *checkpoint >= last)).await;
                if !matches!(caught_up, Ok(Ok(_))) {
                    return Activation::Unavailable;
                }
                registry.crashed.remove(&sku);
            }
            match registry.loader.load(sku).await {
                Ok(Some(stock)) => Activation::Loaded(Box::new(stock)),
                Ok(None) => Activation::NoSuchSku,
                Err(error) => {
                    tracing::warn!(sku.id = %sku, %error, "cannot load a SKU; its requests are answered `warming`");
                    Activation::Unavailable
                }
            }
        })
    }

    /// The actor serves.
    pub fn loaded(&self) {
        if let Some(mut entry) = self.registry.entries.get_mut(&self.sku)
            && entry.life.generation() == self.generation
        {
            entry.life.loaded();
        }
    }

    /// First step of leaving, if nobody has asked for long enough and the database has everything; true if it is taken.
    /// From then on messages met are to be handed back.
    pub fn drain(&self, last_asked: Instant) -> bool {
        if last_asked.elapsed() < self.registry.residence.idle {
            return false;
        }
        // Nothing is owed beside records: an answer waits for its record, and the database has only durable ones.
        let idle = Idle { last: self.last, projected: *self.registry.projected.borrow(), owed: 0 };
        self.registry
            .entries
            .get_mut(&self.sku)
            .is_some_and(|mut entry| entry.life.generation() == self.generation && entry.life.drain(&idle).is_ok())
    }

    /// Second step: the mailbox is dry, a successor may start.
    pub fn drained(&self) {
        self.registry.entries.remove_if_mut(&self.sku, |_, entry| {
            entry.life.generation() == self.generation && entry.life.drained().is_some() && entry.life.may_remove(self.generation)
        });
    }

    /// The actor died by panicking: its successor waits until the database has its last record.
    pub fn crashed(&self) {
        if self.last > Sequence::ZERO {
            self.registry.crashed.insert(self.sku, self.last);
        }
        self.registry.remove(self.sku, self.generation);
    }
}
