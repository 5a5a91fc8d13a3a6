//! Keeps the index beside the catalogue: builds it once the catalogue is loaded, and follows its changes.
//! - K1 One thread writes, of lower priority than everybody who serves: under load a change is searchable later, and no purchase waits for it.
//! - K2 Changes are taken at most once in [`PAUSE`], however many there are; a change that was missed is found by comparing everything.
//! - K3 An index that fails is made anew; what was published before is searched until then.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use tokio::sync::{broadcast, watch};

use super::document::{Document, Facts};
use super::handle::{Published, Search};
use super::index::Indexer;
use super::metrics;
use super::suggest::{Kind, Phrase, Prefixes};
use super::words::folded;
use crate::features::catalog::snapshot::{Entry, Snapshot, Taxonomy};
use crate::features::catalog::{Catalog, Changed};

/// Between two versions of the index.
const PAUSE: Duration = Duration::from_secs(1);
/// Without changes the index is looked at all the same: small segments may have been merged.
const IDLE: Duration = Duration::from_secs(5);
/// Products with new names beside the suggestions of all others; beyond, those are made anew.
const RENAMED_MAX: usize = 1_000;
/// How nice the thread is to others: about a tenth of a processor that is wanted by others too.
const NICE: i32 = 10;

/// Starts the thread, which ends when the sender of `stopped` is dropped.
///
/// # Errors
/// Those of the operating system.
pub fn start(search: Search, catalog: Catalog, stopped: watch::Receiver<()>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    std::thread::Builder::new().name("search".to_owned()).spawn(move || {
        if let Err(refused) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE) {
            tracing::warn!("failed to lower the priority of the thread search: {refused}");
        }
        runtime.block_on(keep(search, catalog, stopped));
    })?;
    Ok(())
}

async fn keep(search: Search, catalog: Catalog, mut stopped: watch::Receiver<()>) {
    let mut changes = catalog.changes();
    // Loaded before anybody listened.
    let mut pending = Pending { is_everything: catalog.current().is_ok(), ..Pending::default() };
    let mut keeper: Option<Keeper> = None;
    let mut began = None::<Instant>;
    loop {
        if pending.is_empty() {
            let heard = tokio::select! {
                _ = stopped.changed() => return,
                heard = tokio::time::timeout(IDLE, changes.recv()) => heard.ok(),
            };
            if heard.is_some_and(|heard| pending.take(heard).is_err()) {
                return;
            }
        }
        if let Some(began) = began.filter(|_| !pending.is_empty()) {
            tokio::select! {
                _ = stopped.changed() => return,
                () = tokio::time::sleep(PAUSE.saturating_sub(began.elapsed())) => {}
            }
        }
        while let Some(heard) = heard(&mut changes) {
            if pending.take(heard).is_err() {
                return;
            }
        }
        let Ok(snapshot) = catalog.current() else { continue };
        began = Some(Instant::now());
        let taken = std::mem::take(&mut pending);
        if let Err(cause) = follow(&mut keeper, &snapshot, &taken, &search) {
            metrics::REBUILT_TOTAL.get().increment(1);
            tracing::error!("the search index failed and is built anew: {cause}");
            (keeper, pending.is_everything) = (None, true);
        }
    }
}

fn follow(keeper: &mut Option<Keeper>, snapshot: &Snapshot, pending: &Pending, search: &Search) -> tantivy::Result<()> {
    let keeper = match keeper {
        Some(keeper) => keeper,
        None => keeper.insert(Keeper::new()?),
    };
    keeper.take(snapshot, pending)?;
    let is_first = search.publish(keeper.published(snapshot)?);
    if is_first {
        tracing::info!("search is ready: {} products", keeper.indexer.products().count());
    }
    Ok(())
}

type Heard = Result<Arc<Changed>, broadcast::error::RecvError>;

/// A change that is there already.
fn heard(changes: &mut broadcast::Receiver<Arc<Changed>>) -> Option<Heard> {
    use broadcast::error::{RecvError, TryRecvError};
    match changes.try_recv() {
        Ok(changed) => Some(Ok(changed)),
        Err(TryRecvError::Empty) => None,
        Err(TryRecvError::Closed) => Some(Err(RecvError::Closed)),
        Err(TryRecvError::Lagged(missed)) => Some(Err(RecvError::Lagged(missed))),
    }
}

/// The catalogue is gone.
#[derive(Debug)]
struct Gone;

/// What has changed since the index was published last.
#[derive(Debug, Default)]
struct Pending {
    is_everything: bool,
    edited: HashSet<u64, RandomState>,
    counted: HashSet<u64, RandomState>,
}

