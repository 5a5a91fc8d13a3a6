//! The catalogue as shoppers read it: immutable, published as a whole; a change makes the next version, which shares all that is the same.
//! - P1 What a reader has does not change under it: one answer is of one version.
//! - P2 Bytes are rendered once for each change, and sent as often as they are asked for.
//!
//! Not here: who publishes (`handle`, `loading`), live counts (`counters`).

mod entries;
mod order;
mod product;
mod render;
mod shelf;
mod taxonomy;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use foldhash::fast::RandomState;
use mallcore_actors::ids::SkuId;

use entries::Entries;
pub use order::Sort;
pub use product::{Counted, Entry, Product, Rating, Rendered, Sku, Spec};
pub use render::{etag, hash, json};
pub use shelf::{Filter, Zone};
use shelf::{Sales, Shelf};
pub use taxonomy::{Category, LEVELS_MAX, Taxonomy};

/// One version of the catalogue.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Grows with each change that is published.
    pub version: u64,
    /// Categories, brands and tags.
    pub taxonomy: Arc<Taxonomy>,
    entries: Entries,
    /// Where a product is.
    slots: Arc<HashMap<u64, u32, RandomState>>,
    /// Where a SKU's product is.
    skus: Arc<HashMap<SkuId, u32, RandomState>>,
    shelf: Arc<Shelf>,
    sales: Arc<Sales>,
}

/// Where a page of a list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this place, 0 for the first.
    At(usize),
    /// Behind this product.
    After(u64),
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    /// The products, in order.
    pub entries: Vec<&'a Entry>,
    /// How many the list has in all.
    pub total: usize,
    /// The last product, if others follow.
    pub next: Option<u64>,
}

impl Snapshot {
    /// An empty shop.
    pub(super) fn empty(taxonomy: Arc<Taxonomy>) -> Self {
        Self {
            version: 0,
            taxonomy,
            entries: Entries::default(),
            slots: Arc::default(),
            skus: Arc::default(),
            shelf: Arc::default(),
            sales: Arc::default(),
        }
    }

    /// A product, on the shelf or not.
    pub fn product(&self, id: u64) -> Option<&Arc<Entry>> {
        self.entries.get(*self.slots.get(&id)?)
    }

    /// The product of a SKU, on the shelf or not; [`Entry::sku`] finds the SKU in it.
    pub fn sku(&self, id: SkuId) -> Option<&Arc<Entry>> {
        // One that was removed since may still lead to its product.
        self.entries.get(*self.skus.get(&id)?).filter(|entry| entry.sku(id).is_some())
    }

    /// The product in lists, if it is on the shelf.
    pub fn card(&self, id: u64) -> Option<Bytes> {
        self.product(id).filter(|entry| entry.product.on_sale).map(|entry| entry.card.clone())
    }

    /// All products, on the shelf or not, in no order.
    pub fn products(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// How many products are on the shelf.
    pub fn shelved(&self) -> usize {
        self.shelf.len()
    }

    /// A page of the products on the shelf that fit the filter.
    pub fn list(&self, filter: Filter, sort: Sort, start: Start, size: usize) -> Listed<'_> {
        let list = self.shelf.list(filter, sort, &self.sales, &self.taxonomy);
        let from = match start {
            Start::At(place) => place.min(list.len()),
            Start::After(product) => match self.slots.get(&product) {
                Some(slot) => self.shelf.behind(&list, sort, &self.sales, *slot),
                // Behind a product that never was there is nothing.
                None => list.len(),
            },
        };
        let page = &list[from..(from + size).min(list.len())];
        let entries: Vec<&Entry> = page.iter().filter_map(|slot| self.entries.get(*slot)).map(|entry| &**entry).collect();
        let next = entries.last().filter(|_| from + page.len() < list.len()).map(|entry| entry.product.id.get());
        Listed { entries, total: list.len(), next }
    }

    /// Ids of all products on the shelf that fit the filter, in order.
    pub fn ids(&self, filter: Filter, sort: Sort) -> Vec<u64> {
        let list = self.shelf.list(filter, sort, &self.sales, &self.taxonomy);
        list.iter().filter_map(|slot| self.entries.get(*slot)).map(|entry| entry.product.id.get()).collect()
    }

