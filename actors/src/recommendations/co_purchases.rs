//! Which products are bought together: of each product its strongest partners, in bounded memory.
//! - B1 A product has at most `Limits::partners_max` partners, each once, and is none of its own; at most `Limits::products_max` products have any.
//! - B2 A partner's score is what was counted for it, and at most `surplus` more (space-saving: a newcomer takes over the score of the weakest).
//!   While no more partners than fit ever came, surplus is 0 and scores are exact.
//! - B3 An order counts half as much as one of the period after it, so that what people buy now decides. Scores of one product are
//!   always of one period.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::time::Timestamp;

/// What an order of the newest period adds to the score of each pair in it.
pub const UNIT: u64 = 1 << 20;
/// How long a period lasts: 30 days.
pub const PERIOD_MILLIS: u64 = 30 * 86_400_000;
/// Products of one order that are paired, the first ones: an order of a hundred lines would make ten thousand pairs and say little.
const BASKET_MAX: usize = 20;

/// The period that a moment lies in.
pub const fn period_of(at: Timestamp) -> u64 {
    at.millis() / PERIOD_MILLIS
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Products that have partners, 1 at least.
    pub products_max: usize,
    /// Partners of a product, 1 at least.
    pub partners_max: usize,
}

impl Default for Limits {
    /// About 40 MiB when full.
    fn default() -> Self {
        Self { products_max: 50_000, partners_max: 32 }
    }
}

/// A product that was bought together with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partner {
    /// The other product.
    pub product: u64,
    /// How often and how recently, in [`UNIT`]s of the newest period.
    pub score: u64,
    /// By how much the score may be too high.
    pub surplus: u64,
}

#[derive(Debug, Clone, Default)]
struct Partners {
    /// The period that the scores are of.
    period: u64,
    list: Vec<Partner>,
}

/// The counts of all products.
#[derive(Debug, Clone)]
pub struct CoPurchases {
    limits: Limits,
    /// The newest period that an order was of.
    period: u64,
    products: HashMap<u64, Partners, RandomState>,
}

impl Default for CoPurchases {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl CoPurchases {
    /// Without any counts.
    pub fn new(limits: Limits) -> Self {
        assert!(limits.products_max > 0 && limits.partners_max > 0, "B1: nothing could be kept: {limits:?}");
        Self { limits, period: 0, products: HashMap::default() }
    }

    /// Counts an order with these products, of this period; repeated products count once. Orders may come in any order.
    pub fn add(&mut self, products: &[u64], period: u64) {
        let mut basket: Vec<u64> = Vec::with_capacity(products.len().min(BASKET_MAX));
        for product in products {
            if basket.len() < BASKET_MAX && !basket.contains(product) {
                basket.push(*product);
            }
        }
        self.period = self.period.max(period);
        let weight = shifted(UNIT, self.period - period);
        if basket.len() < 2 || weight == 0 {
            return;
        }
        for product in &basket {
            let partners_max = self.limits.partners_max;
            let partners = self.partners_of(*product);
            for other in basket.iter().filter(|other| *other != product) {
                partners.count(*other, weight, partners_max);
            }
            debug_assert!(partners.list.len() <= partners_max, "B1: too many partners of {product}");
        }
        assert!(self.products.len() <= self.limits.products_max, "B1: too many products have partners");
    }

    /// The partners of a product, the strongest first, equal ones by id.
    pub fn partners(&self, product: u64) -> Vec<Partner> {
        let Some(known) = self.products.get(&product) else { return Vec::new() };
        debug_assert!(known.period <= self.period, "B3: scores of {product} are of a later period than any order");
        let mut partners = known.list.clone();
        let periods = self.period - known.period;
        for partner in &mut partners {
            (partner.score, partner.surplus) = (shifted(partner.score, periods), shifted(partner.surplus, periods));
        }
        partners.retain(|partner| partner.score > 0);
        partners.sort_unstable_by_key(|partner| (std::cmp::Reverse(partner.score), partner.product));
        partners
    }

    /// How many products have partners.
    pub fn len(&self) -> usize {
        self.products.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.products.is_empty()
    }

    /// The invariant that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        if self.products.len() > self.limits.products_max {
            return Some("B1: too many products have partners");
        }
        let is_its_own = |(product, partners): (&u64, &Partners)| partners.list.iter().any(|partner| partner.product == *product);
        if self.products.iter().any(is_its_own) {
            return Some("B1: a product is its own partner");
        }
        let is_uncounted = |partner: &Partner| partner.surplus > partner.score;
        let is_uncounted = self.products.values().any(|partners| partners.list.iter().any(is_uncounted));
        is_uncounted.then_some("B2: more surplus than score")
    }

    /// A product's partners with scores of the newest period.
    fn partners_of(&mut self, product: u64) -> &mut Partners {
        if self.products.len() >= self.limits.products_max && !self.products.contains_key(&product) {
            self.make_room();
        }
        let period = self.period;
        let partners = self.products.entry(product).or_insert_with(|| Partners { period, list: Vec::new() });
        partners.age_to(period);
        partners
    }

    /// Forgets the half of the products that is bought together with others the least.
    fn make_room(&mut self) {
        let period = self.period;
        let total = |partners: &Partners| {
            partners.list.iter().map(|partner| shifted(partner.score, period - partners.period)).fold(0, u64::saturating_add)
        };
        let mut ranks: Vec<(u64, u64)> = self.products.iter().map(|(product, partners)| (total(partners), *product)).collect();
        let middle = ranks.len() / 2;
        let (.., least_kept, _) = ranks.select_nth_unstable(middle);
        let least_kept = *least_kept;
        // Above the middle one: of a single product nothing is left.
        self.products.retain(|product, partners| (total(partners), *product) > least_kept);
        assert!(self.products.len() < self.limits.products_max, "B1: no room was made");
    }
}

