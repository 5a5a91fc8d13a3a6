//! Clicks on banners, by business day.
//! - C1 A visitor's clicks on a banner count once in [`CLICK_WINDOW_MILLIS`], from the one that counted on.
//! - C2 Memory is bounded: [`REMEMBERED_MAX`] clicks are remembered, the newest. Who was forgotten early may count again early.
//! - C3 What was counted is handed out once ([`Clicks::take`]), or again if it comes back ([`Clicks::give_back`]): no click is lost or doubled.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;

use foldhash::fast::RandomState;

use crate::ids::{BannerId, UserId};
use crate::time::Timestamp;
use crate::values::day::BusinessDay;

/// In which a visitor counts once for a banner.
pub const CLICK_WINDOW_MILLIS: u64 = 60_000;
/// Clicks that are remembered, at most: some 10 MiB.
pub const REMEMBERED_MAX: usize = 65_536;

/// Who clicks: repeats are told apart by it (C1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visitor {
    /// A shopper with a good token.
    Shopper(UserId),
    /// Anybody else, by the address that shares a rate limit.
    Address(IpAddr),
}

/// What becomes of a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clicked {
    /// It counts, and begins a new window.
    Counted,
    /// The same visitor has counted a moment ago.
    Repeated,
}

/// Clicks on a banner that are to be added to those of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// On which banner.
    pub banner: BannerId,
    /// The business day of the clicks.
    pub day: BusinessDay,
    /// How many, at least 1.
    pub clicks: u64,
}

/// Clicks that were not handed out yet, and who has clicked lately.
#[derive(Debug, Default)]
pub struct Clicks {
    counts: BTreeMap<(BannerId, BusinessDay), u64>,
    /// When the click was that counted last.
    counted: HashMap<(Visitor, BannerId), Timestamp, RandomState>,
    /// The same in the order in which they counted.
    order: VecDeque<(Timestamp, Visitor, BannerId)>,
}

impl Clicks {
    /// A visitor clicks on a banner. `now` does not go backwards.
    pub fn click(&mut self, visitor: Visitor, banner: BannerId, now: Timestamp) -> Clicked {
        self.forget(now);
        if self.counted.contains_key(&(visitor, banner)) {
            return Clicked::Repeated;
        }
        if self.order.len() >= REMEMBERED_MAX {
            self.forget_oldest();
        }
        self.counted.insert((visitor, banner), now);
        self.order.push_back((now, visitor, banner));
        *self.counts.entry((banner, BusinessDay::of(now))).or_default() += 1;
        assert!(self.order.len() <= REMEMBERED_MAX, "C2: {} clicks are remembered", self.order.len());
        debug_assert_eq!(self.order.len(), self.counted.len(), "C2: each is remembered once");
        Clicked::Counted
    }

    /// Forgets the clicks whose window is over.
    fn forget(&mut self, now: Timestamp) {
        while self.order.front().is_some_and(|(at, ..)| now.millis_since(*at) >= CLICK_WINDOW_MILLIS) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, visitor, banner)) = self.order.pop_front() {
            self.counted.remove(&(visitor, banner));
        }
    }

    /// Hands out what was counted since this was last asked, by banner and day.
    pub fn take(&mut self) -> Vec<Tally> {
        let counts = std::mem::take(&mut self.counts);
        counts.into_iter().map(|((banner, day), clicks)| Tally { banner, day, clicks }).collect()
    }

    /// Takes back what could not be written.
    pub fn give_back(&mut self, tallies: &[Tally]) {
        for tally in tallies {
            *self.counts.entry((tally.banner, tally.day)).or_default() += tally.clicks;
        }
    }

    /// Clicks that are remembered now.
    pub fn remembered(&self) -> usize {
        self.order.len()
    }
}
