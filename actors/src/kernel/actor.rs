//! The actix shell around a host: takes messages, has aggregates loaded, hands answers to the queue that waits for the disk.
//! Where the actor itself comes from and when it leaves is its [`Residency`]'s affair.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, Message, WrapFuture};
use metrics::{Gauge, Histogram};

use super::aggregate::{Aggregate, Handle};
use super::host::{Host, Keeping, Loaded, Next};
use super::loading::BoxFuture;
use super::registry::Registration;
use super::replies::{Replies, Reply, ReplyTo};
use super::shards::Place;
use super::transaction::{Provenance, Recorder};
use crate::metrics::{ACTOR_HANDLING, ACTORS_RESIDENT, MAILBOX_MESSAGES};

/// Messages that may wait for one actor; the next is answered `busy`.
pub(super) const MAILBOX_CAPACITY: usize = 8_192;
/// Aggregates that one actor loads at a time; the others wait for their turn.
const LOADS_MAX: usize = 8;
/// Idle aggregates looked at in one turn, so that a turn stays short.
const IDLE_LOOKS: usize = 512;

/// What the actors of one kind have in common.
pub struct Common<A: Aggregate> {
    /// What the aggregates share.
    pub shared: Arc<A::Shared>,
    /// Journal and clock.
    pub recorder: Arc<Recorder>,
    /// How hosts keep them.
    pub keeping: Keeping,
    mailbox: Gauge,
    handling: Histogram,
    resident: Gauge,
}

impl<A: Aggregate> Common<A> {
    /// With meters labelled by the aggregate's name.
    pub fn new(shared: Arc<A::Shared>, recorder: Arc<Recorder>, keeping: Keeping) -> Self {
        Self {
            shared,
            recorder,
            keeping,
            mailbox: MAILBOX_MESSAGES.with(&[("actor", A::NAME)]),
            handling: ACTOR_HANDLING.with(&[("actor", A::NAME)]),
            resident: ACTORS_RESIDENT.with(&[("actor", A::NAME)]),
        }
    }

    /// A message on its way: counted until it is taken up, refused, or lost with its actor.
    pub(super) fn in_mailbox(&self) -> InMailbox {
        self.mailbox.increment(1.0);
        InMailbox(self.mailbox.clone())
    }
}

/// Counts a message that waits in a mailbox, from its making to its end.
pub(super) struct InMailbox(Gauge);

impl Drop for InMailbox {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// A command to an aggregate, with the way back.
pub(super) struct Ask<A: Handle<C>, C> {
    pub key: A::Key,
    pub provenance: Provenance,
    pub command: C,
    pub reply: ReplyTo<A::Reply>,
    pub counted: InMailbox,
}

impl<A: Handle<C>, C> Message for Ask<A, C> {
    type Result = ();
}

/// An effect on an aggregate.
pub(super) struct Effected<A: Aggregate> {
    pub key: A::Key,
    pub effect: A::Effect,
}

impl<A: Aggregate> Message for Effected<A> {
    type Result = ();
}

/// Where an actor belongs.
pub(super) enum Residency<A: Aggregate> {
    /// It serves one key, and leaves when that is idle.
    OfKey(Registration<A>),
    /// It serves the keys of a shard for as long as its thread lives.
    OfShard(Place<A>),
}

impl<A: Aggregate> Residency<A> {
    /// Whether messages for this key belong here (A1 of `registry`, B1 of `shards`).
    fn serves(&self, key: A::Key) -> bool {
        match self {
            Self::OfKey(registration) => registration.key() == key,
            Self::OfShard(place) => place.serves(key),
        }
    }

    fn load(&self, key: A::Key) -> BoxFuture<Loaded<A>> {
        match self {
            Self::OfKey(registration) => registration.load(),
            Self::OfShard(place) => place.load(key),
        }
    }
}

/// An actor that hosts aggregates.
pub struct HostActor<A: Aggregate> {
    common: Arc<Common<A>>,
    host: Host<A>,
    replies: Rc<Replies>,
    residency: Residency<A>,
    is_draining: bool,
    loads_in_flight: usize,
    loads_waiting: VecDeque<A::Key>,
    counted: f64,
}

impl<A: Aggregate> HostActor<A> {
    /// Call on the thread that it will live on.
    pub(super) fn new(common: Arc<Common<A>>, residency: Residency<A>) -> Self {
        let replies = Replies::of_this_thread(common.recorder.journal());
        let host = Host::new(common.keeping);
        let (loads_in_flight, loads_waiting) = (0, VecDeque::new());
        Self { common, host, replies, residency, is_draining: false, loads_in_flight, loads_waiting, counted: 0.0 }
    }

