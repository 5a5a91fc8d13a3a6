//! The catalogue as other features and handlers ask it: the current snapshot, live counts, and what has changed.

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::refusal::Unavailable;
use parking_lot::Mutex;
use tokio::sync::broadcast;

use super::counters::Counters;
use super::repository::{Filed, Read};
use super::snapshot::{Change, Entry, Snapshot, Taxonomy};
use crate::platform::outbox::Topic;

/// Changes that a reader may be behind; one that is further behind looks at everything.
const CHANGES_KEPT: usize = 1_024;

/// The catalogue; cheap to clone.
#[derive(Clone)]
pub struct Catalog(Arc<Inner>);

struct Inner {
    /// None until everything was loaded once.
    current: ArcSwapOption<Snapshot>,
    counters: Counters,
    /// One version is made after another.
    publishing: Mutex<()>,
    changed: broadcast::Sender<Arc<Changed>>,
    /// Rows that changed while everything is being loaded.
    missed: Mutex<Option<Missed>>,
}

/// What a version has that the one before it did not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Number of the version that has these changes.
    pub version: u64,
    /// Everything was loaded anew: the lists below are empty.
    pub is_everything: bool,
    /// Products that were added, edited or removed, put on the shelf or taken off.
    pub products: Vec<u64>,
    /// Products of which only counts are others: pieces sold or available, reviews.
    pub counted: Vec<u64>,
    /// Categories, brands or tags are others.
    pub is_taxonomy: bool,
}

/// Rows that changed while everything was being loaded.
#[derive(Debug, Default)]
pub(super) struct Missed {
    pub products: HashSet<u64>,
    pub is_taxonomy: bool,
}

impl Default for Catalog {
    fn default() -> Self {
        Self(Arc::new(Inner {
            current: ArcSwapOption::empty(),
            counters: Counters::default(),
            publishing: Mutex::default(),
            changed: broadcast::channel(CHANGES_KEPT).0,
            missed: Mutex::default(),
        }))
    }
}

impl Catalog {
    /// The catalogue as it is now: take it once for an answer, and everything in the answer is of one moment.
    ///
    /// # Errors
    /// [`Unavailable::Warming`] until it was loaded for the first time.
    pub fn current(&self) -> Result<Arc<Snapshot>, Unavailable> {
        self.0.current.load_full().ok_or(Unavailable::Warming)
    }

    /// What each version changes, from now on. A reader that lags ([`broadcast::error::RecvError::Lagged`]) looks at [`Self::current`] anew.
    pub fn changes(&self) -> broadcast::Receiver<Arc<Changed>> {
        self.0.changed.subscribe()
    }

    /// Live counts: ahead of the snapshot by a moment.
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// A product, on the shelf or not; none while the catalogue is warming.
    pub fn product(&self, id: u64) -> Option<Arc<Entry>> {
        self.0.current.load().as_ref()?.product(id).cloned()
    }

    /// The product of a SKU, on the shelf or not; none while the catalogue is warming.
    pub fn sku(&self, id: SkuId) -> Option<Arc<Entry>> {
        self.0.current.load().as_ref()?.sku(id).cloned()
    }

    /// A product in lists, if it is on the shelf; none while the catalogue is warming.
    pub fn card(&self, product: u64) -> Option<Bytes> {
        self.0.current.load().as_ref()?.card(product)
    }

    /// Notes a changed row if everything is being loaded just now: it may have been read before the change.
    pub(super) fn miss(&self, topic: Topic, ids: &[u64]) {
        if let Some(missed) = &mut *self.0.missed.lock() {
            match topic {
                Topic::Product => missed.products.extend(ids),
                _ => missed.is_taxonomy = true,
            }
        }
    }

    /// Everything is being loaded from now on.
    pub(super) fn begin_loading(&self) {
        *self.0.missed.lock() = Some(Missed::default());
        self.0.counters.forget_orphans();
    }

