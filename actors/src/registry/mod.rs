//! Who is in memory: finds or starts the actor of a SKU, hands messages on, and lets actors leave.
//! - A1 At most one actor a SKU decides: a successor starts only after its predecessor's entry is gone, and an entry is only removed by
//!   its own generation.
//! - A2 An actor leaves only when the database has all of it; a successor of a crashed one waits until that is so.
//! - A3 A message met by a leaving actor is handed back and sent to the successor; sending it twice is harmless, since keys buy once.

pub mod lifecycle;
mod seat;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::dev::channel;
use actix::dev::{SendError, ToEnvelope};
use actix::{Addr, Context, Handler, Message};
use actix_rt::ArbiterHandle;
use dashmap::DashMap;
use foldhash::fast::RandomState;
use parking_lot::RwLock;
use tokio::sync::{oneshot, watch};

pub use seat::{Activation, Seat};

use self::lifecycle::{Generation, Lifecycle, Route};
use crate::engine::Engine;
use crate::ids::SkuId;
use crate::journal::Sequence;
use crate::refusal::{Answer, Unavailable};
use crate::replies::{Reply, ReplyTo};
use crate::stock::{Stock, StockActor};

/// Messages that may wait for one actor; the next is answered `busy`.
const MAILBOX_CAPACITY: usize = 8_192;
/// How often a message is sent again after it was handed back.
const ATTEMPTS: usize = 16;
/// How often it is sent again after its actor died: it may be what kills them.
const LOST_MAX: usize = 2;
/// Pause before that: a leaving actor needs as long as its mailbox takes to run dry.
const HAND_BACK_PAUSE: Duration = Duration::from_millis(2);

/// A future in a box, so that ports can be trait objects.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Where the registry gets the state of a SKU that is not in memory. The database behind it did not answer: `Err`.
pub trait StockLoader: Send + Sync + 'static {
    /// The SKU with its flash quotas and their buyers, read in one transaction; none if there is no such SKU.
    fn load(&self, sku: SkuId) -> BoxFuture<Result<Option<Stock>, LoadFailed>>;
}

/// The database did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to load the SKU: {0}")]
pub struct LoadFailed(pub String);

/// When actors leave.
#[derive(Debug, Clone, Copy)]
pub struct Residence {
    /// After so long without a message.
    pub idle: Duration,
    /// How often an actor asks itself.
    pub check: Duration,
}

/// The actors in memory.
pub struct StockRegistry {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<Engine>,
    loader: Arc<dyn StockLoader>,
    threads: RwLock<Vec<ArbiterHandle>>,
    residence: Residence,
    generations: AtomicU64,
    entries: DashMap<SkuId, Entry, RandomState>,
    /// States folded at start from database and journal, until their actors take them.
    warm: DashMap<SkuId, Stock>,
    /// Last records of actors that died by panicking: the database has to have them before a successor loads.
    crashed: DashMap<SkuId, Sequence>,
    projected: watch::Receiver<Sequence>,
}

struct Entry {
    life: Lifecycle,
    addr: Addr<StockActor>,
}