    fn load(&mut self, key: A::Key, ctx: &mut Context<Self>) {
        if self.loads_in_flight >= LOADS_MAX {
            return self.loads_waiting.push_back(key);
        }
        self.loads_in_flight += 1;
        let load = self.residency.load(key);
        ctx.spawn(load.into_actor(self).map(move |loaded, actor, ctx| actor.loaded(key, loaded, ctx)));
    }

    fn loaded(&mut self, key: A::Key, loaded: Loaded<A>, ctx: &mut Context<Self>) {
        self.loads_in_flight -= 1;
        self.host.loaded(key, loaded, (&*self.common.shared, &self.common.recorder));
        if let Residency::OfKey(registration) = &self.residency {
            registration.loaded();
        }
        self.count();
        if let Some(next) = self.loads_waiting.pop_front() {
            self.load(next, ctx);
        }
    }

    fn count(&mut self) {
        let resident = self.host.resident() as f64;
        self.common.resident.increment(resident - self.counted);
        self.counted = resident;
    }

    /// Lets go of what is idle, and loads what effects wait for.
    fn keep_house(&mut self, ctx: &mut Context<Self>) {
        let now = self.common.recorder.clock().now();
        for key in self.host.due(now) {
            self.load(key, ctx);
        }
        match &self.residency {
            Residency::OfShard(place) => {
                self.host.passivate(now, place.projected(), IDLE_LOOKS);
            }
            Residency::OfKey(registration) => {
                if !self.is_draining && self.host.may_leave(registration.key(), now, registration.projected()) {
                    self.is_draining = registration.drain(self.host.get(registration.key()).map(A::last_record));
                }
                // A full mailbox leaves no room for the marker: the next look puts it in.
                if self.is_draining && ctx.address().try_send(MailboxDry).is_err() {
                    tracing::debug!("mailbox of a leaving {} is full", A::NAME);
                }
            }
        }
        self.count();
    }
}

/// Behind every message that came before the actor began to leave.
struct MailboxDry;

impl Message for MailboxDry {
    type Result = ();
}

impl<A: Aggregate> Handler<MailboxDry> for HostActor<A> {
    type Result = ();

    fn handle(&mut self, _: MailboxDry, ctx: &mut Self::Context) {
        if let (true, Residency::OfKey(registration)) = (self.is_draining, &self.residency) {
            registration.drained();
            ctx.stop();
        }
    }
}

impl<A: Aggregate> Actor for HostActor<A> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let every = match &self.residency {
            Residency::OfKey(registration) => registration.idle_check(),
            Residency::OfShard(place) => place.idle_check(),
        };
        ctx.run_interval(every, |actor, ctx| actor.keep_house(ctx));
    }
}

impl<A: Aggregate> Drop for HostActor<A> {
    fn drop(&mut self) {
        self.common.resident.decrement(self.counted);
        if std::thread::panicking() {
            if self.host.is_relied_on() {
                // A coordinator would commit an order for pieces that a successor has sold again. The next start has no holds, and no
                // coordinators either.
                tracing::error!("an actor of kind {} panicked while others relied on its memory; the process ends", A::NAME);
                std::process::abort();
            }
            tracing::error!("an actor of kind {} panicked; its successor loads from the database", A::NAME);
            match &self.residency {
                Residency::OfKey(registration) => registration.crashed(),
                Residency::OfShard(place) => place.crashed(),
            }
        }
    }
}

impl<A, C> Handler<Ask<A, C>> for HostActor<A>
where
    A: Handle<C>,
    C: Send + 'static,
{
    type Result = ();

    fn handle(&mut self, message: Ask<A, C>, ctx: &mut Self::Context) {
        let Ask { key, provenance, command, reply, counted } = message;
        drop(counted);
        if self.is_draining {
            return drop(reply.send(Reply::HandedBack));
        }
        debug_assert!(self.residency.serves(key), "A1: a {} has a command for {key}, which is another actor's", A::NAME);
        let since = Instant::now();
        let queue = self.replies.queue::<A::Reply>();
        let next = self.host.ask(key, command, provenance, (&*self.common.shared, &self.common.recorder), move |answer| {
            queue.answer(answer, reply);
        });
        if next == Next::Load {
            self.load(key, ctx);
        }
        self.common.handling.record(since.elapsed());
    }
}

impl<A: Aggregate> Handler<Effected<A>> for HostActor<A> {
    type Result = ();

    fn handle(&mut self, Effected { key, effect }: Effected<A>, ctx: &mut Self::Context) {
        debug_assert!(self.residency.serves(key), "A1: a {} has an effect on {key}, which is another actor's", A::NAME);
        match &self.residency {
            Residency::OfKey(registration) if self.is_draining => registration.park(effect),
            _ => {
                if self.host.effect(key, effect, &self.common.shared, self.common.recorder.clock().now()) == Next::Load {
                    self.load(key, ctx);
                }
            }
        }
    }
}
