//! An actor for each key: finds or starts it, hands messages on, and lets it leave. For aggregates that deserve a mailbox of their own.
//! - A1 At most one actor a key decides: a successor starts only after its predecessor's entry is gone, and an entry is only removed by
//!   its own generation.
//! - A2 An actor leaves only when the database has all of it; a successor of a crashed one waits until that is so.
//! - A3 A command met by a leaving actor is handed back and sent to the successor; sending it twice is harmless, since keys buy once.
//! - A4 An effect is never lost, and those of a key keep their order: each is sent under the entry's lock, so that no actor begins to leave
//!   or starts meanwhile; those that meet a leaving actor are parked, and are its successor's first messages.

pub mod lifecycle;
mod registration;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::dev::{SendError, channel};
use actix::{Addr, Context};
use actix_rt::ArbiterHandle;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry as Slot;
use foldhash::fast::RandomState;
use parking_lot::RwLock;
use tokio::sync::{oneshot, watch};

pub(super) use registration::Registration;

use self::lifecycle::{Generation, Lifecycle, Route};
use super::actor::{Ask, Common, Effected, HostActor, MAILBOX_CAPACITY, Residency};
use super::aggregate::{Aggregate, Handle};
use super::loading::Loader;
use super::replies::Reply;
use super::transaction::Provenance;
use crate::journal::Sequence;
use crate::refusal::{Answer, Unavailable};

/// How often a message is sent again after it was handed back.
const ATTEMPTS: usize = 16;
/// How often it is sent again after its actor died: it may be what kills them.
const LOST_MAX: usize = 2;
/// Pause before that: a leaving actor needs as long as its mailbox takes to run dry.
const HAND_BACK_PAUSE: Duration = Duration::from_millis(2);

/// The actors of one kind in memory, one for each key.
pub struct Registry<A: Aggregate> {
    inner: Arc<Inner<A>>,
}

impl<A: Aggregate> Clone for Registry<A> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

struct Inner<A: Aggregate> {
    common: Arc<Common<A>>,
    loader: Arc<dyn Loader<A>>,
    threads: RwLock<Vec<ArbiterHandle>>,
    idle_check: Duration,
    generations: AtomicU64,
    entries: DashMap<A::Key, Entry<A>, RandomState>,
    /// States folded at start from database and journal, until their actors take them.
    warm: DashMap<A::Key, A>,
    /// The journal's end when actors died by panicking: the database has to have that before a successor loads.
    crashed: DashMap<A::Key, Sequence>,
    parked: DashMap<A::Key, Parked<A>>,
    projected: watch::Receiver<Sequence>,
}

/// Effects that have no actor to go to: it is leaving, or there is no thread for it yet.
struct Parked<A: Aggregate> {
    /// Met by a leaving actor in its mailbox: all of them were sent before it began to leave.
    met: Vec<A::Effect>,
    /// Sent since the actor began to leave.
    since: Vec<A::Effect>,
}

impl<A: Aggregate> Default for Parked<A> {
    fn default() -> Self {
        Self { met: Vec::new(), since: Vec::new() }
    }
}

struct Entry<A: Aggregate> {
    life: Lifecycle,
    addr: Addr<HostActor<A>>,
}

