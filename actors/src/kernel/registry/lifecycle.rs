//! How an aggregate comes into memory and leaves it again, as a machine without I/O. The registry has one [`Lifecycle`] an entry, under
//! that entry's lock.
//! - L1 At most one generation of an aggregate is in memory: a successor starts only when the entry of its predecessor is gone.
//! - L2 An entry is removed only by its own generation; a late removal of an earlier one finds another generation and does nothing.
//! - L3 It leaves only when nothing is owed: its last record is projected, nothing is held, nobody waits for its answer.
//! - L4 What it loads is complete: row and checkpoint from one read transaction, then every record above the checkpoint up to `through`,
//!   the journal's end *after* the entry was made. Whatever is queued later comes to it as a message. If the tail's beginning was projected
//!   and released meanwhile, the row is read again: it is newer now.
//!
//! Messages met while draining are handed back and sent again through the registry, in their order. Not here: addresses, tasks.

use crate::journal::Sequence;

/// Which life of an aggregate; grows with every activation in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// Where a life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It reads its row and the journal's tail; messages wait in its mailbox.
    Loading,
    /// It serves.
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
        /// The checkpoint.
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

    /// Which life.
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

    /// Loading failed: callers are told `warming`. Its entry may be removed, by this generation.
    pub fn load_failed(&mut self) -> Option<Generation> {
        self.leave(State::Loading)
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
        self.leave(State::Draining)
    }

    /// Whether `generation` may remove this entry.
    pub fn may_remove(&self, generation: Generation) -> bool {
        self.generation == generation && self.state == State::Gone
    }

    fn leave(&mut self, from: State) -> Option<Generation> {
        (self.state == from).then(|| {
            self.state = State::Gone;
            self.generation
        })
    }
}

/// What a new life reads of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    after: Sequence,
    through: Sequence,
}

impl Tail {
    /// `checkpoint` was read with the row; `end` is the last place given out, asked after the entry was made.
    pub const fn new(checkpoint: Sequence, end: Sequence) -> Self {
        Self { after: checkpoint, through: if end.0 > checkpoint.0 { end } else { checkpoint } }
    }

    /// The first record to fold, if there is any.
    pub fn first(&self) -> Option<Sequence> {
        (self.after < self.through).then(|| self.after.next())
    }

    /// The last one to fold: it has to be durable before the fold is complete; live records at or below it are already in.
    pub const fn through(&self) -> Sequence {
        self.through
    }

    /// Whether the record belongs to the fold.
    pub fn wants(&self, sequence: Sequence) -> bool {
        sequence > self.after && sequence <= self.through
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

    #[test]
    fn a_failed_load_makes_room_for_another() {
        let mut life = Lifecycle::starting(Generation(1));
        assert_eq!((life.load_failed(), life.loaded(), life.may_remove(Generation(1))), (Some(Generation(1)), false, true));
        assert_eq!(active(2).load_failed(), None);
    }

    #[test]
    fn the_tail_begins_above_the_checkpoint() {
        let tail = Tail::new(Sequence(5), Sequence(7));
        assert_eq!(
            (tail.first(), tail.through(), tail.wants(Sequence(5)), tail.wants(Sequence(6))),
            (Some(Sequence(6)), Sequence(7), false, true)
        );
        assert_eq!((tail.wants(Sequence(7)), tail.wants(Sequence(8))), (true, false));
        let projected = Tail::new(Sequence(9), Sequence(7));
        assert_eq!((projected.first(), projected.through()), (None, Sequence(9)));
    }
}
