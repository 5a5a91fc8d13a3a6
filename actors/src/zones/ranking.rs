//! A ranked set of products, always in order.
//! - R1 The order is total: the shop's weight, highest first; then the zone's measure, highest first; then the id, lowest first.
//! - R2 A product stands in it once, and where its last standing puts it, whatever was set and removed before.
//!
//! Not here: which products belong to a zone, and what its measure is (sales, strength of the discount).

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::RandomState;

/// What a product's place depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// The weight that people of the shop gave it; 0 unless they did.
    pub weight: i64,
    /// The zone's own measure, in its unit.
    pub measure: u64,
}

/// Lower keys stand first.
type Key = (Reverse<i64>, Reverse<u64>, u64);

/// Products in their order.
#[derive(Debug, Clone, Default)]
pub struct Ranking {
    /// Sorted: a change is a search and a move of memory, a page is a slice.
    order: Vec<Key>,
    standings: HashMap<u64, Standing, RandomState>,
}

const fn key(product: u64, standing: Standing) -> Key {
    (Reverse(standing.weight), Reverse(standing.measure), product)
}

impl Ranking {
    /// Puts a product where its standing says, whether it was in the set or not. Says whether that changes the order.
    pub fn set(&mut self, product: u64, standing: Standing) -> bool {
        let before = self.standings.insert(product, standing);
        if before == Some(standing) {
            return false;
        }
        let left = before.map(|before| self.take_out(key(product, before)));
        let at = key(product, standing);
        let place = self.order.partition_point(|other| *other < at);
        debug_assert!(self.order.get(place) != Some(&at), "R2: product {product} would stand there twice");
        self.order.insert(place, at);
        left != Some(place)
    }

    /// Takes a product out. Says whether it was in the set.
    pub fn remove(&mut self, product: u64) -> bool {
        let Some(standing) = self.standings.remove(&product) else { return false };
        self.take_out(key(product, standing));
        true
    }

    /// Removes a key that is there; returns its place.
    fn take_out(&mut self, at: Key) -> usize {
        let place = self.order.partition_point(|other| *other < at);
        debug_assert!(self.order.get(place) == Some(&at), "R2: {at:?} is not where it was put");
        if self.order.get(place) == Some(&at) {
            self.order.remove(place);
        }
        place
    }

    /// Where the product stands; none if it is not in the set.
    pub fn standing(&self, product: u64) -> Option<Standing> {
        self.standings.get(&product).copied()
    }

    /// How many products there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is no product.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// All products in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u64> {
        self.order.iter().map(|(_, _, product)| *product)
    }

    /// At most `size` products in order, from this place on (0 is the first); none beyond the last.
    pub fn page(&self, from: usize, size: usize) -> impl ExactSizeIterator<Item = u64> {
        let from = from.min(self.order.len());
        let to = from.saturating_add(size).min(self.order.len());
        self.order[from..to].iter().map(|(_, _, product)| *product)
    }

    /// The invariant that does not hold, if there is one: walks everything.
    pub fn broken(&self) -> Option<&'static str> {
        if !self.order.is_sorted_by(|one, next| one < next) {
            return Some("R1: two products stand in the wrong order");
        }
        let each_once = self.order.len() == self.standings.len()
            && self.order.iter().all(|at| self.standing(at.2).is_some_and(|standing| key(at.2, standing) == *at));
        (!each_once).then_some("R2: a product does not stand once, where its standing puts it")
    }
}

/// The last standing of a product counts. Sorts once.
impl FromIterator<(u64, Standing)> for Ranking {
    fn from_iter<I: IntoIterator<Item = (u64, Standing)>>(products: I) -> Self {
        let standings: HashMap<u64, Standing, RandomState> = products.into_iter().collect();
        let mut order: Vec<Key> = standings.iter().map(|(product, standing)| key(*product, *standing)).collect();
        order.sort_unstable();
        let ranking = Self { order, standings };
        debug_assert_eq!(ranking.broken(), None);
        ranking
    }
}