impl StockRegistry {
    /// `warm` holds what start-up folded; `projected` is the database's checkpoint. Nobody is answered before [`Self::live_on`].
    pub fn new(
        engine: Arc<Engine>,
        loader: Arc<dyn StockLoader>,
        residence: Residence,
        warm: impl IntoIterator<Item = Stock>,
        projected: watch::Receiver<Sequence>,
    ) -> Self {
        let warm = warm.into_iter().map(|stock| (stock.sku(), stock)).collect();
        let inner = Inner {
            engine,
            loader,
            threads: RwLock::default(),
            residence,
            generations: AtomicU64::new(0),
            entries: DashMap::default(),
            warm,
            crashed: DashMap::new(),
            projected,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Actors that start from now on may live on this thread too. Threads that serve requests are the best ones: a message from the same
    /// thread wakes nobody (docs/adr/0002-actors-live-with-the-handlers.md).
    pub fn live_on(&self, thread: ArbiterHandle) {
        self.inner.threads.write().push(thread);
    }

    /// Threads that actors may live on.
    pub fn threads(&self) -> usize {
        self.inner.threads.read().len()
    }

    /// Sends what `message` makes to the SKU's actor and waits for the answer. Dropping the future takes nothing back.
    pub async fn ask<M, T>(&self, sku: SkuId, mut message: impl FnMut(ReplyTo<T>) -> M) -> Answer<T>
    where
        M: Message<Result = ()> + Send + 'static,
        StockActor: Handler<M>,
        Context<StockActor>: ToEnvelope<StockActor, M>,
    {
        let mut lost = 0;
        for _ in 0..ATTEMPTS {
            let Some((generation, addr)) = self.inner.find_or_start(sku) else {
                tokio::time::sleep(HAND_BACK_PAUSE).await;
                continue;
            };
            let (reply, answer) = oneshot::channel();
            self.inner.engine.meters.mailbox.increment(1.0);
            match addr.try_send(message(reply)) {
                Ok(()) => {}
                Err(SendError::Full(_)) => {
                    self.inner.engine.meters.mailbox.decrement(1.0);
                    return Err(Unavailable::Busy);
                }
                Err(SendError::Closed(_)) => {
                    self.inner.engine.meters.mailbox.decrement(1.0);
                    self.inner.remove(sku, generation);
                    continue;
                }
            }
            match answer.await {
                Ok(Reply::Answer(answer)) => return answer,
                Ok(Reply::HandedBack) => tokio::time::sleep(HAND_BACK_PAUSE).await,
                // The actor went with the message: its successor will answer, a repeat by its key.
                Err(_) if lost < LOST_MAX => {
                    lost += 1;
                    tokio::time::sleep(HAND_BACK_PAUSE).await;
                }
                Err(_) => return Err(Unavailable::OutcomeUnknown),
            }
        }
        Err(if lost > 0 { Unavailable::OutcomeUnknown } else { Unavailable::Warming })
    }

    /// Actors in memory.
    pub fn resident(&self) -> usize {
        self.inner.entries.len()
    }

    /// Whether the SKU's actor is in memory.
    pub fn is_resident(&self, sku: SkuId) -> bool {
        self.inner.entries.contains_key(&sku)
    }
}

impl Inner {
    /// The actor to send to; none while one is leaving, or before there is a thread for it.
    fn find_or_start(self: &Arc<Self>, sku: SkuId) -> Option<(Generation, Addr<StockActor>)> {
        if let Some(entry) = self.entries.get(&sku) {
            return entry.address();
        }
        let thread = {
            let threads = self.threads.read();
            threads.get(sku.get() as usize % threads.len().max(1))?.clone()
        };
        self.entries.entry(sku).or_insert_with(|| self.start(sku, &thread)).address()
    }

    fn start(self: &Arc<Self>, sku: SkuId, thread: &ArbiterHandle) -> Entry {
        let generation = Generation(self.generations.fetch_add(1, Ordering::Relaxed));
        let seat = Seat::new(Arc::clone(self), sku, generation);
        let engine = Arc::clone(&self.engine);
        // The mailbox gets its bound here, since actix would give it 16 places until the actor has started.
        let (sender, receiver) = channel::channel(MAILBOX_CAPACITY);
        thread.spawn_fn(move || {
            let context = Context::with_receiver(receiver);
            actix_rt::spawn(context.into_future(StockActor::new(engine, seat)));
        });
        Entry { life: Lifecycle::starting(generation), addr: Addr::new(sender) }
    }

    /// The actor of this generation is known to be gone.
    fn remove(&self, sku: SkuId, generation: Generation) {
        self.entries.remove_if(&sku, |_, entry| entry.life.generation() == generation);
    }
}

impl Entry {
    fn address(&self) -> Option<(Generation, Addr<StockActor>)> {
        (self.life.route() == Route::Deliver).then(|| (self.life.generation(), self.addr.clone()))
    }
}

impl std::fmt::Debug for StockRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StockRegistry").field("resident", &self.resident()).finish_non_exhaustive()
    }
}
