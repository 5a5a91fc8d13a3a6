//! An order over several aggregates: tentative holds one after the other, one record, then confirmation.
//! - C1 Participants are asked in one order, the same for everybody: whoever waits, waits for somebody further on, who does not wait for him.
//! - C2 Before the record is queued, any failure releases every participant that was asked; after it, every participant is confirmed.
//! - C3 There is exactly one answer.
//!
//! The shell carries out the actions in their order; between [`Action::Commit`] and its outcome it awaits nothing. Whatever ends the shell
//! (a panic, a shutdown) feeds [`Input::Abandoned`] from a guard. Not here: who grants (`stock::Holds`), the record (`orders::placing`).

use smallvec::SmallVec;

use crate::ids::SkuId;
use crate::journal::Sequence;
use crate::quantity::Quantity;
use crate::refusal::{Refusal, Unavailable};

/// The most participants of one order.
pub const PARTICIPANTS_MAX: usize = 100;

/// An aggregate that can hold something. Its order (kind, id) is the global one: append kinds, never reorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Participant {
    /// Pieces of a SKU outside flash sales.
    Stock(SkuId),
}

/// A basket that cannot be coordinated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBasket {
    /// Nothing in it.
    #[error("the basket is empty")]
    Empty,
    /// Too many different things.
    #[error("a basket has at most {PARTICIPANTS_MAX} different items")]
    TooMany,
    /// Too many pieces of one thing.
    #[error("the pieces of one item are no quantity")]
    Quantity,
}

/// What the coordinator is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The participant that was asked last holds what was wanted (at once or after waiting).
    Granted,
    /// The rules say no: a participant, or the check under the lock before the record is queued.
    Refused(Refusal),
    /// It cannot be taken now: a full mailbox, a full queue, a full journal.
    Unavailable(Unavailable),
    /// The record is queued.
    Enqueued(Sequence),
    /// It has taken too long.
    TimedOut,
    /// Nobody drives this coordinator any more.
    Abandoned,
}

/// What the shell has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Ask for a hold.
    Hold(Participant, Quantity),
    /// Everything is held: decide what else there is to decide, queue the record, and say how it went.
    Commit,
    /// Tell that the record is queued.
    Confirm(Participant, Sequence),
    /// Give back, whether granted, waiting or still on its way.
    Release(Participant),
    /// Answer the request: the last action of all.
    Answer(Outcome),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The record is queued here; it may be shown once that is durable.
    Placed(Sequence),
    /// The rules said no; nothing is held.
    Refused(Refusal),
    /// It could not be taken; nothing is held.
    Unavailable(Unavailable),
}

/// Actions, in order.
pub type Actions = SmallVec<[Action; 4]>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The participant at this place has been asked.
    Asked(usize),
    /// Everything is held.
    Committing,
    /// The request has its answer.
    Done,
}

/// One order on its way.
#[derive(Debug)]
pub struct Coordinator {
    wants: SmallVec<[(Participant, Quantity); 4]>,
    state: State,
}

impl Coordinator {
    /// Sorts and merges what is wanted, and asks the first participant.
    pub fn start(wants: impl IntoIterator<Item = (Participant, Quantity)>) -> Result<(Self, Action), BadBasket> {
        let mut merged: SmallVec<[(Participant, Quantity); 4]> = SmallVec::new();
        for (participant, quantity) in wants {
            let known = merged.iter().position(|known| known.0 == participant);
            match known.and_then(|place| merged.get_mut(place)) {
                Some(known) => known.1 = Quantity::new(known.1.get() + quantity.get()).map_err(|_| BadBasket::Quantity)?,
                None => merged.push((participant, quantity)),
            }
            if merged.len() > PARTICIPANTS_MAX {
                return Err(BadBasket::TooMany);
            }
        }
        merged.sort_unstable_by_key(|want| want.0);
        debug_assert!(merged.windows(2).all(|pair| pair[0].0 < pair[1].0), "C1: participants are not in the one order: {merged:?}");
        let &(first, quantity) = merged.first().ok_or(BadBasket::Empty)?;
        Ok((Self { wants: merged, state: State::Asked(0) }, Action::Hold(first, quantity)))
    }

    /// Takes in what happened and says what to do. Total: what comes too late changes nothing.
    pub fn step(&mut self, input: Input) -> Actions {
        match (self.state, input) {
            (State::Done, _) => Actions::new(),
            (State::Asked(place), Input::Granted) => match self.wants.get(place + 1) {
                Some(&(next, quantity)) => {
                    self.state = State::Asked(place + 1);
                    Actions::from_slice(&[Action::Hold(next, quantity)])
                }
                None => {
                    self.state = State::Committing;
                    Actions::from_slice(&[Action::Commit])
                }
            },
            (State::Committing, Input::Enqueued(sequence)) => self.confirm(sequence),
            (State::Committing, Input::Granted) | (State::Asked(_), Input::Enqueued(_)) => Actions::new(),
            (_, Input::Refused(refusal)) => self.undo(Outcome::Refused(refusal)),
            (_, Input::Unavailable(cause)) => self.undo(Outcome::Unavailable(cause)),
            (_, Input::TimedOut | Input::Abandoned) => self.undo(Outcome::Unavailable(Unavailable::Busy)),
        }
    }

    /// Whether it has been answered.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    fn confirm(&mut self, sequence: Sequence) -> Actions {
        assert_eq!(self.state, State::Committing, "C2: {sequence} is confirmed before everything is held");
        self.state = State::Done;
        let confirmed = self.wants.iter().map(|want| Action::Confirm(want.0, sequence));
        confirmed.chain([Action::Answer(Outcome::Placed(sequence))]).collect()
    }

    /// Releases all that were asked, the last first, the one whose answer is outstanding too.
    fn undo(&mut self, outcome: Outcome) -> Actions {
        assert_ne!(self.state, State::Done, "C3: a second answer: {outcome:?}");
        let asked = match self.state {
            State::Asked(place) => place + 1,
            State::Committing | State::Done => self.wants.len(),
        };
        self.state = State::Done;
        let released = self.wants[..asked].iter().rev().map(|want| Action::Release(want.0));
        released.chain([Action::Answer(outcome)]).collect()
    }
}
