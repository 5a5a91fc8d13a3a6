//! Aggregates of one kind in memory: loading, handling, keeping, passivation. No I/O, no clock, no async: the actix shells (`registry`,
//! `shards`) and the simulator drive the same code.
//! - T1 A command is handled only by an aggregate that is loaded; until then it waits, bounded, in the order of arrival.
//! - T2 An effect is never refused: it waits for the aggregate, however long loading takes. What a host had not handled when
//!   it died is its shell's to bring again.
//! - T3 An aggregate leaves memory only when it is settled, nothing waits for it, and its last record is projected.
//! - T4 A command that panics while it decides changes nothing and takes nobody along: it alone is answered `outcome_unknown`.
//! - T5 A reply relies on a record that is queued already.
//!
//! Effects reach an aggregate later than its own commands of the same time. So an effect has to commute with whatever the aggregate commits
//! itself (stock effects are deltas); what does not commute has to be a command, decided in the aggregate's turn.
//!
//! Not here: where rows come from (`Loader` of the shells), mailboxes, when answers leave (`replies`).

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hashbrown::HashMap;

use super::aggregate::{Aggregate, Handle, Settled};
use super::transaction::{Provenance, Recorder, Transaction};
use crate::journal::Sequence;
use crate::refusal::{Answer, Unavailable};
use crate::time::Timestamp;

/// What the shell has to do after it handed something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Next {
    /// There is nothing to do.
    Done,
    /// Load the aggregate and call [`Host::loaded`].
    Load,
}

/// What loading brought.
#[derive(Debug)]
pub enum Loaded<A> {
    /// The aggregate, none if there is no row, as of the last record that the database had.
    Read(Option<A>, Sequence),
    /// The database did not answer.
    Failed,
}

/// How a host keeps its aggregates.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    /// Commands that may wait for one aggregate to be loaded.
    pub waiting_max: usize,
    /// Commands that may wait in all.
    pub waiting_total_max: usize,
    /// After so many milliseconds without a command an aggregate may leave.
    pub idle_millis: u64,
    /// So many milliseconds after a load that failed or found no row the next one may begin; until then callers are told `warming`, or that
    /// there is none.
    pub reload_millis: u64,
}

/// What a command that waited finds.
enum Found<'a, A> {
    Present(&'a mut A),
    Absent,
    Away,
}

/// A command that waits for its aggregate, with its reply.
type Run<A> = Box<dyn FnOnce(Found<'_, A>, &<A as Aggregate>::Shared, &mut Transaction<'_>)>;

struct Waiting<A: Aggregate> {
    provenance: Provenance,
    run: Run<A>,
}

enum State<A: Aggregate> {
    Loading(VecDeque<Waiting<A>>),
    Ready(A),
    /// There was no row; it may be looked for again then, however often it is asked for meanwhile.
    Absent(Timestamp),
    /// Loading failed; the next one may begin then.
    Away(Timestamp),
}

struct Cell<A: Aggregate> {
    state: State<A>,
    /// Effects that wait for the aggregate.
    effects: VecDeque<A::Effect>,
    asked_at: Timestamp,
}

/// The aggregates of one kind that one actor serves.
pub struct Host<A: Aggregate> {
    cells: HashMap<A::Key, Cell<A>, foldhash::fast::FixedState>,
    /// Every cell once, by a time at or before which it was last asked for: the front ones may be idle.
    idle: VecDeque<(Timestamp, A::Key)>,
    keeping: Keeping,
    /// Commands that wait for their aggregates.
    waiting: usize,
    /// Kept to save an allocation a record.
    scratch: Vec<u8>,
}

impl<A: Aggregate> Host<A> {
    /// Nothing in memory.
    pub fn new(keeping: Keeping) -> Self {
        let scratch = Vec::with_capacity(512);
        Self { cells: HashMap::default(), idle: VecDeque::new(), keeping, waiting: 0, scratch }
    }

