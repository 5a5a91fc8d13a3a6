//! Recommendations as handlers ask for them.

use std::sync::Arc;

use bytes::Bytes;
use mallcore_actors::ids::UserId;
use mallcore_actors::recommendations::{Blend, CoPurchases, Sign, Signal, favoured_categories};
use parking_lot::RwLock;

use super::choice::{Choice, ranked};
use super::tastes::Tastes;
use crate::features::catalog::snapshot::Snapshot;

/// Categories of one shopper that products are taken from.
const CATEGORIES_MAX: usize = 3;
/// Products of each of them.
const OF_CATEGORY_MAX: usize = 30;
/// Signals whose partners are looked up, the newest of each kind.
const SIGNALS_WITH_PARTNERS_MAX: usize = 30;

/// What to show somebody who has not asked for it; cheap to clone.
#[derive(Clone)]
pub struct Recommendations(Arc<Inner>);

struct Inner {
    /// What is bought together; written by the follower alone.
    bought_together: RwLock<CoPurchases>,
    tastes: Tastes,
}

impl Recommendations {
    pub(super) fn new(tastes: Tastes) -> Self {
        Self(Arc::new(Inner { bought_together: RwLock::default(), tastes }))
    }

    /// Counts of everything, in place of those before.
    pub(super) fn replace(&self, counts: CoPurchases) {
        *self.0.bought_together.write() = counts;
    }

    /// Counts an order that was paid just now.
    pub(super) fn paid(&self, user: UserId, products: &[u64], period: u64) {
        self.0.bought_together.write().add(products, period);
        self.0.tastes.bought(user, products);
    }

    fn partners(&self, product: u64) -> Vec<(u64, u64)> {
        let partners = self.0.bought_together.read().partners(product);
        partners.into_iter().map(|partner| (partner.product, partner.score)).collect()
    }

    /// Cards of what is bought together with a product, filled up with what its category sells, then the categories above.
    pub fn related(&self, snapshot: &Snapshot, product: u64, size: usize) -> Bytes {
        let mut choice = Choice::new(snapshot, size, [product]);
        choice.take(self.partners(product).into_iter().map(|(partner, _)| partner));
        let category = snapshot.product(product).and_then(|entry| entry.product.category);
        let path = category.map(|category| snapshot.taxonomy.path(category)).unwrap_or_default();
        for category in path.iter().rev() {
            if choice.is_full() {
                break;
            }
            choice.take(ranked(snapshot, Some(category.id)));
        }
        choice.body()
    }

    /// Cards of what sells and is rated best.
    pub fn popular(&self, snapshot: &Snapshot, size: usize) -> Bytes {
        let mut choice = Choice::new(snapshot, size, []);
        choice.take(ranked(snapshot, None));
        choice.body()
    }

    /// Cards of what a shopper may like: partners of what they know, then what their categories sell, then what everybody likes. What they
    /// know themselves comes last, what they have bought not at all.
    pub async fn liked_by(&self, user: UserId, snapshot: &Snapshot, size: usize) -> Bytes {
        let signals = self.0.tastes.of(user).await;
        let category = |product| snapshot.product(product).and_then(|entry| entry.product.category);
        let mut blend = Blend::default();
        for signal in signals.iter().filter(|signal| signal.place < SIGNALS_WITH_PARTNERS_MAX) {
            blend.add_partners(signal, self.partners(signal.product));
        }
        for (category, weight) in favoured_categories(&signals, category, CATEGORIES_MAX) {
            let mut ranked = ranked(snapshot, Some(category));
            ranked.truncate(OF_CATEGORY_MAX);
            blend.add_category(weight, &ranked);
        }
        let known = |is_wanted: fn(&Signal) -> bool| signals.iter().filter(move |signal| is_wanted(signal)).map(|signal| signal.product);
        let mut choice = Choice::new(snapshot, size, known(|_| true));
        choice.take(blend.ranked());
        let all = ranked(snapshot, None);
        choice.take(all.iter().copied());
        if !choice.is_full() {
            // A product may have been looked at and bought: it stays out.
            let bought: Vec<u64> = known(|signal| signal.sign == Sign::Bought).collect();
            choice.admit(known(|_| true).filter(|product| !bought.contains(product)));
            choice.take(all);
        }
        choice.body()
    }
}
