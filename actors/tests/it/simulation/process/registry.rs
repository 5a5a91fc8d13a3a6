//! Actors, one a SKU, each with the server's own host in it. Modelled is what actix does: mailboxes, and what a registry does between
//! threads: entries, loads on their way, effects parked for a successor.

use std::collections::VecDeque;

use mallcore_actors::kernel::Aggregate;
use mallcore_actors::kernel::host::{Host, Keeping, Loaded, Next};
use mallcore_actors::registry::lifecycle::{Generation, Idle, Lifecycle, Route};
use mallcore_actors::stock::SkuEffect;

use super::asks::Letter;
use super::*;

/// Messages that fit into a mailbox.
const MAILBOX_CAPACITY: usize = 48;

enum Mail {
    Ask(Letter),
    Effect(SkuEffect),
    /// Behind every message that came before the actor began to leave.
    MailboxDry,
}

/// What an actor's state comes from.
enum Load {
    /// It waits for its row, which has to have every record up to this one.
    Wanted(Sequence),
    /// On its way back to the actor.
    Brought(Box<Loaded<Sku>>),
}

/// Whose death a panic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    Nobody,
    OfTheActor,
    /// A coordinator relies on holds that are in the actor's memory alone.
    OfTheProcess,
}

/// What an actor's turn finds.
pub struct Turn<'a> {
    pub host: &'a mut Host<Sku>,
    pub engine: &'a Engine,
    pub replies: &'a Replies,
    pub is_draining: bool,
}

struct Actor {
    life: Lifecycle,
    mailbox: VecDeque<Mail>,
    host: Host<Sku>,
    is_draining: bool,
    load: Option<Load>,
}

/// Effects that met a leaving actor; those out of its mailbox were sent before the others.
#[derive(Default)]
struct Parked {
    by_actor: Vec<SkuEffect>,
    direct: Vec<SkuEffect>,
}

/// The actors in memory.
pub struct Registry {
    engine: Arc<Engine>,
    keeping: Keeping,
    actors: BTreeMap<SkuId, Actor>,
    generations: u64,
    warm: BTreeMap<SkuId, Stock>,
    /// The journal's end when actors died.
    crashed: BTreeMap<SkuId, Sequence>,
    parked: BTreeMap<SkuId, Parked>,
}

impl Registry {
    pub fn new(engine: Arc<Engine>, keeping: Keeping, warm: BTreeMap<SkuId, Stock>) -> Self {
        let (actors, crashed, parked) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { engine, keeping, actors, generations: 0, warm, crashed, parked }
    }

    fn find_or_start(&mut self, sku: SkuId) -> &mut Actor {
        let Self { actors, generations, parked, keeping, .. } = self;
        actors.entry(sku).or_insert_with(|| {
            *generations += 1;
            let parked = parked.remove(&sku).unwrap_or_default();
            let effects = parked.by_actor.into_iter().chain(parked.direct);
            Actor {
                life: Lifecycle::starting(Generation(*generations)),
                mailbox: effects.map(Mail::Effect).collect(),
                host: Host::new(*keeping),
                is_draining: false,
                load: None,
            }
        })
    }

    /// A command for an actor; handed back at once while one is leaving, refused by a full mailbox.
    pub fn post(&mut self, sku: SkuId, letter: Letter) -> Result<(), Option<Unavailable>> {
        let actor = self.find_or_start(sku);
        match actor.life.route() {
            Route::HandBack => Err(None),
            Route::Deliver if actor.mailbox.len() >= MAILBOX_CAPACITY => Err(Some(Unavailable::Busy)),
            Route::Deliver => {
                actor.mailbox.push_back(Mail::Ask(letter));
                Ok(())
            }
        }
    }

    pub fn effect(&mut self, sku: SkuId, effect: SkuEffect) {
        let actor = self.find_or_start(sku);
        match actor.life.route() {
            Route::Deliver => actor.mailbox.push_back(Mail::Effect(effect)),
            Route::HandBack => self.parked.entry(sku).or_default().direct.push(effect),
        }
    }

    pub fn resident(&self) -> Vec<SkuId> {
        self.actors.keys().copied().collect()
    }

    pub fn get(&self, sku: SkuId) -> Option<&Sku> {
        self.actors.get(&sku)?.host.get(sku)
    }

    /// SKUs whose actors have something to do; `projected` is what the database is known to have.
    pub fn runnable(&self, projected: Sequence) -> Vec<SkuId> {
        let can_run = |actor: &Actor| !actor.mailbox.is_empty() || actor.can_load(projected);
        self.actors.iter().filter(|(_, actor)| can_run(actor)).map(|(sku, _)| *sku).collect()
    }

    /// One step of one actor: its next message, or its state a step nearer.
    pub fn step(&mut self, sku: SkuId, replies: &Replies, database: &Database, projected: Sequence, prefers_load: bool) {
        let engine = Arc::clone(&self.engine);
        let Some(actor) = self.actors.get_mut(&sku) else { return };
        if actor.can_load(projected) && (prefers_load || actor.mailbox.is_empty()) {
            return self.step_load(sku, database);
        }
        let is_draining = actor.is_draining;
        let next = match actor.mailbox.pop_front() {
            None => Next::Done,
            Some(Mail::Ask(letter)) => letter(&mut Turn { host: &mut actor.host, engine: &engine, replies, is_draining }),
            Some(Mail::Effect(effect)) if is_draining => {
                self.parked.entry(sku).or_default().by_actor.push(effect);
                Next::Done
            }
            Some(Mail::Effect(effect)) => actor.host.effect(sku, effect, &engine, engine.clock().now()),
            Some(Mail::MailboxDry) => return self.drained(sku),
        };
        if next == Next::Load {
            self.begin_load(sku);
        }
        self.check(sku);
    }

