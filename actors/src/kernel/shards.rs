//! A fixed number of actors, each with the aggregates of many keys: for users, of whom most have little to say and none deserves an actor's
//! kilobytes or a timer of its own.
//! - B1 A key is always served by the same shard; a shard has at most one actor at a time.
//! - B2 What an aggregate loads is complete: its row, and the records of the unprojected tail above the row's checkpoint.
//! - B3 A successor of a shard that died waits until the database has all that was recorded until then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::dev::{SendError, channel};
use actix::{Addr, Context};
use actix_rt::ArbiterHandle;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{oneshot, watch};

use super::actor::{Ask, Common, HostActor, MAILBOX_CAPACITY, Residency};
use super::aggregate::{Aggregate, Handle};
use super::host::Loaded;
use super::loading::{BoxFuture, Loader};
use super::replies::Reply;
use super::tail::Tail;
use super::transaction::Provenance;
use crate::journal::Sequence;
use crate::refusal::{Answer, Unavailable};

/// How often a command is sent again after its shard died.
const LOST_MAX: usize = 2;
/// Pause before that: whoever waited is told of the death before the shard is known to be gone.
const LOST_PAUSE: Duration = Duration::from_millis(2);
/// So long a load waits for the database to catch up before its callers are told `warming`.
const CATCH_UP_MAX: Duration = Duration::from_secs(1);

/// The actors of one kind, each with a shard of the keys.
pub struct Shards<A: Aggregate> {
    inner: Arc<Inner<A>>,
}

/// The actor of a shard, once it has been needed.
type Serving<A> = Option<Addr<HostActor<A>>>;

struct Inner<A: Aggregate> {
    common: Arc<Common<A>>,
    loader: Arc<dyn Loader<A>>,
    threads: RwLock<Vec<ArbiterHandle>>,
    idle_check: Duration,
    actors: Box<[Mutex<Serving<A>>]>,
    /// Rows older than this lack what memory no longer has.
    floor: AtomicU64,
    tail: Tail<A>,
    projected: watch::Receiver<Sequence>,
}

impl<A: Aggregate> Shards<A>
where
    A::Key: Into<u64>,
{
    /// So many shards. `tail` has the records that the database lacked at start; `projected` is the checkpoint of the projection that writes
    /// these aggregates; rows older than `floor` are never used. Nobody is answered before [`Self::live_on`].
    pub fn new(
        shards: usize,
        common: Common<A>,
        loader: Arc<dyn Loader<A>>,
        idle_check: Duration,
        (tail, floor): (Tail<A>, Sequence),
        projected: watch::Receiver<Sequence>,
    ) -> Self {
        let actors = (0..shards.max(1)).map(|_| Mutex::new(None)).collect();
        let common = Arc::new(common);
        let floor = AtomicU64::new(floor.0);
        let inner = Inner { common, loader, threads: RwLock::default(), idle_check, actors, floor, tail, projected };
        Self { inner: Arc::new(inner) }
    }

    /// Shards that start from now on may live on this thread too.
    pub fn live_on(&self, thread: ArbiterHandle) {
        self.inner.threads.write().push(thread);
    }

    /// Sends a command to the key's shard and waits for the answer. Dropping the future takes nothing back.
    ///
    /// # Errors
    /// `Ok(Err(_))` when the rules refuse, `Err(_)` when the command cannot be carried out now.
    pub async fn ask<C>(&self, key: A::Key, provenance: Provenance, command: C) -> Answer<A::Reply>
    where
        A: Handle<C>,
        C: Clone + Send + 'static,
    {
        for _ in 0..=LOST_MAX {
            let Some(addr) = self.inner.find_or_start(key) else { return Err(Unavailable::Warming) };
            let (reply, answer) = oneshot::channel();
            let counted = self.inner.common.in_mailbox();
            match addr.try_send(Ask { key, provenance, command: command.clone(), reply, counted }) {
                Ok(()) => {}
                Err(SendError::Full(_)) => return Err(Unavailable::Busy),
                Err(SendError::Closed(_)) => {
                    self.inner.forget(self.inner.shard(key), &addr);
                    continue;
                }
            }
            match answer.await {
                Ok(Reply::Answer(answer)) => return answer,
                // A shard never hands back; one that died with the message has a successor.
                Ok(Reply::HandedBack) | Err(_) => tokio::time::sleep(LOST_PAUSE).await,
            }
        }
        Err(Unavailable::OutcomeUnknown)
    }
}

