//! One destination's rounds over its rows, without clock and I/O: which row may be carried out, and what follows from how it went.
//! - R1 Of one aggregate a row is carried out only after every earlier one was marked; behind one that waits or is parked all wait. One that
//!   was set aside is the exception: those who are well have had it, and it holds up nothing.
//! - R2 A row that the destination as a whole did not take ends the round.
//! - R3 A transient failure never parks a row; pauses grow while it lasts, up to the longest, and end with it.
//! - R4 What is remembered is bounded: with too many aggregates waiting the round ends.

use std::collections::BTreeSet;
use std::time::Duration;

/// Aggregates that may wait within a round.
pub const HELD_MAX: usize = 1_024;
/// After a transient failure: doubling from the first to the last.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LAST: Duration = Duration::from_secs(5);

/// How carrying a row out went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It is done, or was refused by the rules, which is an answer too.
    Done,
    /// Whoever it is for cannot take it now; others can take theirs.
    Busy,
    /// The destination as a whole does not answer.
    Away,
    /// A part of the destination has refused it for now; the others have it. The destination says how many there may be.
    SetAside,
    /// It can never be carried out.
    Impossible,
}

/// What to do with the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Note that the destination had it.
    Mark,
    /// Put it aside for a person.
    Park,
    /// Leave it for the next round, go on with others.
    Leave,
    /// Leave it for the next round, which begins after a pause.
    EndRound,
}

/// The rounds of one destination.
#[derive(Debug, Clone)]
pub struct Rounds {
    held: BTreeSet<String>,
    pause: Duration,
    troubled: bool,
    progressed: bool,
}

impl Default for Rounds {
    fn default() -> Self {
        Self { held: BTreeSet::new(), pause: PAUSE_FIRST, troubled: false, progressed: false }
    }
}

impl Rounds {
    /// Begins again with the first row.
    pub fn begin(&mut self) {
        self.held.clear();
        (self.troubled, self.progressed) = (false, false);
    }

    /// Whether the next row, of this aggregate, may be carried out.
    pub fn may_carry(&self, aggregate: &str) -> bool {
        !self.held.contains(aggregate)
    }

    /// Says what follows for the row just carried out.
    pub fn settle(&mut self, aggregate: &str, settled: Settled) -> Verdict {
        match settled {
            Settled::Done => Verdict::Mark,
            Settled::Impossible if self.held.len() < HELD_MAX => Verdict::Park,
            Settled::Busy if self.held.len() < HELD_MAX => {
                self.troubled = true;
                self.held.insert(aggregate.to_owned());
                Verdict::Leave
            }
            Settled::SetAside => {
                self.troubled = true;
                Verdict::Leave
            }
            Settled::Busy | Settled::Impossible | Settled::Away => {
                self.troubled = true;
                Verdict::EndRound
            }
        }
    }

    /// The database has noted what was said; a parked row holds up its aggregate.
    pub fn noted(&mut self, aggregate: &str, verdict: Verdict) {
        self.progressed = true;
        if verdict == Verdict::Park {
            // The next page is read without what waits behind a parked row; this page may have some.
            self.held.insert(aggregate.to_owned());
        }
    }

    /// The database did not note it, or could not be asked: the round is over.
    pub fn interrupted(&mut self) {
        self.troubled = true;
    }

    /// How long to wait after the round: none means until something is appended or it is time to look.
    pub fn end(&mut self) -> Option<Duration> {
        if !self.troubled {
            self.pause = PAUSE_FIRST;
            return None;
        }
        let pause = if self.progressed { PAUSE_FIRST } else { self.pause };
        self.pause = (pause * 2).min(PAUSE_LAST);
        Some(pause)
    }
}
