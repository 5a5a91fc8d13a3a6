//! What is on the shelf, by all that lists ask for: columns by slot to filter by, and an array of slots for each order.
//! - H1 A list is a scan of an order that looks at columns only, done once for each filter and kept until the shelf changes.
//! - H2 What sells changes the order by sales and nothing else.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use parking_lot::RwLock;

use super::entries::Entries;
use super::order::{Key, Sort, merged};
use super::product::Product;
use super::taxonomy::Taxonomy;

/// Which products a list is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Filter {
    /// Of this category and those below it.
    pub category: Option<u64>,
    /// Of this brand.
    pub brand: Option<u64>,
    /// With this tag.
    pub tag: Option<u64>,
    /// In this zone.
    pub zone: Option<Zone>,
    /// Shown at this many fen at least.
    pub price_min: Option<u64>,
    /// Shown at this many fen at most.
    pub price_max: Option<u64>,
}

/// Parts of the shop with products of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// What costs less for now.
    Discount,
    /// Products marked by hand as hot.
    Hot,
}

impl Zone {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Discount, Self::Hot];

    /// Its word in queries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Discount => "discount",
            Self::Hot => "hot",
        }
    }

    /// The zone with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|zone| zone.name() == word)
    }
}

/// What lists look at of one product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Column {
    id: u64,
    price: u64,
    created: u64,
    /// 0 for none.
    brand: u64,
    /// The number of its category; 0 for none that shoppers see.
    category: u32,
    on_shelf: bool,
    is_discount: bool,
    is_hot: bool,
}

impl Column {
    fn of(product: &Product, taxonomy: &Taxonomy) -> Self {
        Self {
            id: product.id.get(),
            price: product.shown_price().fen(),
            created: product.created_at.millis(),
            brand: product.brand.unwrap_or(0),
            category: product.category.and_then(|category| taxonomy.category(category)).map_or(0, |category| category.span.start),
            on_shelf: product.on_sale,
            is_discount: product.discount.is_some(),
            is_hot: product.is_hot,
        }
    }

    const fn key(&self, sort: Sort, sales: u64) -> Key {
        let rank = match sort {
            Sort::Newest => u64::MAX - self.created,
            Sort::PriceAsc => self.price,
            Sort::PriceDesc => u64::MAX - self.price,
            Sort::Sales => u64::MAX - sales,
        };
        (rank, u64::MAX - self.id)
    }
}

/// Lists that were asked for, by filter and order. Those with a range of prices are not kept: there are too many of them.
type Lists = RwLock<HashMap<(Filter, Sort), Arc<[u32]>, RandomState>>;

/// Slots that are kept in lists, at most: 16 MiB.
const LISTED_MAX: usize = 4 << 20;

/// The shelf but for what sells.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    columns: Vec<Column>,
    newest: Arc<[u32]>,
    price_asc: Arc<[u32]>,
    price_desc: Arc<[u32]>,
    tags: HashMap<u64, Arc<HashSet<u32, RandomState>>, RandomState>,
    lists: Lists,
}

/// Who sells how much.
#[derive(Debug, Default)]
pub(super) struct Sales {
    by_slot: Vec<u64>,
    order: Arc<[u32]>,
    lists: Lists,
}

impl Shelf {
    /// The shelf after the products in these slots have changed; `all`: the categories have been numbered anew.
    pub fn changed(&self, slots: &HashSet<u32, RandomState>, entries: &Entries, taxonomy: &Taxonomy, all: bool) -> Self {
        let (mut columns, mut tags) = (self.columns.clone(), self.tags.clone());
        columns.resize(entries.len(), Column::default());
        for &slot in slots {
            let before = &mut columns[slot as usize];
            *before = entries.get(slot).map(|entry| Column::of(&entry.product, taxonomy)).unwrap_or_default();
            let of = entries.get(slot).map(|entry| &*entry.product.tags).unwrap_or_default();
            for (tag, tagged) in &mut tags {
                if tagged.contains(&slot) && !of.contains(tag) {
                    Arc::make_mut(tagged).remove(&slot);
                }
            }
            for tag in of {
                let tagged = tags.entry(*tag).or_default();
                if !tagged.contains(&slot) {
                    Arc::make_mut(tagged).insert(slot);
                }
            }
        }
        if all {
            for (slot, entry) in entries.iter() {
                columns[slot as usize] = Column::of(&entry.product, taxonomy);
            }
        }
        let fresh: Vec<u32> = slots.iter().copied().filter(|slot| columns[*slot as usize].on_shelf).collect();
        let order =
            |old: &[u32], sort| -> Arc<[u32]> { merged(old, slots, fresh.clone(), |slot| columns[slot as usize].key(sort, 0)).into() };
        let [newest, price_asc, price_desc] =
            [order(&self.newest, Sort::Newest), order(&self.price_asc, Sort::PriceAsc), order(&self.price_desc, Sort::PriceDesc)];
        Self { columns, newest, price_asc, price_desc, tags, lists: Lists::default() }
    }

