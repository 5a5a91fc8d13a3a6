//! What the kernel asks of an aggregate. Rules are inherent functions of the aggregate (`decide_…`); here is how it is hosted.

use std::fmt;
use std::hash::Hash;

use super::transaction::{Committed, Transaction};
use crate::journal::Sequence;
use crate::refusal::{Answer, Refusal};

/// An aggregate as a host keeps it: state in memory, a fold of its facts. Runs in one actor's turn at a time; nothing in it may wait.
pub trait Aggregate: Sized + Send + Sync + Unpin + 'static {
    /// What it is found by.
    type Key: Copy + Eq + Ord + Hash + fmt::Debug + fmt::Display + Send + Sync + Unpin + 'static;
    /// What all aggregates of this kind share: limits, meters, machines behind short locks.
    type Shared: Send + Sync + 'static;
    /// What others' records, and the coordinator, do to it: never refused.
    type Effect: Send + Sync + Unpin + 'static;

    /// The label `actor` of its metrics.
    const NAME: &'static str;
    /// What a command gets that names a key without an aggregate.
    const ABSENT: Refusal;

    /// The aggregate of a key that has no row, if such a key has one: an empty cart is a cart, a SKU without a row is none.
    fn absent(_key: Self::Key) -> Option<Self> {
        None
    }

    /// Makes a record so that is read from the journal: at start, or above what a row has. Changes nothing if the state has it already.
    fn apply(&mut self, committed: &Committed);

    /// Loading has brought every record up to this one, whether it concerned this aggregate or not.
    fn loaded_through(&mut self, checkpoint: Sequence);

    /// It has been loaded and serves from now on.
    fn activated(&mut self, _shared: &Self::Shared) {}

    /// Makes an effect so. One that its state already has (its record is at or below what was loaded) changes nothing.
    fn effect(&mut self, effect: Self::Effect, shared: &Self::Shared);

    /// The last record in its state.
    fn last_record(&self) -> Sequence;

    /// Whether it may leave memory once its last record is projected: nobody relies on what only memory has.
    fn is_settled(&self) -> bool;

    /// Whether somebody acts on what only its memory has, as a coordinator does on pieces that it holds. Losing it is worse than a restart of
    /// the process: a successor would not know what it has promised.
    fn is_relied_on(&self) -> bool {
        false
    }

    /// The invariant that does not hold, if any.
    fn broken(&self) -> Option<&'static str>;
}

/// A command that an aggregate takes. `handle` decides, commits through the transaction, and applies, in that order: a refusal or a full
/// journal leaves nothing behind.
pub trait Handle<C>: Aggregate {
    /// What comes back.
    type Reply: Send + 'static;

    /// Carries the command out.
    ///
    /// # Errors
    /// `Ok(Err(_))` when the rules refuse it, `Err(_)` when it cannot be carried out now.
    fn handle(&mut self, command: C, shared: &Self::Shared, transaction: &mut Transaction<'_>) -> Answer<Settled<Self::Reply>>;
}

/// A reply, and the record that it relies on: it leaves when that record is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled<T> {
    /// What is answered.
    pub reply: T,
    /// The last record that the reply tells of; 0 if it tells of none.
    pub relies_on: Sequence,
}

impl<T> Settled<T> {
    /// A reply that relies on this record.
    pub const fn on(relies_on: Sequence, reply: T) -> Self {
        Self { reply, relies_on }
    }
}
