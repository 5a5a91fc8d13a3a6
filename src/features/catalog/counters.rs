//! Live counts: pieces that can be bought of each SKU, pieces sold and views of each product. Readers never wait and never ask the database.
//! - C1 A count is the rows' value at their checkpoint plus every later record, each once: a count knows the checkpoint that it began with.
//! - C2 Records of a SKU that is not known yet are kept until it is, so that no order of learning of SKU and record loses a piece.
//! - C3 One thread applies records; anybody reads and registers.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use foldhash::fast::RandomState;
use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::orders::fold::counts::Moved;
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use super::snapshot::Rating;

/// Movements of unknown SKUs that are kept, the newest: by the time that an older one is let go of, it is in the rows that its SKU begins with,
/// or the SKU has no row any more.
const ORPHANS_MAX: usize = 65_536;

/// What is counted of a product.
#[derive(Debug)]
pub struct ProductCount {
    product: u64,
    sales: AtomicI64,
    /// The records up to this one are in `sales` by the row that it began with.
    since: AtomicU64,
    reviews: AtomicU64,
    stars: AtomicU64,
}

impl ProductCount {
    /// Pieces paid and not refunded.
    pub fn sales(&self) -> u64 {
        self.sales.load(Ordering::Relaxed).max(0).unsigned_abs()
    }

    /// Number of reviews, and the sum of their stars.
    pub fn rating(&self) -> Rating {
        Rating { count: self.reviews.load(Ordering::Relaxed), stars: self.stars.load(Ordering::Relaxed) }
    }
}

/// What is counted of a SKU.
#[derive(Debug)]
pub struct SkuCount {
    product: Arc<ProductCount>,
    available: AtomicI64,
    since: AtomicU64,
}

impl SkuCount {
    /// Pieces that can be bought outside flash sales.
    pub fn available(&self) -> u32 {
        u32::try_from(self.available.load(Ordering::Relaxed).max(0)).unwrap_or(u32::MAX)
    }
}

/// Live counts of all products and SKUs.
#[derive(Debug, Default)]
pub struct Counters {
    products: RwLock<HashMap<u64, Arc<ProductCount>, RandomState>>,
    skus: RwLock<HashMap<SkuId, Arc<SkuCount>, RandomState>>,
    /// Of SKUs that are not known yet.
    orphans: Mutex<VecDeque<(Sequence, Moved)>>,
    /// Products whose counts moved since they were last taken.
    touched: Mutex<HashSet<u64, RandomState>>,
    moved: Notify,
}

impl Counters {
    /// Pieces sold of a product; none if there is no such product.
    pub fn sales(&self, product: u64) -> Option<u64> {
        self.products.read().get(&product).map(|count| count.sales())
    }

    /// Pieces of a SKU that can be bought outside flash sales; none if there is no such SKU.
    pub fn available(&self, sku: SkuId) -> Option<u32> {
        self.skus.read().get(&sku).map(|count| count.available())
    }

    /// Notes what a product's reviews add up to; the product's entry follows in a moment.
    pub fn rate(&self, product: u64, rating: Rating) {
        let Some(count) = self.products.read().get(&product).cloned() else { return };
        count.reviews.store(rating.count, Ordering::Relaxed);
        count.stars.store(rating.stars, Ordering::Relaxed);
        self.touch([product]);
    }

    /// The counts of a product, which begin with the row's value where it was not known. `anew`: also where it was, because the whole
    /// catalogue is loaded anew.
    pub(super) fn product(&self, product: u64, sales: u64, at: Sequence, anew: bool) -> Arc<ProductCount> {
        let mut products = self.products.write();
        let count = products.entry(product).or_insert_with(|| {
            Arc::new(ProductCount {
                product,
                sales: AtomicI64::new(sales as i64),
                since: AtomicU64::new(at.0),
                reviews: AtomicU64::new(0),
                stars: AtomicU64::new(0),
            })
        });
        if anew {
            count.sales.store(sales as i64, Ordering::Relaxed);
            count.since.store(at.0, Ordering::Relaxed);
        }
        Arc::clone(count)
    }

    /// The same for a SKU of the product.
    pub(super) fn sku(&self, sku: SkuId, product: &Arc<ProductCount>, available: u32, at: Sequence, anew: bool) -> Arc<SkuCount> {
        let mut skus = self.skus.write();
        if let Some(count) = skus.get(&sku) {
            if anew {
                count.available.store(i64::from(available), Ordering::Relaxed);
                count.since.store(at.0, Ordering::Relaxed);
            }
            return Arc::clone(count);
        }
        let (product, available) = (Arc::clone(product), AtomicI64::new(i64::from(available)));
        let count = Arc::new(SkuCount { product, available, since: AtomicU64::new(at.0) });
        skus.insert(sku, Arc::clone(&count));
        // Under the lock of the SKUs: whoever applies records has either kept them here or will find the SKU.
        self.orphans.lock().retain(|(sequence, moved)| {
            let is_its = moved.sku == sku;
            if is_its {
                count.apply(*sequence, moved);
            }
            !is_its
        });
        count
    }

    /// What was kept of unknown SKUs is in the rows that are loaded next.
    pub(super) fn forget_orphans(&self) {
        self.orphans.lock().clear();
    }

    /// Applies what records move, in their order.
    pub(super) fn apply(&self, moves: &[(Sequence, Moved)]) {
        let mut touched = Vec::new();
        {
            let skus = self.skus.read();
            for (sequence, moved) in moves {
                match skus.get(&moved.sku) {
                    Some(count) => {
                        count.apply(*sequence, moved);
                        touched.push(count.product.product);
                    }
                    None => {
                        let mut orphans = self.orphans.lock();
                        if orphans.len() >= ORPHANS_MAX {
                            orphans.pop_front();
                        }
                        orphans.push_back((*sequence, *moved));
                    }
                }
            }
        }
        self.touch(touched);
    }

    fn touch(&self, products: impl IntoIterator<Item = u64>) {
        let mut touched = self.touched.lock();
        touched.extend(products);
        if !touched.is_empty() {
            self.moved.notify_one();
        }
    }

    /// The products whose counts moved since this was last asked; waits until there are any.
    pub(super) async fn touched(&self) -> Vec<u64> {
        loop {
            let touched = std::mem::take(&mut *self.touched.lock());
            if !touched.is_empty() {
                return touched.into_iter().collect();
            }
            self.moved.notified().await;
        }
    }
}

impl SkuCount {
    fn apply(&self, sequence: Sequence, moved: &Moved) {
        if sequence.0 > self.since.load(Ordering::Relaxed) {
            self.available.fetch_add(moved.available, Ordering::Relaxed);
        }
        if sequence.0 > self.product.since.load(Ordering::Relaxed) {
            self.product.sales.fetch_add(moved.sold, Ordering::Relaxed);
        }
    }
}
