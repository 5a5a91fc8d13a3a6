//! How an aggregate comes into memory and leaves it again, as a machine without I/O. The registry has one [`Lifecycle`] an entry, under
//! that entry's lock.
//! - L1 At most one generation of an aggregate is in memory: a successor starts only when the entry of its predecessor is gone.
//! - L2 An entry is removed only by its own generation; a late removal of an earlier one finds another generation and does nothing.
//! - L3 It leaves only when nothing is owed: its last record is projected, nothing is held, nobody waits for its answer.
//! - L4 What it loads is complete: row and checkpoint come from one read transaction, its predecessor left only when all of it was projected
//!   (L3), and what others record comes to it as an effect, which changes nothing if the row has it. A successor of one that died, whose
//!   effects are lost, waits until the database has all that was recorded until then.
//!
//! Messages met while draining are handed back and sent again through the registry, in their order. Not here: addresses, tasks.

use crate::journal::Sequence;

/// Which life of an aggregate; grows with every activation in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// Where a life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It reads its row; messages wait.
    Loading,
    /// It is loaded and serves messages.
    Active,
    /// It hands messages back; its mailbox runs dry.
    Draining,
    /// Its entry is about to be removed, or is.
    Gone,
}

/// What to do with a message for the aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Into its mailbox.
    Deliver,
    /// Back through the registry, once the entry is gone.
    HandBack,
}

/// What passivation asks about an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idle {
    /// Its last record.
    pub last: Sequence,
    /// The database has every record up to this one.
    pub projected: Sequence,
    /// Tentative holds, their waiters, and answers that wait for the disk.
    pub owed: usize,
}

/// Why an aggregate stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stay {
    /// The database has not seen its last record.
    #[error("record {last} is not projected, the checkpoint is {projected}")]
    NotProjected {
        /// Its last record.
        last: Sequence,
        /// The last record that the database has.
        projected: Sequence,
    },
    /// Somebody relies on what is only in its memory.
    #[error("it owes {0} holds or answers")]
    Owing(usize),
    /// It is not serving.
    #[error("it is not active but {0:?}")]
    NotActive(State),
}

/// One life of one aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    generation: Generation,
    state: State,
}

impl Lifecycle {
    /// A new entry; its aggregate starts to load.
    pub const fn starting(generation: Generation) -> Self {
        Self { generation, state: State::Loading }
    }

    /// Which life of its aggregate this is.
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Where a message goes now.
    pub const fn route(&self) -> Route {
        match self.state {
            State::Loading | State::Active => Route::Deliver,
            State::Draining | State::Gone => Route::HandBack,
        }
    }

    /// Loading is done. False if it no longer matters.
    pub fn loaded(&mut self) -> bool {
        let loading = self.state == State::Loading;
        if loading {
            self.state = State::Active;
        }
        loading
    }

    /// First step of passivation: from now on messages are handed back.
    pub fn drain(&mut self, idle: &Idle) -> Result<(), Stay> {
        if self.state != State::Active {
            return Err(Stay::NotActive(self.state));
        }
        if idle.owed > 0 {
            return Err(Stay::Owing(idle.owed));
        }
        if idle.last > idle.projected {
            return Err(Stay::NotProjected { last: idle.last, projected: idle.projected });
        }
        self.state = State::Draining;
        Ok(())
    }

    /// Second step: the mailbox is dry. Its entry may be removed, by this generation.
    pub fn drained(&mut self) -> Option<Generation> {
        (self.state == State::Draining).then(|| {
            debug_assert!(!self.may_remove(self.generation), "L2: the entry could be removed while messages are in its mailbox");
            self.state = State::Gone;
            self.generation
        })
    }

    /// Whether `generation` may remove this entry.
    pub fn may_remove(&self, generation: Generation) -> bool {
        self.generation == generation && self.state == State::Gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Idle = Idle { last: Sequence(5), projected: Sequence(5), owed: 0 };

    fn active(generation: u64) -> Lifecycle {
        let mut life = Lifecycle::starting(Generation(generation));
        assert!(life.loaded());
        life
    }

    #[test]
    fn an_aggregate_that_owes_or_is_ahead_of_the_database_stays() {
        let mut life = active(1);
        assert_eq!(life.drain(&Idle { owed: 1, ..IDLE }), Err(Stay::Owing(1)));
        let ahead = Idle { last: Sequence(6), ..IDLE };
        assert_eq!(life.drain(&ahead), Err(Stay::NotProjected { last: Sequence(6), projected: Sequence(5) }));
        assert_eq!((life.state(), life.route()), (State::Active, Route::Deliver));
    }

    #[test]
    fn messages_met_while_draining_are_handed_back() {
        let mut life = active(1);
        assert_eq!((life.drain(&IDLE), life.route()), (Ok(()), Route::HandBack));
        assert_eq!(life.drain(&IDLE), Err(Stay::NotActive(State::Draining)));
    }

    #[test]
    fn an_entry_is_removed_once_and_only_by_its_generation() {
        let mut life = active(1);
        assert_eq!((life.drained(), life.may_remove(Generation(1))), (None, false));
        life.drain(&IDLE).unwrap();
        assert!(!life.may_remove(Generation(1)), "messages may still be in its mailbox");
        assert_eq!((life.drained(), life.drained()), (Some(Generation(1)), None));
        assert!(life.may_remove(Generation(1)));
        assert!(!active(2).may_remove(Generation(1)), "a late removal must spare the successor");
    }
}
