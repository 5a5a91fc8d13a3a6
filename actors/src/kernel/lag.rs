//! One budget for lag: how far a projection may stay behind the journal before fewer purchases, and at last none, are let in.
//! Alert, then shed, then refuse: sales slow down to what can be followed long before disk or memory end.
//! - G1 A level is reached at its threshold at once; it never falls while the lag grows.
//! - G2 It falls an eighth below its threshold only, so that a lag that trembles there does not make it tremble.
//! - G3 A projection's level depends on its own lag and its own budget: a dead broker stops no sale before the broker's budget is spent.
//! - G4 Of any sixteen fresh purchases in a row exactly as many are turned away as the reading says.
//!
//! Not here: who is asked (a fresh purchase only: repeats, reads, closing and cancelling are always let in), clocks, metrics.

mod burst;

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

pub use burst::{Burst, BurstLimits};

use crate::refusal::Unavailable;

/// What a projection that is behind keeps occupied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    /// Durable records that it does not have.
    pub records: u64,
    /// Bytes of the journal that cannot be removed for its sake.
    pub bytes: u64,
    /// Bytes of memory that wait for it, about.
    pub memory_bytes: u64,
}

/// What it may keep occupied: at any of these nothing more is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Records that may wait at most.
    pub records_max: u64,
    /// Bytes of the journal.
    pub bytes_max: u64,
    /// Bytes of memory; `u64::MAX` if none wait for this projection.
    pub memory_bytes_max: u64,
    /// At this part of the budget, in per cent, somebody is told.
    pub alert_percent: u32,
    /// At this part purchases begin to be turned away.
    pub shed_percent: u32,
}

/// What a lag leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// All fresh purchases are let in.
    #[default]
    Ok,
    /// Somebody is told.
    Alert,
    /// Some fresh purchases are turned away.
    Shed,
    /// All of them are.
    Refuse,
}

/// Parts into which the stream of fresh purchases is cut.
pub const PARTS: u8 = 16;
/// Turned away when shedding begins, of [`PARTS`].
const SHED_FROM: u64 = 4;
/// Turned away just below the budget's end.
const SHED_TO: u64 = 15;
const PERMILLE: u64 = 1000;

const _: () = assert!(SHED_FROM < SHED_TO && SHED_TO < PARTS as u64, "shedding turns away more and more, and never everybody");
const _: () = assert!(PARTS.is_power_of_two(), "G4: the turns of sixteen go on where their counter wraps");

/// What follows from an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The level now.
    pub level: Level,
    /// Fresh purchases to turn away, of [`PARTS`].
    pub turned_away: u8,
    /// How much of the budget is spent, in thousandths: of what is shortest.
    pub spent_permille: u64,
}

/// One projection's lag against its budget.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    budget: Budget,
    level: Level,
}

impl Meter {
    /// Nothing observed yet.
    pub const fn new(budget: Budget) -> Self {
        Self { budget, level: Level::Ok }
    }

    /// The budget that observations are compared with.
    pub const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Takes in how things stand.
    pub fn observe(&mut self, lag: Lag) -> Reading {
        let spent_permille = self.budget.spent_permille(lag);
        let reached = self.budget.level_at(spent_permille, PERMILLE);
        let kept = self.budget.level_at(spent_permille, PERMILLE * 7 / 8);
        self.level = reached.max(self.level.min(kept));
        debug_assert!(reached <= self.level && self.level <= kept, "G1, G2: {:?} between {reached:?} and {kept:?}", self.level);
        Reading { level: self.level, turned_away: self.turned_away(spent_permille), spent_permille }
    }

    fn turned_away(&self, spent: u64) -> u8 {
        let shed_from = self.budget.shed_permille();
        match self.level {
            Level::Ok | Level::Alert => 0,
            Level::Refuse => PARTS,
            Level::Shed => {
                let into = spent.saturating_sub(shed_from);
                let range = (PERMILLE - shed_from).max(1);
                (SHED_FROM + (SHED_TO - SHED_FROM) * into / range).min(SHED_TO) as u8
            }
        }
    }
}

impl Budget {
    /// So many records are the alert's.
    pub const fn alert_records(&self) -> u64 {
        self.records_max / 100 * self.alert_percent as u64
    }

    fn spent_permille(&self, lag: Lag) -> u64 {
        let part =
            |used: u64, most: u64| (u128::from(used) * u128::from(PERMILLE) / u128::from(most.max(1))).min(u128::from(u32::MAX)) as u64;
        let spent = [part(lag.records, self.records_max), part(lag.bytes, self.bytes_max), part(lag.memory_bytes, self.memory_bytes_max)];
        spent.into_iter().fold(0, u64::max)
    }

    fn shed_permille(&self) -> u64 {
        (u64::from(self.shed_percent) * 10).min(PERMILLE)
    }

    /// The highest level whose threshold, scaled, is reached.
    fn level_at(&self, spent: u64, scale: u64) -> Level {
        let reached = |threshold: u64| spent * PERMILLE >= threshold * scale;
        let spent_something = spent > 0;
        if reached(PERMILLE) {
            Level::Refuse
        } else if reached(self.shed_permille()) && spent_something {
            Level::Shed
        } else if reached((u64::from(self.alert_percent) * 10).min(PERMILLE)) && spent_something {
            Level::Alert
        } else {
            Level::Ok
        }
    }
}

/// Whether fresh purchases are let in: written by whoever watches the lag, read by every actor. One load when all is well.
#[derive(Debug, Default)]
pub struct Admission {
    turned_away: AtomicU8,
    turn: AtomicU32,
}

impl Admission {
    /// From now on so many of [`PARTS`] are turned away.
    pub fn turn_away(&self, parts: u8) {
        self.turned_away.store(parts.min(PARTS), Ordering::Relaxed);
    }

    /// Why a fresh purchase is not let in, if it is not.
    pub fn refusal(&self) -> Option<Unavailable> {
        match self.turned_away.load(Ordering::Relaxed) {
            0 => None,
            PARTS.. => Some(Unavailable::LagFull),
            parts => {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed) % u32::from(PARTS);
                let away = turn * u32::from(parts) % u32::from(PARTS) < u32::from(parts);
                away.then_some(Unavailable::LagShed)
            }
        }
    }
}

/// Whether a projection has to hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Urgency {
    /// It may work when nobody else does.
    #[default]
    Calm,
    /// It needs its share of the processor.
    Urgent,
}

impl Urgency {
    /// After looking at the lag: urgent above the threshold, calm again at an eighth of it.
    pub const fn next(self, lag_records: u64, urgent_above: u64) -> Self {
        let limit = match self {
            Self::Calm => urgent_above,
            Self::Urgent => urgent_above / 8,
        };
        if lag_records > limit { Self::Urgent } else { Self::Calm }
    }
}

#[cfg(test)]
mod tests;