impl Pending {
    fn take(&mut self, heard: Heard) -> Result<(), Gone> {
        match heard {
            Ok(changed) => {
                // Names of categories and brands are in the index of all their products.
                self.is_everything |= changed.is_everything || changed.is_taxonomy;
                self.edited.extend(&changed.products);
                self.counted.extend(&changed.counted);
            }
            Err(broadcast::error::RecvError::Lagged(_)) => self.is_everything = true,
            Err(broadcast::error::RecvError::Closed) => return Err(Gone),
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        !self.is_everything && self.edited.is_empty() && self.counted.is_empty()
    }
}

/// The index with what is suggested.
struct Keeper {
    indexer: Indexer,
    /// Categories and brands.
    filed: Arc<Prefixes>,
    /// Names of products, as of when they were last gone through.
    names: Arc<Prefixes>,
    /// Products whose names are others since then, and those names.
    renamed: HashSet<u64, RandomState>,
    new_names: Arc<Prefixes>,
}

impl Keeper {
    fn new() -> tantivy::Result<Self> {
        let (filed, names, new_names) = (Arc::default(), Arc::default(), Arc::default());
        Ok(Self { indexer: Indexer::new()?, filed, names, renamed: HashSet::default(), new_names })
    }

    fn take(&mut self, snapshot: &Snapshot, pending: &Pending) -> tantivy::Result<()> {
        let taxonomy = &snapshot.taxonomy;
        let before = self.renamed.len();
        if pending.is_everything {
            self.filed = Arc::new(Prefixes::new(filed(taxonomy)));
            let gone: Vec<u64> = self.indexer.products().filter(|product| snapshot.product(*product).is_none()).collect();
            gone.into_iter().for_each(|product| self.indexer.remove(product));
            for entry in snapshot.products() {
                self.put(entry, taxonomy)?;
            }
        } else {
            for product in &pending.edited {
                match snapshot.product(*product) {
                    Some(entry) => self.put(entry, taxonomy)?,
                    None => self.indexer.remove(*product),
                }
            }
            for entry in pending.counted.iter().filter_map(|product| snapshot.product(*product)) {
                self.indexer.recount(Facts::of(entry, taxonomy, &folded(&entry.product.name)));
            }
        }
        if self.renamed.len() > RENAMED_MAX {
            self.renamed.clear();
            self.names = Arc::new(Prefixes::new(names(snapshot.products())));
            self.new_names = Arc::default();
        } else if self.renamed.len() != before || !pending.edited.is_empty() {
            self.new_names = Arc::new(Prefixes::new(names(self.renamed.iter().filter_map(|product| snapshot.product(*product)))));
        }
        Ok(())
    }

    fn put(&mut self, entry: &Entry, taxonomy: &Taxonomy) -> tantivy::Result<()> {
        let product = entry.product.id.get();
        match Document::of(entry, taxonomy) {
            Some(document) => {
                if self.indexer.put(&document)? {
                    self.renamed.insert(product);
                }
            }
            None => self.indexer.remove(product),
        }
        Ok(())
    }

    fn published(&mut self, snapshot: &Snapshot) -> tantivy::Result<Published> {
        Ok(Published {
            index: self.indexer.publish(Arc::clone(&snapshot.taxonomy))?,
            filed: Arc::clone(&self.filed),
            names: Arc::clone(&self.names),
            new_names: Arc::clone(&self.new_names),
        })
    }
}

fn filed(taxonomy: &Taxonomy) -> Vec<Phrase> {
    let mut categories: Vec<_> = taxonomy.categories().collect();
    categories.sort_unstable_by_key(|row| (taxonomy.path(row.id).len(), row.sort_order, row.id));
    let brands = taxonomy.brands().filter(|brand| brand.is_shown);
    let categories = categories.into_iter().map(|row| Phrase { text: row.name.as_str().into(), kind: Kind::Category });
    categories.chain(brands.map(|row| Phrase { text: row.name.as_str().into(), kind: Kind::Brand })).collect()
}

/// The names of products on the shelf, those that sell most first.
fn names<'a>(products: impl Iterator<Item = &'a Arc<Entry>>) -> Vec<Phrase> {
    let mut shelved: Vec<_> = products.filter(|entry| entry.product.on_sale).collect();
    shelved.sort_by_cached_key(|entry| std::cmp::Reverse((entry.count.sales(), entry.product.id)));
    let phrase = |entry: &Arc<Entry>| Phrase { text: (&*entry.product.name).into(), kind: Kind::Product(entry.product.id.get()) };
    shelved.into_iter().map(phrase).collect()
}