    /// Handles a command, or keeps it until its aggregate is loaded. `reply` is called exactly once, now or then.
    pub fn ask<C>(
        &mut self,
        key: A::Key,
        command: C,
        provenance: Provenance,
        (shared, recorder): (&A::Shared, &Recorder),
        reply: impl FnOnce(Answer<Settled<A::Reply>>) + 'static,
    ) -> Next
    where
        A: Handle<C>,
        C: 'static,
    {
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut transaction = recorder.begin(provenance, &mut scratch);
        let now = transaction.now();
        let (waiting_max, is_full) = (self.keeping.waiting_max, self.waiting >= self.keeping.waiting_total_max);
        let cell = self.cell(key, now);
        cell.asked_at = now;
        let (mut next, mut waits) = (Next::Done, false);
        match &mut cell.state {
            State::Ready(aggregate) => reply(handled(aggregate, command, shared, &mut transaction)),
            State::Absent(until) if now < *until => reply(Ok(Err(A::ABSENT))),
            State::Away(until) if now < *until => reply(Err(Unavailable::Warming)),
            State::Loading(waiting) if is_full || waiting.len() >= waiting_max => reply(Err(Unavailable::Busy)),
            State::Absent(_) | State::Away(_) if is_full => reply(Err(Unavailable::Busy)),
            State::Loading(waiting) => {
                waiting.push_back(waiting_for(command, provenance, reply));
                waits = true;
            }
            State::Absent(_) | State::Away(_) => {
                cell.state = State::Loading(VecDeque::from([waiting_for(command, provenance, reply)]));
                (next, waits) = (Next::Load, true);
            }
        }
        self.waiting += usize::from(waits);
        debug_assert!(self.waiting <= self.keeping.waiting_total_max, "T1: {} commands wait", self.waiting);
        self.scratch = scratch;
        next
    }

    /// Makes an effect so, or keeps it until its aggregate is loaded.
    pub fn effect(&mut self, key: A::Key, effect: A::Effect, shared: &A::Shared, now: Timestamp) -> Next {
        let cell = self.cell(key, now);
        match &mut cell.state {
            State::Ready(aggregate) => {
                aggregate.effect(effect, shared);
                Next::Done
            }
            State::Loading(_) => {
                cell.effects.push_back(effect);
                Next::Done
            }
            State::Absent(until) | State::Away(until) => {
                let is_due = now >= *until;
                cell.effects.push_back(effect);
                if !is_due {
                    return Next::Done;
                }
                cell.state = State::Loading(VecDeque::new());
                Next::Load
            }
        }
    }

    /// Takes in what loading brought: effects that waited first, then commands, each in the order of arrival.
    pub fn loaded(&mut self, key: A::Key, loaded: Loaded<A>, (shared, recorder): (&A::Shared, &Recorder)) {
        let Some(cell) = self.cells.get_mut(&key) else { return };
        let State::Loading(waiting) = &mut cell.state else { return };
        let waiting = std::mem::take(waiting);
        self.waiting -= waiting.len();
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut run = |waiting: Waiting<A>, found: Found<'_, A>| {
            let mut transaction = recorder.begin(waiting.provenance, &mut scratch);
            (waiting.run)(found, shared, &mut transaction);
        };
        let (found, checkpoint) = match loaded {
            Loaded::Read(found, checkpoint) => (found.or_else(|| A::absent(key)), checkpoint),
            Loaded::Failed => {
                cell.state = State::Away(recorder.clock().now().plus_millis(self.keeping.reload_millis));
                waiting.into_iter().for_each(|waiting| run(waiting, Found::Away));
                self.scratch = scratch;
                return;
            }
        };
        match found {
            None => {
                cell.state = State::Absent(recorder.clock().now().plus_millis(self.keeping.reload_millis));
                // Whatever they are about, there is nothing to bring up to date.
                cell.effects.clear();
                waiting.into_iter().for_each(|waiting| run(waiting, Found::Absent));
            }
            Some(mut aggregate) => {
                aggregate.loaded_through(checkpoint);
                aggregate.activated(shared);
                cell.effects.drain(..).for_each(|effect| aggregate.effect(effect, shared));
                assert_eq!(aggregate.broken(), None, "{} {key} as loaded", A::NAME);
                waiting.into_iter().for_each(|waiting| run(waiting, Found::Present(&mut aggregate)));
                cell.state = State::Ready(aggregate);
            }
        }
        self.scratch = scratch;
    }

    /// Keys whose loading brought nothing, whose pause is over, and for which effects wait: the shell loads each.
    pub fn due(&mut self, now: Timestamp) -> Vec<A::Key> {
        let mut due = Vec::new();
        for (key, cell) in &mut self.cells {
            if matches!(cell.state, State::Absent(until) | State::Away(until) if until <= now) && !cell.effects.is_empty() {
                cell.state = State::Loading(VecDeque::new());
                due.push(*key);
            }
        }
        due.sort_unstable();
        due
    }

    /// Lets go of idle aggregates that the database has, at most `most` looked at. Returns how many left.
    pub fn passivate(&mut self, now: Timestamp, projected: Sequence, most: usize) -> usize {
        let mut left = 0;
        for _ in 0..most {
            let Some(&(seen, key)) = self.idle.front() else { break };
            if now.millis_since(seen) < self.keeping.idle_millis {
                break;
            }
            self.idle.pop_front();
            if self.may_leave(key, now, projected) {
                if let Some(Cell { state: State::Ready(aggregate), .. }) = self.cells.remove(&key) {
                    assert!(!aggregate.is_relied_on(), "T3: {} {key} leaves with what others rely on", A::NAME);
                    assert!(aggregate.last_record() <= projected, "T3: {} {key} leaves before the database has it", A::NAME);
                }
                left += 1;
            } else if let Some(cell) = self.cells.get(&key) {
                // Asked for since, or not to be let go yet: looked at again after as long.
                let from = if now.millis_since(cell.asked_at) < self.keeping.idle_millis { cell.asked_at } else { now };
                self.idle.push_back((from, key));
            }
        }
        debug_assert_eq!(self.idle.len(), self.cells.len(), "T3: a {} is looked at twice or never again", A::NAME);
        left
    }

    /// T3, for one key: idle for long enough, settled, projected, and nothing waits.
    pub fn may_leave(&self, key: A::Key, now: Timestamp, projected: Sequence) -> bool {
        let Some(cell) = self.cells.get(&key) else { return true };
        if now.millis_since(cell.asked_at) < self.keeping.idle_millis || !cell.effects.is_empty() {
            return false;
        }
        match &cell.state {
            State::Ready(aggregate) => aggregate.is_settled() && aggregate.last_record() <= projected,
            State::Absent(_) => true,
            State::Away(until) => *until <= now,
            State::Loading(_) => false,
        }
    }

    /// The aggregate, if it is loaded.
    pub fn get(&self, key: A::Key) -> Option<&A> {
        match &self.cells.get(&key)?.state {
            State::Ready(aggregate) => Some(aggregate),
            State::Loading(_) | State::Absent(_) | State::Away(_) => None,
        }
    }

    /// Whether somebody acts on what only the memory of one of them has.
    pub fn is_relied_on(&self) -> bool {
        self.cells.values().any(|cell| matches!(&cell.state, State::Ready(aggregate) if aggregate.is_relied_on()))
    }

    /// Aggregates in memory or on their way there.
    pub fn resident(&self) -> usize {
        self.cells.len()
    }

    /// Finds a cell, or makes one that wants to be loaded: `Away` since ever, so the caller's match begins the load.
    fn cell(&mut self, key: A::Key, now: Timestamp) -> &mut Cell<A> {
        let idle = &mut self.idle;
        self.cells.entry(key).or_insert_with(|| {
            idle.push_back((now, key));
            Cell { state: State::Away(Timestamp::default()), effects: VecDeque::new(), asked_at: now }
        })
    }
}

