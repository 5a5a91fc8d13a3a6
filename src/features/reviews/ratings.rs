//! What products add up to by their shown reviews, in memory, and through the catalogue on every card.
//! - R1 Sums are read after the write that changed them was committed, one reading at a time: an older one never replaces a newer one.
//! - R2 The catalogue forgets nothing that it knows, and knows nothing of a product that it has not loaded: whatever it loads is rated again.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use parking_lot::RwLock;
use tokio::sync::broadcast::error::RecvError;

use super::model::Sums;
use super::repository::{self, CHUNK};
use crate::features::catalog::Catalog;
use crate::platform::backoff::Backoff;
use crate::platform::database::Error;
use crate::platform::outbox::ports::Failure;
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// The sums of all products; cheap to clone.
#[derive(Clone)]
pub struct Ratings(Arc<Inner>);

struct Inner {
    catalog: Catalog,
    reads: Arc<Reads>,
    sums: RwLock<HashMap<u64, Sums, RandomState>>,
    /// Held while sums are read and put in place.
    reading: tokio::sync::Mutex<()>,
}

impl Ratings {
    pub(super) fn new(catalog: Catalog, reads: Arc<Reads>) -> Self {
        Self(Arc::new(Inner { catalog, reads, sums: RwLock::default(), reading: tokio::sync::Mutex::default() }))
    }

    /// The sums of a product; nothing where it has no shown review.
    pub fn of(&self, product: u64) -> Sums {
        self.0.sums.read().get(&product).copied().unwrap_or_default()
    }

    /// Reads the sums of all products anew.
    async fn load(&self) -> Result<(), Error> {
        let _reading = self.0.reading.lock().await;
        let (mut all, mut after) = (HashMap::default(), 0);
        loop {
            let chunk = self.0.reads.ask(ANSWER_WITHIN, async |database| repository::sums_after(database, after).await).await?;
            let is_last = (chunk.len() as u64) < CHUNK;
            after = chunk.last().map_or(after, |(product, _)| *product);
            all.extend(chunk);
            if is_last {
                break;
            }
        }
        *self.0.sums.write() = all;
        Ok(())
    }

    /// Reads the sums of the products that these reviews are of, and has the catalogue show them.
    pub(super) async fn renew(self, reviews: Arc<[u64]>) -> Result<(), Failure> {
        let _reading = self.0.reading.lock().await;
        for reviews in reviews.chunks(CHUNK as usize) {
            let read = self.0.reads.ask(ANSWER_WITHIN, async |database| repository::sums_of(database, reviews).await).await;
            match read {
                Ok(read) => {
                    let products: Vec<u64> = read.iter().map(|(product, _)| *product).collect();
                    self.0.sums.write().extend(read);
                    products.iter().for_each(|product| self.show(*product));
                }
                Err(cause) if cause.is_transient() => return Err(Failure::Away(cause.to_string())),
                // Asking again would not help, and would hold up what others have changed.
                Err(cause) => tracing::error!("the ratings of changed reviews ({reviews:?}) cannot be read and stay as they were: {cause}"),
            }
        }
        Ok(())
    }

    fn show(&self, product: u64) {
        let rating = self.of(product).rating();
        if self.0.catalog.product(product).is_none_or(|entry| entry.count.rating() != rating) {
            self.0.catalog.counters().rate(product, rating);
        }
    }

    fn show_all(&self) {
        let Ok(snapshot) = self.0.catalog.current() else { return };
        snapshot.products().for_each(|entry| self.show(entry.product.id.get()));
    }

    /// Loads the sums and keeps the catalogue rated, for ever. Both are loaded again where the catalogue was: the database may be another.
    pub(super) async fn keep_showing(self) {
        let mut changes = self.0.catalog.changes();
        loop {
            let mut backoff = Backoff::default();
            while let Err(cause) = self.load().await {
                tracing::debug!("the ratings of products wait for the database: {cause}");
                tokio::time::sleep(backoff.next_pause()).await;
            }
            self.show_all();
            loop {
                match changes.recv().await {
                    Ok(changed) if changed.is_everything => break,
                    Ok(changed) => changed.products.iter().for_each(|product| self.show(*product)),
                    Err(RecvError::Lagged(_)) => self.show_all(),
                    Err(RecvError::Closed) => return,
                }
            }
        }
    }
}
