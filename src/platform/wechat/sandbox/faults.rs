//! Faults on demand: what the next requests of a route get instead of what they asked for.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// Faults that can wait, at most.
const WAITING_MAX: usize = 1_000;

/// What a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is refused with this `errcode` and changes nothing.
    Code(i64),
    /// It is done, and its answer is lost: status 502.
    Silent,
}

/// The faults of one route, each for one request.
#[derive(Debug, Default)]
pub struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    /// The next requests get this, so many of them.
    pub fn plan(&self, fault: Fault, times: usize) {
        let mut waiting = self.0.lock();
        let room = WAITING_MAX.saturating_sub(waiting.len());
        waiting.extend(std::iter::repeat_n(fault, times.min(room)));
    }

    /// What this request gets; none if it is to be served.
    pub(super) fn next(&self) -> Option<Fault> {
        self.0.lock().pop_front()
    }
}
