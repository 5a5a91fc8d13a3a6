//! From what one shopper has looked at, kept and bought to scores of products that they do not know yet.
//! - T1 What was bought counts more than what was kept, that more than a look, and the newest of each kind most.
//! - T2 A score is a sum of shares, so that a product with many orders does not drown the others.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// Signals of one shopper that are looked at, the newest of each kind.
pub const SIGNALS_MAX: usize = 100;
/// What the strongest partner of a product gets of the signal's weight; its others get as much less as their scores say.
const SHARE: u64 = 1_000;

/// How a shopper came across a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// They looked at it.
    Looked,
    /// It is one of their favourites.
    Favourite,
    /// They paid for it.
    Bought,
}

/// One thing that is known of a shopper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// Of which product.
    pub product: u64,
    /// How they came across it.
    pub sign: Sign,
    /// Its place among signals of this kind, 0 for the newest.
    pub place: usize,
}

impl Signal {
    /// How much it says, 1 at least.
    pub fn weight(&self) -> u64 {
        let most = match self.sign {
            Sign::Looked => 20,
            Sign::Favourite => 40,
            Sign::Bought => 60,
        };
        // Halves with every ten places.
        let weight = most >> (self.place / 10).min(8);
        weight.max(1)
    }
}

/// The categories that signals are of, the most meaningful first, at most so many; equal ones by id.
pub fn favoured_categories(signals: &[Signal], category: impl Fn(u64) -> Option<u64>, most: usize) -> Vec<(u64, u64)> {
    let mut weights = HashMap::<u64, u64, RandomState>::default();
    for signal in signals {
        if let Some(category) = category(signal.product) {
            *weights.entry(category).or_default() += signal.weight();
        }
    }
    let mut favoured: Vec<_> = weights.into_iter().collect();
    favoured.sort_unstable_by_key(|(category, weight)| (std::cmp::Reverse(*weight), *category));
    favoured.truncate(most);
    favoured
}

/// Scores of products for one shopper.
#[derive(Debug, Default)]
pub struct Blend {
    scores: HashMap<u64, u64, RandomState>,
}

impl Blend {
    /// Adds what is bought together with a product of a signal; `partners` with their scores, the strongest first.
    pub fn add_partners(&mut self, signal: &Signal, partners: impl IntoIterator<Item = (u64, u64)>) {
        let mut strongest = None;
        for (product, score) in partners {
            let strongest = *strongest.get_or_insert(score.max(1));
            debug_assert!(score <= strongest, "T2: partners come strongest first");
            let share = u128::from(signal.weight() * SHARE) * u128::from(score) / u128::from(strongest);
            *self.scores.entry(product).or_default() += share as u64;
        }
    }

    /// Adds the products of a category that its signals favour with this weight, the most popular first: half of a partner's share and falling.
    pub fn add_category(&mut self, weight: u64, ranked: &[u64]) {
        for (place, product) in ranked.iter().enumerate() {
            *self.scores.entry(*product).or_default() += weight * SHARE / 2 / (place as u64 + 1);
        }
    }

    /// The products with the highest scores first, equal ones by id, newest first.
    pub fn ranked(self) -> Vec<u64> {
        let mut ranked: Vec<_> = self.scores.into_iter().filter(|(_, score)| *score > 0).collect();
        ranked.sort_unstable_by_key(|(product, score)| (std::cmp::Reverse(*score), std::cmp::Reverse(*product)));
        ranked.into_iter().map(|(product, _)| product).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(product: u64, sign: Sign, place: usize) -> Signal {
        Signal { product, sign, place }
    }

    #[test]
    fn what_was_bought_lately_says_most() {
        let weights = [(Sign::Bought, 0), (Sign::Favourite, 0), (Sign::Looked, 0), (Sign::Looked, 10), (Sign::Looked, 99)];
        assert_eq!(weights.map(|(sign, place)| signal(1, sign, place).weight()), [60, 40, 20, 10, 1]);
    }

    #[test]
    fn categories_are_ordered_by_what_speaks_for_them() {
        let signals = [signal(1, Sign::Looked, 0), signal(2, Sign::Looked, 1), signal(3, Sign::Bought, 0), signal(4, Sign::Looked, 2)];
        let category = |product| [None, Some(7), Some(7), Some(9), None][product as usize];
        assert_eq!(favoured_categories(&signals, category, 5), [(9, 60), (7, 40)]);
        assert_eq!(favoured_categories(&signals, category, 1), [(9, 60)]);
    }

    #[test]
    fn partners_of_what_was_bought_come_before_what_is_only_popular() {
        let mut blend = Blend::default();
        blend.add_partners(&signal(1, Sign::Looked, 0), [(10, 1_000_000), (11, 500_000)]);
        blend.add_partners(&signal(2, Sign::Bought, 0), [(12, 3), (11, 1)]);
        blend.add_category(20, &[13, 10]);
        // 12: 60,000; 11: 10,000 + 20,000; 10: 20,000 + 5,000; 13: 10,000.
        assert_eq!(blend.ranked(), [12, 11, 10, 13]);
    }
}
