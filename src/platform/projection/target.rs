//! What a projection writes to, and what can go wrong there.

use std::future::Future;
use std::time::Duration;

use mallcore_actors::journal::Sequence;

/// Where the journal's records go. The runner calls one thing at a time and in this order: attach, then write and maintain, then detach.
pub trait Target: Send + 'static {
    /// Its name in metrics, logs and `/health/ready`.
    const NAME: &'static str;
    /// Its thread's name, 15 characters at most.
    const THREAD: &'static str;
    /// How often it wants [`Target::maintain`] while nothing comes.
    const MAINTAIN_EVERY: Duration;

    /// The last record that it is known to have before it was reached; 0 if nobody knows.
    fn known(&self) -> Sequence;

    /// Reaches the other side and says the last record that it was handed.
    fn attach(&mut self) -> impl Future<Output = Result<Sequence, TargetError>>;

    /// Hands over the records after `at`, about so many, and says the last one that was handed over. After an error that makes it attach
    /// anew it says then how far it came.
    fn write(&mut self, at: Sequence, records_max: usize) -> impl Future<Output = Result<Sequence, TargetError>>;

    /// Of the records up to `at`, the last one up to which the other side lacks none: behind `at` while it is to get some of them later. The
    /// checkpoint, and with it the lag, count from here.
    fn complete(&self, at: Sequence) -> Sequence {
        at
    }

    /// Of the records up to `at`, the last one that the other side has on record itself: it is behind where skipped records need no writing.
    fn stored(&self, at: Sequence) -> Sequence {
        self.complete(at)
    }

    /// Keeps things in order while nothing is written, and notices that the other side has gone; `at` is where it was left.
    fn maintain(&mut self, at: Sequence) -> impl Future<Output = Result<(), TargetError>>;

    /// Lets go of the other side: at the end, after an error, and when the thread changes.
    fn detach(&mut self) -> impl Future<Output = ()>;
}

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Transient: attach again, with growing pauses.
    Wait,
    /// The other side is there and cannot take more for now: stay attached, and write again with growing pauses.
    Hold,
    /// The other side refuses for a reason that a person has to remove there: attach again now and then.
    Ask,
    /// The other side is not where it was left: attach again at once, and go on from where it is.
    Again,
    /// A record up to this one is at fault: take them one by one from here on.
    Narrow(Sequence),
    /// A record, or what is stored, makes going on wrong: stop until a person has acted and the process was started again.
    Halt,
    /// The other side, which was away at start, does not belong to this journal: what goes on since then was wrong from its beginning.
    Mismatch,
}

/// Why records were not handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetError {
    /// What to do about it.
    pub reaction: Reaction,
    /// What happened, with its causes, for people.
    pub reason: String,
}

impl TargetError {
    /// From an error.
    pub fn new(reaction: Reaction, error: &dyn std::error::Error) -> Self {
        Self { reaction, reason: crate::platform::error_chain::of(error) }
    }

    /// With the command that shows the record at fault.
    #[must_use]
    pub fn showing(mut self, record: Sequence) -> Self {
        self.reason.push_str(&format!("; see it with `mallcore journal inspect --from {record} --count 1`"));
        self
    }
}