    /// The idle check of an actor; true if it begins to leave.
    pub fn keep_house(&mut self, sku: SkuId, projected: Sequence) -> bool {
        let now = self.engine.clock().now();
        let Some(actor) = self.actors.get_mut(&sku) else { return false };
        let begins_load = !actor.host.due(now).is_empty();
        let mut begins_to_leave = false;
        if !actor.is_draining && actor.host.may_leave(sku, now, projected) {
            let last = actor.host.get(sku).map(Aggregate::last_record).unwrap_or_default();
            begins_to_leave = actor.life.drain(&Idle { last, projected, owed: 0 }).is_ok();
            actor.is_draining = begins_to_leave;
        }
        if begins_to_leave {
            actor.mailbox.push_back(Mail::MailboxDry);
        }
        if begins_load {
            self.begin_load(sku);
        }
        begins_to_leave
    }

    /// The actor dies with what is in its mailbox.
    pub fn kill(&mut self, sku: SkuId) -> Death {
        let Some(actor) = self.actors.get(&sku) else { return Death::Nobody };
        if actor.host.is_relied_on() {
            return Death::OfTheProcess;
        }
        self.actors.remove(&sku);
        self.crashed.insert(sku, self.engine.journal().last_enqueued());
        // The row that its successor waits for has all of this.
        self.parked.remove(&sku);
        self.warm.remove(&sku);
        Death::OfTheActor
    }

    fn drained(&mut self, sku: SkuId) {
        let Some(actor) = self.actors.get_mut(&sku) else { return };
        let generation = actor.life.generation();
        if actor.life.drained().is_some() && actor.life.may_remove(generation) {
            // Commands behind the marker are lost, and asked again; an effect must not be there.
            let is_effect = |mail: &Mail| matches!(mail, Mail::Effect(_));
            assert!(!actor.mailbox.iter().any(is_effect), "an effect was lost with its actor");
            self.actors.remove(&sku);
            if self.parked.contains_key(&sku) {
                self.find_or_start(sku);
            }
        }
    }

    fn begin_load(&mut self, sku: SkuId) {
        let warm = self.warm.remove(&sku).map(|stock| {
            let last = stock.version();
            Load::Brought(Box::new(Loaded::Read(Some(Sku::new(stock)), last)))
        });
        let floor = self.crashed.get(&sku).copied().unwrap_or_default();
        let Some(actor) = self.actors.get_mut(&sku) else { return };
        assert!(actor.load.is_none(), "{sku} is loaded twice at a time");
        actor.load = Some(warm.unwrap_or(Load::Wanted(floor)));
    }

    fn step_load(&mut self, sku: SkuId, database: &Database) {
        let Some(actor) = self.actors.get_mut(&sku) else { return };
        match actor.load.take() {
            None => {}
            Some(Load::Wanted(floor)) => {
                let loaded = if database.is_up {
                    let (stock, checkpoint) = database.load_stock(sku);
                    assert!(checkpoint >= floor, "the database went back");
                    Loaded::Read(Some(Sku::new(stock)), checkpoint)
                } else {
                    Loaded::Failed
                };
                actor.load = Some(Load::Brought(Box::new(loaded)));
            }
            Some(Load::Brought(loaded)) => {
                actor.host.loaded(sku, *loaded, (&self.engine, &self.engine.recorder));
                actor.life.loaded();
                self.check(sku);
            }
        }
    }

    /// Waiting for the database to catch up has taken too long.
    pub fn give_up_loading(&mut self, sku: SkuId) {
        if let Some(Actor { load: Some(load @ Load::Wanted(_)), .. }) = self.actors.get_mut(&sku) {
            *load = Load::Brought(Box::new(Loaded::Failed));
        }
    }

    fn check(&self, sku: SkuId) {
        if let Some(aggregate) = self.get(sku) {
            assert_eq!(aggregate.broken(), None, "{aggregate:?}");
            assert!(aggregate.stock().quotas().iter().all(|quota| quota.broken_limit().is_none()), "Q2");
        }
    }

    pub fn leftover(&self) -> Option<String> {
        let mut serving = self.actors.keys().filter_map(|sku| Some((*sku, self.get(*sku)?.holds())));
        let held = serving.find(|(_, holds)| !holds.is_empty()).map(|(sku, holds)| format!("{sku}: {holds:?}"));
        held.or_else(|| (!self.parked.is_empty()).then(|| format!("parked for ever for {:?}", self.parked.keys())))
    }
}

impl Actor {
    fn can_load(&self, projected: Sequence) -> bool {
        match &self.load {
            None => false,
            Some(Load::Wanted(floor)) => *floor <= projected,
            Some(Load::Brought(_)) => true,
        }
    }
}
