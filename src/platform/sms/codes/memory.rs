//! Codes of one process, gone with it. Bounded: what has ended is swept when there are many, and beyond the bound nothing new is taken.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use super::{CodeHash, CodeRules, Codes, CodesError, DAY, HOUR, Kept, Known, Tried};

/// Entries of each kind, at most: some hundred bytes each.
const ENTRIES_MAX: usize = 65_536;

/// Codes and the counts of their limits in this process; a restart forgets them.
pub struct MemoryCodes {
    rules: CodeRules,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    codes: HashMap<Known, Stored>,
    phones: HashMap<Known, Sent>,
    addresses: HashMap<Known, Window>,
}

struct Stored {
    hash: CodeHash,
    until: Timestamp,
    tries: u32,
}

struct Sent {
    last: Timestamp,
    day: Window,
}

#[derive(Clone, Copy)]
struct Window {
    began: Timestamp,
    count: u32,
}

impl Window {
    /// The window that this moment is in.
    fn at(window: Option<Self>, now: Timestamp, length: Duration) -> Self {
        window.filter(|window| now < ended(window.began, length)).unwrap_or(Self { began: now, count: 0 })
    }
}

fn ended(began: Timestamp, length: Duration) -> Timestamp {
    began.plus_millis(length.as_millis() as u64)
}

fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::from_millis(then.millis_since(now))
}

impl MemoryCodes {
    /// A store without any codes.
    pub fn new(rules: CodeRules) -> Self {
        Self { rules, state: Mutex::default() }
    }

    fn kept(&self, phone: &Known, address: &Known, code: CodeHash, now: Timestamp) -> Result<Kept, CodesError> {
        let (rules, mut state) = (&self.rules, self.state.lock());
        state.make_room(rules, now)?;
        let sent = state.phones.get(phone);
        let day = Window::at(sent.map(|sent| sent.day), now, DAY);
        let hour = Window::at(state.addresses.get(address).copied(), now, HOUR);
        let pause_ends = sent.map(|sent| ended(sent.last, rules.pause)).filter(|ends| *ends > now);
        let day_ends = (day.count >= rules.per_day_max).then(|| ended(day.began, DAY));
        let hour_ends = (hour.count >= rules.per_address_max).then(|| ended(hour.began, HOUR));
        if let Some(ends) = pause_ends.into_iter().chain(day_ends).chain(hour_ends).max() {
            return Ok(Kept::Wait(until(now, ends)));
        }
        state.phones.insert(phone.clone(), Sent { last: now, day: Window { count: day.count + 1, ..day } });
        state.addresses.insert(address.clone(), Window { count: hour.count + 1, ..hour });
        state.codes.insert(phone.clone(), Stored { hash: code, until: ended(now, rules.lives), tries: 0 });
        Ok(Kept::Yes)
    }

    fn attempted(&self, phone: &Known, code: &CodeHash, now: Timestamp) -> Tried {
        let mut state = self.state.lock();
        let Some(stored) = state.codes.get_mut(phone) else { return Tried::Wrong };
        stored.tries += 1;
        let is_right = stored.tries <= self.rules.tries_max && now < stored.until && code.is(&stored.hash.0);
        if is_right || stored.tries >= self.rules.tries_max {
            state.codes.remove(phone);
        }
        if is_right { Tried::Right } else { Tried::Wrong }
    }
}

impl State {
    fn make_room(&mut self, rules: &CodeRules, now: Timestamp) -> Result<(), CodesError> {
        let is_full = |state: &Self| [state.codes.len(), state.phones.len(), state.addresses.len()].iter().any(|len| *len >= ENTRIES_MAX);
        if is_full(self) {
            self.codes.retain(|_, code| now < code.until);
            self.phones.retain(|_, sent| now < ended(sent.day.began, DAY) || now < ended(sent.last, rules.pause));
            self.addresses.retain(|_, hour| now < ended(hour.began, HOUR));
        }
        if is_full(self) { Err(CodesError::Full) } else { Ok(()) }
    }
}

impl Codes for MemoryCodes {
    fn keep<'a>(&'a self, phone: &'a Known, address: &'a Known, code: CodeHash, now: Timestamp) -> BoxFuture<'a, Result<Kept, CodesError>> {
        Box::pin(ready(self.kept(phone, address, code, now)))
    }

    fn attempt<'a>(&'a self, phone: &'a Known, code: CodeHash, now: Timestamp) -> BoxFuture<'a, Result<Tried, CodesError>> {
        Box::pin(ready(Ok(self.attempted(phone, &code, now))))
    }
}
