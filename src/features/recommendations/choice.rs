//! Cards of products that were chosen, in order.
//! - C1 Only what is on the shelf and can be bought now, each once, and nothing that is left out on purpose.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use foldhash::fast::RandomState;
use mallcore_actors::recommendations::popularity;

use crate::features::catalog::snapshot::{Entry, Filter, Snapshot, Sort, Start};

/// Products of a list by sales that are ranked by popularity.
const RANKED_MAX: usize = 200;

/// Products that are being chosen.
pub(super) struct Choice<'a> {
    snapshot: &'a Snapshot,
    size: usize,
    /// Chosen, or left out.
    known: HashSet<u64, RandomState>,
    chosen: Vec<&'a Arc<Entry>>,
}

impl<'a> Choice<'a> {
    /// At most `size` products, none of them of `without`.
    pub fn new(snapshot: &'a Snapshot, size: usize, without: impl IntoIterator<Item = u64>) -> Self {
        Self { snapshot, size, known: without.into_iter().collect(), chosen: Vec::with_capacity(size) }
    }

    /// Takes these products, the best first, as far as there is room.
    pub fn take(&mut self, products: impl IntoIterator<Item = u64>) {
        for product in products {
            if self.is_full() {
                return;
            }
            if let Some(entry) = self.snapshot.product(product).filter(|entry| can_be_bought(entry))
                && self.known.insert(product)
            {
                self.chosen.push(entry);
            }
        }
    }

    /// No longer leaves these products out.
    pub fn admit(&mut self, products: impl IntoIterator<Item = u64>) {
        let chosen: HashSet<u64> = self.chosen.iter().map(|entry| entry.product.id.get()).collect();
        for product in products.into_iter().filter(|product| !chosen.contains(product)) {
            self.known.remove(&product);
        }
    }

    /// Whether there is no room for more.
    pub fn is_full(&self) -> bool {
        self.chosen.len() >= self.size
    }

    /// `{"items": […]}` of the cards.
    pub fn body(&self) -> Bytes {
        let mut body = Vec::with_capacity(self.chosen.iter().map(|entry| entry.card.len() + 1).sum::<usize>() + 16);
        body.extend_from_slice(b"{\"items\":[");
        for (place, entry) in self.chosen.iter().enumerate() {
            if place > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&entry.card);
        }
        body.extend_from_slice(b"]}");
        body.into()
    }
}

fn can_be_bought(entry: &Entry) -> bool {
    let mut skus = entry.product.skus.iter().zip(&entry.counted.available);
    entry.product.on_sale && skus.any(|(sku, available)| sku.on_sale && *available > 0)
}

/// The products of a category with those below it (of all, if none is named) that sell most, by sales and rating.
pub(super) fn ranked(snapshot: &Snapshot, category: Option<u64>) -> Vec<u64> {
    let listed = snapshot.list(Filter { category, ..Filter::default() }, Sort::Sales, Start::At(0), RANKED_MAX);
    let key = |entry: &&Entry| {
        let counted = &entry.counted;
        popularity(counted.sales, counted.rating.count, counted.rating.stars)
    };
    let mut entries = listed.entries;
    // A stable sort: what is equally popular stays in the order of the list.
    entries.sort_by_cached_key(|entry| std::cmp::Reverse(key(entry)));
    entries.into_iter().map(|entry| entry.product.id.get()).collect()
}
