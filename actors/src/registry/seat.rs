//! An actor's side of the registry: where its state comes from, when it may leave, what to do when it dies.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{BoxFuture, Inner};
use crate::ids::SkuId;
use crate::journal::Sequence;
use crate::stock::Stock;

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
    generation: u64,
    last: Sequence,
}

impl Seat {
    pub(super) fn new(registry: Arc<Inner>, sku: SkuId, generation: u64) -> Self {
        Self { registry, sku, generation, last: Sequence::ZERO }
    }

    /// Whose seat it is.
    pub fn sku(&self) -> SkuId {
        self.sku
    }

    /// How often to ask [`Self::leave`].
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
                if projected.wait_for(|checkpoint| *checkpoint >= last).await.is_err() {
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

    /// Gives the seat up if nobody has asked for long enough and the database has everything; true if it is given up.
    /// From then on messages go to a successor, and those already in the mailbox are to be handed back.
    pub fn leave(&self, last_asked: Instant) -> bool {
        let idle = last_asked.elapsed() >= self.registry.residence.idle;
        if !idle || *self.registry.projected.borrow() < self.last {
            return false;
        }
        self.registry.remove(self.sku, self.generation);
        true
    }

    /// The actor died by panicking: its successor waits until the database has its last record.
    pub fn crashed(&self) {
        if self.last > Sequence::ZERO {
            self.registry.crashed.insert(self.sku, self.last);
        }
        self.registry.remove(self.sku, self.generation);
    }
}