impl Partners {
    fn age_to(&mut self, period: u64) {
        let periods = period - self.period;
        if periods > 0 {
            for partner in &mut self.list {
                (partner.score, partner.surplus) = (shifted(partner.score, periods), shifted(partner.surplus, periods));
            }
            self.list.retain(|partner| partner.score > 0);
            self.period = period;
        }
    }

    fn count(&mut self, product: u64, weight: u64, partners_max: usize) {
        if let Some(known) = self.list.iter_mut().find(|partner| partner.product == product) {
            known.score = known.score.saturating_add(weight);
            return;
        }
        if self.list.len() < partners_max {
            self.list.push(Partner { product, score: weight, surplus: 0 });
            return;
        }
        if let Some(weakest) = self.list.iter_mut().min_by_key(|partner| (partner.score, partner.product)) {
            let taken_over = weakest.score;
            *weakest = Partner { product, score: taken_over.saturating_add(weight), surplus: taken_over };
        }
    }
}

/// A score as it counts so many periods later.
fn shifted(score: u64, periods: u64) -> u64 {
    u32::try_from(periods).ok().and_then(|periods| score.checked_shr(periods)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Orders with a few products each; periods that move on.
    fn orders() -> impl Strategy<Value = Vec<(Vec<u64>, u64)>> {
        let order = (prop::collection::vec(1_u64..12, 1..6), 0_u64..8);
        prop::collection::vec(order, 0..60)
    }

    /// What everything counts, in unbounded memory.
    fn counted(orders: &[(Vec<u64>, u64)]) -> BTreeMap<u64, BTreeMap<u64, u64>> {
        let newest = orders.iter().map(|(_, period)| *period).max().unwrap_or_default();
        let mut counted = BTreeMap::<u64, BTreeMap<u64, u64>>::new();
        for (products, period) in orders {
            let mut products = products.clone();
            products.sort_unstable();
            products.dedup();
            for one in &products {
                for other in products.iter().filter(|other| *other != one) {
                    *counted.entry(*one).or_default().entry(*other).or_default() += UNIT >> (newest - period);
                }
            }
        }
        counted
    }

    fn fed(orders: &[(Vec<u64>, u64)], limits: Limits) -> CoPurchases {
        let mut counts = CoPurchases::new(limits);
        for (products, period) in orders {
            counts.add(products, *period);
            assert_eq!(counts.broken(), None, "{counts:?}");
        }
        counts
    }

    proptest! {
        #[test]
        fn with_room_for_all_every_partner_is_counted_exactly_in_any_order(orders in orders()) {
            let limits = Limits { products_max: 20, partners_max: 12 };
            let mut backwards = orders.clone();
            backwards.sort_by_key(|(_, period)| std::cmp::Reverse(*period));
            for counts in [fed(&orders, limits), fed(&backwards, limits)] {
                for product in 1..12 {
                    let mut naive: Vec<_> = counted(&orders).remove(&product).unwrap_or_default().into_iter().collect();
                    naive.sort_by_key(|(other, score)| (std::cmp::Reverse(*score), *other));
                    let kept: Vec<_> = counts.partners(product).iter().map(|partner| (partner.product, partner.score)).collect();
                    prop_assert_eq!(kept, naive);
                }
            }
        }

        #[test]
        fn what_is_kept_is_off_by_its_surplus_at_most_and_what_is_strong_is_kept(orders in orders()) {
            let limits = Limits { products_max: 20, partners_max: 4 };
            let counts = fed(&orders, limits);
            let naive = counted(&orders);
            for product in 1..12 {
                let true_scores = naive.get(&product).cloned().unwrap_or_default();
                let kept = counts.partners(product);
                prop_assert!(kept.len() <= 4);
                for partner in &kept {
                    let score = true_scores.get(&partner.product).copied().unwrap_or_default();
                    prop_assert!(partner.score - partner.surplus <= score && score <= partner.score, "{:?} is {}", partner, score);
                }
                let total: u64 = true_scores.values().sum();
                for (other, score) in true_scores {
                    let is_kept = kept.iter().any(|partner| partner.product == other);
                    prop_assert!(is_kept || score * 4 <= total, "{} with {} of {} is missing", other, score, total);
                }
            }
        }

        #[test]
        fn memory_is_bounded_whatever_is_bought(orders in orders(), products_max in 1_usize..6, partners_max in 1_usize..4) {
            let counts = fed(&orders, Limits { products_max, partners_max });
            prop_assert!(counts.len() <= products_max);
        }
    }

    #[test]
    fn an_order_of_long_ago_counts_less_and_then_nothing() {
        let mut counts = CoPurchases::default();
        counts.add(&[1, 2], 10);
        counts.add(&[1, 3], 12);
        assert_eq!(
            counts.partners(1).iter().map(|partner| (partner.product, partner.score)).collect::<Vec<_>>(),
            [(3, UNIT), (2, UNIT / 4)]
        );
        counts.add(&[8, 9], 500);
        assert_eq!(counts.partners(1), []);
        counts.add(&[1, 4], 2);
        assert_eq!(counts.partners(4), [], "too old to count");
    }

    #[test]
    fn a_huge_order_makes_few_pairs() {
        let mut counts = CoPurchases::default();
        counts.add(&(1..=100).collect::<Vec<_>>(), 1);
        assert_eq!((counts.len(), counts.partners(1).len(), counts.partners(100).len()), (20, 19, 0));
    }
}
