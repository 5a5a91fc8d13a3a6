//! Which purchase comes next: users in turn, items evenly or by Zipf, now and then a key a second time or a caller who hangs up.
//! - P1 a purchase's number is drawn once in a run; the key follows from it, so no two purchases share a key.
//! - P2 user = number modulo users: with as many requests as users, each user buys once.
//!
//! Not here: when it is sent (`pace.rs`).

use rand::Rng as _;
use rand::rngs::SmallRng;

/// Acknowledgements a connection remembers, to repeat their keys.
const REMEMBERED_MAX: usize = 32;

/// The proportions of a run.
#[derive(Debug, Clone, Default)]
pub struct Mix {
    /// Exponent of Zipf's law over the items in their order; 0: all alike.
    pub hot_skew: f64,
    /// Of 100 purchases, so many repeat an earlier key of the same user.
    pub repeat_percent: f64,
    /// Of 100 purchases, so many hang up at a random point.
    pub hang_up_percent: f64,
}

/// One purchase to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase {
    /// Makes the key.
    pub number: u64,
    /// Index into the run's shoppers.
    pub user_place: usize,
    /// Index into the run's items.
    pub item_place: usize,
}

/// An acknowledged purchase whose key may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// As it was sent.
    pub purchase: Purchase,
    /// As it was answered.
    pub order_no: String,
}

/// Where a caller hangs up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HangUp {
    /// After this share of the request's bytes, below 1.
    WhileSending(f64),
    /// As soon as the request is out.
    AfterSending,
    /// Some microseconds later.
    WhileWaiting(u64),
    /// With so many bytes of the answer taken.
    WhileReceiving(usize),
}

/// Chooses items by their cumulative weight.
#[derive(Debug, Clone)]
pub struct ItemChooser {
    cumulative: Vec<f64>,
}

impl ItemChooser {
    /// `items` must not be 0.
    pub fn new(items: usize, hot_skew: f64) -> Self {
        let mut sum = 0.0;
        let cumulative = (1..=items)
            .map(|rank| {
                sum += (rank as f64).powf(-hot_skew);
                sum
            })
            .collect();
        Self { cumulative }
    }

    /// Index of an item.
    pub fn choose(&self, random: &mut SmallRng) -> usize {
        let last = self.cumulative.len() - 1;
        if last == 0 {
            return 0;
        }
        let point = random.random_range(0.0..self.cumulative[last]);
        self.cumulative.partition_point(|sum| *sum <= point).min(last)
    }
}

/// What one connection remembers, oldest overwritten first.
#[derive(Debug, Default)]
pub struct Memory {
    acknowledged: Vec<Acknowledged>,
    oldest: usize,
}

impl Memory {
    /// Remembers one acknowledgement.
    pub fn remember(&mut self, purchase: Purchase, order_no: &str) {
        let entry = Acknowledged { purchase, order_no: order_no.to_owned() };
        if self.acknowledged.len() < REMEMBERED_MAX {
            self.acknowledged.push(entry);
        } else {
            self.acknowledged[self.oldest] = entry;
            self.oldest = (self.oldest + 1) % REMEMBERED_MAX;
        }
    }

    /// One of those remembered.
    pub fn recall(&self, random: &mut SmallRng) -> Option<Acknowledged> {
        (!self.acknowledged.is_empty()).then(|| self.acknowledged[random.random_range(0..self.acknowledged.len())].clone())
    }
}

/// Whether something that happens `percent` times of 100 happens now.
pub fn happens(percent: f64, random: &mut SmallRng) -> bool {
    percent > 0.0 && random.random_range(0.0..100.0) < percent
}

/// Where this caller hangs up.
pub fn hang_up_point(random: &mut SmallRng) -> HangUp {
    match random.random_range(0..4) {
        0 => HangUp::WhileSending(random.random_range(0.0..1.0)),
        1 => HangUp::AfterSending,
        2 => HangUp::WhileWaiting(random.random_range(0..5_000)),
        _ => HangUp::WhileReceiving(random.random_range(1..200)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_skew_makes_the_first_item_hot_and_none_leaves_all_alike() {
        let mut random = SmallRng::seed_from_u64(1);
        for (skew, share_min, share_max) in [(0.0, 0.07, 0.13), (1.2, 0.35, 0.55)] {
            let chooser = ItemChooser::new(10, skew);
            let hot = (0..10_000).filter(|_| chooser.choose(&mut random) == 0).count() as f64 / 10_000.0;
            assert!((share_min..share_max).contains(&hot), "skew {skew}: {hot}");
        }
    }

    #[test]
    fn only_acknowledged_purchases_are_repeated() {
        let mut random = SmallRng::seed_from_u64(2);
        let mut memory = Memory::default();
        assert_eq!(memory.recall(&mut random), None);
        for number in 0..100 {
            memory.remember(Purchase { number, user_place: 0, item_place: 0 }, &number.to_string());
        }
        for _ in 0..1_000 {
            let recalled = memory.recall(&mut random).unwrap();
            assert_eq!(recalled.order_no, recalled.purchase.number.to_string());
            assert!(recalled.purchase.number >= 100 - REMEMBERED_MAX as u64);
        }
    }
}