    /// Products on the shelf.
    pub fn len(&self) -> usize {
        self.newest.len()
    }

    /// Slots of the products with a tag, on the shelf or not.
    pub fn tagged(&self, tag: u64) -> impl Iterator<Item = u32> {
        self.tags.get(&tag).into_iter().flat_map(|slots| slots.iter().copied())
    }

    /// The slots that a list is made of, in its order.
    pub fn list(&self, filter: Filter, sort: Sort, sales: &Sales, taxonomy: &Taxonomy) -> Arc<[u32]> {
        let (order, lists) = match sort {
            Sort::Newest => (&self.newest, &self.lists),
            Sort::PriceAsc => (&self.price_asc, &self.lists),
            Sort::PriceDesc => (&self.price_desc, &self.lists),
            Sort::Sales => (&sales.order, &sales.lists),
        };
        if filter == Filter::default() {
            return Arc::clone(order);
        }
        let is_kept = filter.price_min.is_none() && filter.price_max.is_none();
        if is_kept && let Some(list) = lists.read().get(&(filter, sort)) {
            return Arc::clone(list);
        }
        let list = self.scan(order, filter, taxonomy);
        if is_kept {
            let mut lists = lists.write();
            if lists.values().map(|list| list.len() + 1).sum::<usize>() + list.len() < LISTED_MAX {
                lists.insert((filter, sort), Arc::clone(&list));
            }
        }
        list
    }

    fn scan(&self, order: &[u32], filter: Filter, taxonomy: &Taxonomy) -> Arc<[u32]> {
        let span = match filter.category.map(|category| taxonomy.category(category)) {
            Some(None) => return Arc::default(),
            Some(Some(category)) => Some(category.span.clone()),
            None => None,
        };
        let tagged = match filter.tag.map(|tag| self.tags.get(&tag)) {
            Some(None) => return Arc::default(),
            Some(tagged) => tagged,
            None => None,
        };
        let (least, most) = (filter.price_min.unwrap_or(0), filter.price_max.unwrap_or(u64::MAX));
        let fits = |slot: &u32| {
            let column = &self.columns[*slot as usize];
            span.as_ref().is_none_or(|span| span.contains(&column.category))
                && filter.brand.is_none_or(|brand| brand == column.brand)
                && (least..=most).contains(&column.price)
                && match filter.zone {
                    None => true,
                    Some(Zone::Discount) => column.is_discount,
                    Some(Zone::Hot) => column.is_hot,
                }
                && tagged.is_none_or(|tagged| tagged.contains(slot))
        };
        order.iter().copied().filter(fits).collect()
    }

    /// The place in a list of the first product behind this one, whether it is in the list or not.
    pub fn behind(&self, list: &[u32], sort: Sort, sales: &Sales, slot: u32) -> usize {
        let key = |slot: u32| self.columns[slot as usize].key(sort, sales.by_slot.get(slot as usize).copied().unwrap_or(0));
        let at = key(slot);
        list.partition_point(|other| key(*other) <= at)
    }
}

impl Sales {
    /// The order after the products in these slots have sold, or have changed.
    pub fn changed(&self, slots: &HashSet<u32, RandomState>, entries: &Entries, shelf: &Shelf) -> Self {
        let mut by_slot = self.by_slot.clone();
        by_slot.resize(entries.len(), 0);
        for &slot in slots {
            by_slot[slot as usize] = entries.get(slot).map_or(0, |entry| entry.counted.sales);
        }
        let fresh = slots.iter().copied().filter(|slot| shelf.columns[*slot as usize].on_shelf).collect();
        let key = |slot: u32| shelf.columns[slot as usize].key(Sort::Sales, by_slot[slot as usize]);
        let order = merged(&self.order, slots, fresh, key).into();
        Self { by_slot, order, lists: Lists::default() }
    }
}