/// T4: a panic while deciding is one command's. One while applying aborts the process (`Transaction::commit`).
fn handled<A: Handle<C>, C>(
    aggregate: &mut A,
    command: C,
    shared: &A::Shared,
    transaction: &mut Transaction<'_>,
) -> Answer<Settled<A::Reply>> {
    let answer = catch_unwind(AssertUnwindSafe(|| aggregate.handle(command, shared, transaction))).unwrap_or_else(|_| {
        tracing::error!("a command to a {} panicked while it was decided; nothing was recorded", A::NAME);
        Err(Unavailable::OutcomeUnknown)
    });
    debug_assert!(relies_on_what_is_queued(&answer, transaction), "T5: an answer of a {} would wait for ever", A::NAME);
    debug_assert_eq!(aggregate.broken(), None, "a {} after a command", A::NAME);
    answer
}

/// Whether the record that a reply relies on is in the journal already (T5).
fn relies_on_what_is_queued<T>(answer: &Answer<Settled<T>>, transaction: &Transaction<'_>) -> bool {
    !matches!(answer, Ok(Ok(settled)) if settled.relies_on > transaction.last_enqueued())
}

fn waiting_for<A, C>(command: C, provenance: Provenance, reply: impl FnOnce(Answer<Settled<A::Reply>>) + 'static) -> Waiting<A>
where
    A: Handle<C>,
    C: 'static,
{
    let run: Run<A> = Box::new(move |found, shared, transaction| {
        reply(match found {
            Found::Present(aggregate) => handled(aggregate, command, shared, transaction),
            Found::Absent => Ok(Err(A::ABSENT)),
            Found::Away => Err(Unavailable::Warming),
        });
    });
    Waiting { provenance, run }
}

impl<A: Aggregate> std::fmt::Debug for Host<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("kind", &A::NAME).field("resident", &self.cells.len()).finish_non_exhaustive()
    }
}