impl<A: Aggregate> Registry<A>
where
    A::Key: Into<u64>,
{
    /// `warm` holds what start-up folded; `projected` is the checkpoint of the projection that writes these aggregates. Nobody is answered
    /// before [`Self::live_on`]. Each actor looks every `idle_check` whether it may leave.
    pub fn new(
        common: Common<A>,
        loader: Arc<dyn Loader<A>>,
        idle_check: Duration,
        warm: impl IntoIterator<Item = (A::Key, A)>,
        projected: watch::Receiver<Sequence>,
    ) -> Self {
        let inner = Inner {
            common: Arc::new(common),
            loader,
            threads: RwLock::default(),
            idle_check,
            generations: AtomicU64::new(0),
            entries: DashMap::default(),
            warm: warm.into_iter().collect(),
            crashed: DashMap::new(),
            parked: DashMap::new(),
            projected,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Actors that start from now on may live on this thread too. Threads that serve requests are the best ones: a message from the same
    /// thread wakes nobody (docs/adr/0002-run-actors-on-the-http-worker-threads.md).
    pub fn live_on(&self, thread: ArbiterHandle) {
        self.inner.threads.write().push(thread);
    }

    /// Threads that actors may live on.
    pub fn threads(&self) -> usize {
        self.inner.threads.read().len()
    }

    /// Sends a command to the key's actor and waits for the answer. Dropping the future takes nothing back.
    ///
    /// # Errors
    /// `Ok(Err(_))` when the rules refuse, `Err(_)` when the command cannot be carried out now.
    pub async fn ask<C>(&self, key: A::Key, provenance: Provenance, command: C) -> Answer<A::Reply>
    where
        A: Handle<C>,
        C: Clone + Send + 'static,
    {
        let mut lost = 0;
        for _ in 0..ATTEMPTS {
            let Some((generation, addr)) = self.inner.find_or_start(key) else {
                tokio::time::sleep(HAND_BACK_PAUSE).await;
                continue;
            };
            let (reply, answer) = oneshot::channel();
            let counted = self.inner.common.in_mailbox();
            match addr.try_send(Ask { key, provenance, command: command.clone(), reply, counted }) {
                Ok(()) => {}
                Err(SendError::Full(_)) => return Err(Unavailable::Busy),
                Err(SendError::Closed(_)) => {
                    self.inner.remove(key, generation);
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

    /// Hands an effect to the key's actor; starts it if it is not in memory. Never refused, never waits.
    pub fn effect(&self, key: A::Key, effect: A::Effect) {
        self.inner.effect(key, effect);
    }

    /// Actors in memory.
    pub fn resident(&self) -> usize {
        self.inner.entries.len()
    }

    /// Whether the key's actor is in memory.
    pub fn is_resident(&self, key: A::Key) -> bool {
        self.inner.entries.contains_key(&key)
    }
}

impl<A: Aggregate> Inner<A>
where
    A::Key: Into<u64>,
{
    /// The actor to send to; none while one is leaving, or before there is a thread for it.
    fn find_or_start(self: &Arc<Self>, key: A::Key) -> Option<(Generation, Addr<HostActor<A>>)> {
        if let Some(entry) = self.entries.get(&key) {
            return entry.address();
        }
        let thread = self.thread(key)?;
        self.entries.entry(key).or_insert_with(|| self.start(key, &thread)).address()
    }

    fn thread(&self, key: A::Key) -> Option<ArbiterHandle> {
        let threads = self.threads.read();
        let place = Into::<u64>::into(key) as usize % threads.len().max(1);
        threads.get(place).cloned()
    }

    /// Under the lock of the key's entry: the effects that were parked are the actor's first messages.
    fn start(self: &Arc<Self>, key: A::Key, thread: &ArbiterHandle) -> Entry<A> {
        let generation = Generation(self.generations.fetch_add(1, Ordering::Relaxed));
        let registration = Registration::new(Arc::clone(self) as Arc<dyn Registrar<A>>, key, generation);
        let common = Arc::clone(&self.common);
        // The mailbox gets its bound here, since actix would give it 16 places until the actor has started.
        let (sender, receiver) = channel::channel(MAILBOX_CAPACITY);
        thread.spawn_fn(move || {
            let context = Context::with_receiver(receiver);
            actix_rt::spawn(context.into_future(HostActor::new(common, Residency::OfKey(registration))));
        });
        let entry = Entry { life: Lifecycle::starting(generation), addr: Addr::new(sender) };
        if let Some((_, Parked { met, since })) = self.parked.remove(&key) {
            met.into_iter().chain(since).for_each(|effect| entry.deliver(key, effect));
        }
        entry
    }

    fn effect(self: &Arc<Self>, key: A::Key, effect: A::Effect) {
        // The entry stays locked until the effect is sent or parked (A4).
        let slot = self.entries.entry(key);
        let entry = match (slot, self.thread(key)) {
            (Slot::Occupied(entry), _) => entry.into_ref(),
            (Slot::Vacant(entry), Some(thread)) => entry.insert(self.start(key, &thread)),
            (Slot::Vacant(_entry), None) => return self.parked.entry(key).or_default().since.push(effect),
        };
        match entry.life.route() {
            Route::Deliver => entry.deliver(key, effect),
            Route::HandBack => self.parked.entry(key).or_default().since.push(effect),
        }
    }
}

/// What a registration asks of the registry, whatever keys can be converted into.
pub(super) trait Registrar<A: Aggregate>: Send + Sync {
    /// The loader's answer, or what start-up folded.
    fn load(&self, key: A::Key) -> super::loading::BoxFuture<super::host::Loaded<A>>;
    /// Runs on the entry of this generation, if it is still there.
    fn with_life(&self, key: A::Key, generation: Generation, change: &mut dyn FnMut(&mut Lifecycle));
    /// Removes the entry of a generation that has drained, and starts a successor where effects wait.
    fn drained(self: Arc<Self>, key: A::Key, generation: Generation);
    /// Removes the entry of a generation that died; its successor waits for the database to have all that was recorded until now.
    fn crashed(&self, key: A::Key, generation: Generation);
    /// Keeps an effect that met a leaving actor.
    fn park(&self, key: A::Key, effect: A::Effect);
    /// The database has every record up to this one.
    fn projected(&self) -> Sequence;
    /// How often an actor looks whether it may leave.
    fn idle_check(&self) -> Duration;
}

impl<A: Aggregate> Inner<A> {
    /// The actor of this generation is known to be gone, and whatever was on its way to it: a successor waits for the database to have all
    /// that was recorded until now.
    fn remove(&self, key: A::Key, generation: Generation) {
        // Under the entry's lock: an effect sent to the dead actor was recorded before this end was read.
        self.entries.remove_if(&key, |_, entry| {
            let is_ours = entry.life.generation() == generation;
            if is_ours {
                self.crashed.insert(key, self.common.recorder.journal().last_enqueued());
                self.parked.remove(&key);
                self.warm.remove(&key);
            }
            is_ours
        });
    }
}

impl<A: Aggregate> Registrar<A> for Inner<A>
where
    A::Key: Into<u64>,
{
    fn load(&self, key: A::Key) -> super::loading::BoxFuture<super::host::Loaded<A>> {
        let warm = self.warm.remove(&key).map(|(_, aggregate)| aggregate);
        let awaited = self.crashed.get(&key).map(|entry| *entry.value());
        assert!(warm.is_none() || awaited.is_none(), "A2: the successor of a dead {} {key} would start from what start-up folded", A::NAME);
        registration::load(key, warm, awaited, self.projected.clone(), Arc::clone(&self.loader))
    }

    fn with_life(&self, key: A::Key, generation: Generation, change: &mut dyn FnMut(&mut Lifecycle)) {
        if let Some(mut entry) = self.entries.get_mut(&key)
            && entry.life.generation() == generation
        {
            change(&mut entry.life);
        }
    }

    fn drained(self: Arc<Self>, key: A::Key, generation: Generation) {
        let Slot::Occupied(mut entry) = self.entries.entry(key) else { return };
        let life = &mut entry.get_mut().life;
        if life.generation() != generation || life.drained().is_none() || !life.may_remove(generation) {
            return;
        }
        match self.thread(key) {
            Some(thread) if self.parked.contains_key(&key) => {
                entry.insert(self.start(key, &thread));
            }
            _ => {
                entry.remove();
            }
        }
    }

    fn crashed(&self, key: A::Key, generation: Generation) {
        self.remove(key, generation);
    }

    fn park(&self, key: A::Key, effect: A::Effect) {
        self.parked.entry(key).or_default().met.push(effect);
    }

    fn projected(&self) -> Sequence {
        *self.projected.borrow()
    }

    fn idle_check(&self) -> Duration {
        self.idle_check
    }
}

impl<A: Aggregate> Entry<A> {
    fn address(&self) -> Option<(Generation, Addr<HostActor<A>>)> {
        (self.life.route() == Route::Deliver).then(|| (self.life.generation(), self.addr.clone()))
    }

    #[expect(clippy::disallowed_methods, reason = "effects pass the mailbox's bound: there are no more of them than records")]
    fn deliver(&self, key: A::Key, effect: A::Effect) {
        self.addr.do_send(Effected { key, effect });
    }
}

impl<A: Aggregate> std::fmt::Debug for Registry<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("kind", &A::NAME).field("resident", &self.inner.entries.len()).finish_non_exhaustive()
    }
}
