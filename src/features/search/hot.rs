//! What shoppers look for these days: counts of searches that found something, which halve in a day.
//! - H1 Bounded: at most [`WORDS_MAX`] words, the strongest; a flood of rare ones pushes out rare ones.
//! - H2 Only what found something counts, so nobody can put up a word that the shop does not have.
//! - H3 Kept in memory; a start begins with what the histories say of the last days ([`super::history`]).

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;

use super::suggest::{Kind, Phrase, Prefixes};

/// Words that are counted, at most: a megabyte.
pub const WORDS_MAX: usize = 10_000;
/// Words that are shown as hot.
const SHOWN: usize = 10;
/// Words that are suggested.
const SUGGESTED: usize = 200;
/// In which time a count halves, in milliseconds.
const HALF_LIFE_MILLIS: f64 = 86_400_000.0;

/// Counts that fade.
#[derive(Debug, Default)]
pub struct Counts(HashMap<Box<str>, Count, RandomState>);

#[derive(Debug, Clone, Copy)]
struct Count {
    at: Timestamp,
    value: f64,
}

impl Count {
    /// What is left of it.
    fn faded(self, now: Timestamp) -> f64 {
        let age = now.millis().saturating_sub(self.at.millis());
        self.value * (-(age as f64) / HALF_LIFE_MILLIS).exp2()
    }
}

impl Counts {
    /// Counts a search of this moment. Once there are too many words, the weaker half is forgotten.
    pub fn add(&mut self, word: &str, now: Timestamp) {
        if let Some(count) = self.0.get_mut(word) {
            let at = count.at.max(now);
            *count = Count { at, value: count.faded(at) + Count { at: now, value: 1.0 }.faded(at) };
            return;
        }
        if self.0.len() >= WORDS_MAX {
            let mut values: Vec<f64> = self.0.values().map(|count| count.faded(now)).collect();
            let (_, middle, _) = values.select_nth_unstable_by(WORDS_MAX / 2, f64::total_cmp);
            let middle = *middle;
            self.0.retain(|_, count| count.faded(now) > middle);
        }
        self.0.insert(word.into(), Count { at: now, value: 1.0 });
    }

    /// The strongest words, at most so many; equal ones by their letters.
    pub fn strongest(&self, most: usize, now: Timestamp) -> Vec<Arc<str>> {
        let mut words: Vec<_> = self.0.iter().map(|(word, count)| (count.faded(now), word)).collect();
        words.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        words.into_iter().take(most).map(|(_, word)| Arc::from(&**word)).collect()
    }

    /// Words that are counted.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// The hot words of this process.
#[derive(Debug, Default)]
pub struct Hot {
    counting: Mutex<(Counts, bool)>,
    shown: ArcSwap<Shown>,
}

/// What is hot, as of a moment.
#[derive(Debug, Default)]
pub struct Shown {
    /// The hottest words, the hottest first.
    pub words: Vec<Arc<str>>,
    /// More of them, to be suggested.
    pub suggested: Prefixes,
}

impl Hot {
    /// Counts a search that found something; it shows at the next [`Self::refresh`].
    pub fn note(&self, word: &str, now: Timestamp) {
        let mut counting = self.counting.lock();
        counting.0.add(word, now);
        counting.1 = true;
    }

    /// Shows what has been counted.
    pub fn refresh(&self, now: Timestamp) {
        let mut words = {
            let mut counting = self.counting.lock();
            if !std::mem::take(&mut counting.1) {
                return;
            }
            counting.0.strongest(SUGGESTED, now)
        };
        let phrases = words.iter().map(|word| Phrase { text: Arc::clone(word), kind: Kind::Hot });
        let suggested = Prefixes::new(phrases.collect());
        words.truncate(SHOWN);
        self.shown.store(Arc::new(Shown { words, suggested }));
    }

    /// What is hot now.
    pub fn shown(&self) -> Arc<Shown> {
        self.shown.load_full()
    }
}