impl<A: Aggregate> Inner<A> {
    /// Only if that actor is gone and nobody has started its successor yet.
    fn forget(&self, shard: usize, gone: &Addr<HostActor<A>>) {
        let mut actor = self.actors[shard].lock();
        if actor.as_ref() == Some(gone) {
            self.floor.fetch_max(self.common.recorder.journal().last_enqueued().0, Ordering::AcqRel);
            *actor = None;
        }
    }
}

impl<A: Aggregate> Inner<A>
where
    A::Key: Into<u64>,
{
    fn shard(&self, key: A::Key) -> usize {
        Into::<u64>::into(key) as usize % self.actors.len()
    }

    fn find_or_start(self: &Arc<Self>, key: A::Key) -> Option<Addr<HostActor<A>>> {
        let shard = self.shard(key);
        let mut actor = self.actors[shard].lock();
        if let Some(addr) = &*actor {
            return Some(addr.clone());
        }
        let thread = {
            let threads = self.threads.read();
            threads.get(shard % threads.len().max(1)).cloned()
        }?;
        let (sender, receiver) = channel::channel(MAILBOX_CAPACITY);
        let (common, place) = (Arc::clone(&self.common), Place { keeper: Arc::clone(self) as Arc<dyn Keeper<A>>, shard });
        thread.spawn_fn(move || {
            let context = Context::with_receiver(receiver);
            actix_rt::spawn(context.into_future(HostActor::new(common, Residency::OfShard(place))));
        });
        let addr = Addr::new(sender);
        *actor = Some(addr.clone());
        Some(addr)
    }
}

/// What a shard's actor asks of [`Shards`].
trait Keeper<A: Aggregate>: Send + Sync {
    fn shard_of(&self, key: A::Key) -> usize;
    fn load(self: Arc<Self>, key: A::Key) -> BoxFuture<Loaded<A>>;
    fn crashed(&self, shard: usize);
    fn projected(&self) -> Sequence;
    fn idle_check(&self) -> Duration;
}

impl<A: Aggregate> Keeper<A> for Inner<A>
where
    A::Key: Into<u64>,
{
    fn shard_of(&self, key: A::Key) -> usize {
        self.shard(key)
    }

    fn load(self: Arc<Self>, key: A::Key) -> BoxFuture<Loaded<A>> {
        Box::pin(async move {
            let floor = Sequence(self.floor.load(Ordering::Acquire));
            let mut projected = self.projected.clone();
            let wait = tokio::time::timeout(CATCH_UP_MAX, projected.wait_for(|checkpoint| *checkpoint >= floor));
            // The guard that waiting returns must not live across the load.
            let has_caught_up = matches!(wait.await, Ok(Ok(_)));
            if !has_caught_up {
                return Loaded::Failed;
            }
            match self.loader.load(key).await {
                Ok((found, checkpoint)) if checkpoint >= floor => match self.tail.complete(key, found, checkpoint) {
                    Some(found) => Loaded::Read(found, checkpoint),
                    // The tail let go of records that this row does not have yet: a newer row has them.
                    None => Loaded::Failed,
                },
                Ok(_) => Loaded::Failed,
                Err(error) => {
                    tracing::warn!(%error, "cannot load the {} {key}; its requests are answered `warming`", A::NAME);
                    Loaded::Failed
                }
            }
        })
    }

    fn crashed(&self, shard: usize) {
        self.floor.fetch_max(self.common.recorder.journal().last_enqueued().0, Ordering::AcqRel);
        *self.actors[shard].lock() = None;
    }

    fn projected(&self) -> Sequence {
        let projected = *self.projected.borrow();
        self.tail.drop_through(projected);
        projected
    }

    fn idle_check(&self) -> Duration {
        self.idle_check
    }
}

/// One shard's place among the others.
pub(super) struct Place<A: Aggregate> {
    keeper: Arc<dyn Keeper<A>>,
    shard: usize,
}

impl<A: Aggregate> Place<A> {
    /// Whether the key is one of this shard's (B1).
    pub fn serves(&self, key: A::Key) -> bool {
        self.keeper.shard_of(key) == self.shard
    }

    pub fn load(&self, key: A::Key) -> BoxFuture<Loaded<A>> {
        assert!(self.serves(key), "B1: shard {} loads {key}, which is another's", self.shard);
        Arc::clone(&self.keeper).load(key)
    }

    pub fn projected(&self) -> Sequence {
        self.keeper.projected()
    }

    pub fn idle_check(&self) -> Duration {
        self.keeper.idle_check()
    }

    pub fn crashed(&self) {
        self.keeper.crashed(self.shard);
    }
}

impl<A: Aggregate> std::fmt::Debug for Shards<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shards").field("kind", &A::NAME).field("shards", &self.inner.actors.len()).finish_non_exhaustive()
    }
}