    /// What changed since this was last asked, while everything is being loaded.
    pub(super) fn take_missed(&self) -> Missed {
        self.0.missed.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Publishes what was loaded, unless rows have changed that it may not have: those are to be read first.
    pub(super) fn publish_loaded(&self, mut loaded: Snapshot) -> Result<(), Box<(Snapshot, Missed)>> {
        let _publishing = self.0.publishing.lock();
        let mut missed = self.0.missed.lock();
        let rows = missed.as_mut().map(std::mem::take).unwrap_or_default();
        if rows.is_taxonomy || !rows.products.is_empty() {
            return Err(Box::new((loaded, rows)));
        }
        *missed = None;
        if let Some(before) = &*self.0.current.load() {
            loaded.follow(before.version);
        }
        let version = loaded.version;
        self.0.current.store(Some(Arc::new(loaded)));
        drop(self.0.changed.send(Arc::new(Changed { version, is_everything: true, ..Changed::default() })));
        Ok(())
    }

    /// Makes a product's entry, with counts that begin with its rows' where it was not known (or `anew`).
    pub(super) fn entry(&self, read: Read, at: Sequence, taxonomy: &Taxonomy, anew: bool) -> Arc<Entry> {
        let counters = self.counters();
        let count = counters.product(read.product.id.get(), read.sales, at, anew);
        let skus = read.product.skus.iter().zip(&read.available);
        let sku_counts = skus.map(|(sku, available)| counters.sku(sku.id, &count, *available, at, anew)).collect();
        Arc::new(Entry::new(Arc::new(read.product), count, sku_counts, taxonomy))
    }

    /// Publishes rows that were read anew; products of `ids` that were not found are no longer there.
    pub(super) fn publish_products(&self, ids: &[u64], read: Vec<Read>, at: Sequence) {
        self.publish(|now| {
            let found: HashSet<u64> = read.iter().map(|read| read.product.id.get()).collect();
            Change {
                changed: read.into_iter().map(|read| self.entry(read, at, &now.taxonomy, false)).collect(),
                removed: ids.iter().copied().filter(|id| !found.contains(id)).collect(),
                ..Change::default()
            }
        });
    }

    /// Publishes categories, brands and tags that were read anew; `tags` are those of which names on cards may be others.
    pub(super) fn publish_filed(&self, filed: Filed, tags: &[u64]) {
        self.publish(|now| {
            let Filed { categories, brands, tags: words } = filed;
            let taxonomy = Arc::new(Taxonomy::new(now.taxonomy.version + 1, categories, brands, words));
            let tagged = tags.iter().flat_map(|tag| now.tagged(*tag));
            let counted = tagged.map(|entry| Arc::new(entry.recounted(&taxonomy))).collect();
            Change { counted, taxonomy: Some(taxonomy), ..Change::default() }
        });
    }

    /// Publishes what these products count now.
    pub(super) fn publish_counts(&self, products: &[u64]) {
        self.publish(|now| {
            let entries = products.iter().filter_map(|product| now.product(*product));
            let counted = entries.map(|entry| Arc::new(entry.recounted(&now.taxonomy))).collect();
            Change { counted, ..Change::default() }
        });
    }

    fn publish(&self, change: impl FnOnce(&Snapshot) -> Change) {
        let _publishing = self.0.publishing.lock();
        // What is not loaded yet will be loaded with this change.
        let Some(now) = self.0.current.load_full() else { return };
        let change = change(&now);
        let id = |entry: &Arc<Entry>| entry.product.id.get();
        let mut changed = Changed {
            products: change.changed.iter().map(id).chain(change.removed.iter().copied()).collect(),
            counted: change.counted.iter().map(id).collect(),
            is_taxonomy: change.taxonomy.is_some(),
            ..Changed::default()
        };
        let next = now.next(change);
        changed.version = next.version;
        self.0.current.store(Some(Arc::new(next)));
        // Nobody may be listening.
        drop(self.0.changed.send(Arc::new(changed)));
    }
}