    /// The next version: with these entries instead of their products', without those products, and with this taxonomy if there is a new
    /// one. `reshelved`: slots of which more has changed than the counts.
    pub(super) fn next(&self, change: Change) -> Self {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        let renumbered = change.taxonomy.is_some();
        if let Some(taxonomy) = change.taxonomy {
            next.taxonomy = taxonomy;
        }
        let mut reshelved = HashSet::default();
        let mut sold = HashSet::default();
        for entry in change.changed {
            let slot = next.put(entry);
            reshelved.insert(slot);
        }
        for id in &change.removed {
            if let Some(slot) = next.slots.get(id).copied() {
                next.entries.set(slot, None);
                reshelved.insert(slot);
            }
        }
        for entry in change.counted {
            let id = entry.product.id.get();
            let Some(slot) = next.slots.get(&id).copied() else { continue };
            if next.entries.get(slot).is_some_and(|before| before.counted.sales != entry.counted.sales) {
                sold.insert(slot);
            }
            next.entries.set(slot, Some(entry));
        }
        if !reshelved.is_empty() || renumbered {
            next.shelf = Arc::new(self.shelf.changed(&reshelved, &next.entries, &next.taxonomy, renumbered));
        }
        sold.extend(reshelved);
        if !sold.is_empty() || renumbered {
            next.sales = Arc::new(self.sales.changed(&sold, &next.entries, &next.shelf));
        }
        next
    }

    /// Takes the place of a version: readers see higher numbers than before.
    pub(super) fn follow(&mut self, version: u64) {
        self.version = version + 1;
    }

    fn put(&mut self, entry: Arc<Entry>) -> u32 {
        let id = entry.product.id.get();
        let slot = match self.slots.get(&id).copied() {
            Some(slot) => {
                self.entries.set(slot, Some(Arc::clone(&entry)));
                slot
            }
            None => {
                let slot = self.entries.push(Arc::clone(&entry));
                Arc::make_mut(&mut self.slots).insert(id, slot);
                slot
            }
        };
        if entry.product.skus.iter().any(|sku| self.skus.get(&sku.id) != Some(&slot)) {
            let skus = Arc::make_mut(&mut self.skus);
            skus.extend(entry.product.skus.iter().map(|sku| (sku.id, slot)));
        }
        slot
    }

    /// The products with a tag, on the shelf or not.
    pub(super) fn tagged(&self, tag: u64) -> impl Iterator<Item = &Arc<Entry>> {
        self.shelf.tagged(tag).filter_map(|slot| self.entries.get(slot))
    }
}

/// What makes a snapshot the next one.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Products that are new or were edited.
    pub changed: Vec<Arc<Entry>>,
    /// Products of which only the counts are others, or the names of their tags.
    pub counted: Vec<Arc<Entry>>,
    /// Products that are no longer there.
    pub removed: Vec<u64>,
    /// Categories, brands and tags.
    pub taxonomy: Option<Arc<Taxonomy>>,
}

impl Listed<'_> {
    /// The entity tag of the page's bytes: made of the cards' hashes, without rendering anything.
    pub fn etag(&self) -> HeaderValue {
        let mut words = Vec::with_capacity((self.entries.len() + 2) * 8);
        words.extend(self.entries.iter().flat_map(|entry| entry.card_hash.to_le_bytes()));
        words.extend((self.total as u64).to_le_bytes());
        words.extend(self.next.unwrap_or(0).to_le_bytes());
        etag(hash(&words))
    }

    /// `{"items": […], "total": …, "next_cursor": …}`, as [`crate::platform::page::Page`] has it.
    pub fn body(&self) -> Bytes {
        let cards = self.entries.iter().map(|entry| entry.card.len() + 1).sum::<usize>();
        let mut body = Vec::with_capacity(cards + 80);
        body.extend_from_slice(b"{\"items\":[");
        for (place, entry) in self.entries.iter().enumerate() {
            if place > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&entry.card);
        }
        let next = self.next.map_or_else(|| "null".to_owned(), |next| format!("\"{next}\""));
        body.extend_from_slice(format!("],\"total\":{},\"next_cursor\":{next}}}", self.total).as_bytes());
        body.into()
    }
}
