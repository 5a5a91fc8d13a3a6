//! One snapshot from the one before it: read, fold, prune, write.

use std::time::{Duration, Instant};

use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::sale_snapshot::{LoadError, SaleSnapshot, Saved, Store};
use mallcore_actors::stock::Stock;
use mallcore_actors::stock::StockFact;
use tokio::sync::watch;

use super::Sources;
use crate::features::stock;
use crate::platform::database::{Connections, Database, Error};
use crate::platform::journal_tail::{TailError, durable, fold, read_chunk};
use crate::recovery::from_database;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompactError {
    #[error("failed to find the last snapshot")]
    Load(#[from] LoadError),
    #[error("failed to fold the journal")]
    Fold(#[from] TailError),
    #[error("failed to read what the database has")]
    Database(#[from] Error),
    #[error("failed to write a snapshot to {place}")]
    Save {
        place: String,
        #[source]
        cause: std::io::Error,
    },
    #[error("there is no row for {0:?}, which is on sale")]
    UnknownSku(SkuId),
    #[error("the database did not answer in time")]
    Silent,
    #[error("the process is stopping")]
    Stopping,
}

pub(super) struct Compactor {
    pub store: Store,
    pub sources: Sources,
    pub stopped: watch::Receiver<bool>,
}

impl Compactor {
    pub async fn compact(&self, plan: Option<Vec<u8>>) -> Result<Saved, CompactError> {
        let journal = &*self.sources.journal;
        let mut source = Source { settings: &self.sources.database, connection: None };
        let found = self.store.load(journal.identity(), journal.first_retained(), durable(journal))?;
        for (name, reason) in found.unusable {
            tracing::warn!("snapshot {name} is of no use: {reason}");
        }
        let mut sale_snapshot = match found.sale_snapshot {
            Some(sale_snapshot) => sale_snapshot,
            None => source.first_snapshot().await?,
        };
        // Read after the database, which is never ahead of it.
        let end = durable(journal);
        let begin = sale_snapshot.through;
        let mut next = begin.next();
        while next <= end {
            if *self.stopped.borrow() {
                return Err(CompactError::Stopping);
            }
            let (after, chunk) = read_chunk(journal, next)?;
            next = after;
            for (sequence, record) in chunk {
                if let Fact::Stock(StockFact::QuotaCarved(carved)) = &record.fact
                    && !sale_snapshot.stocks.contains_key(&carved.sku)
                {
                    let stock = self.newly_on_sale(&mut source, carved.sku, sequence).await?;
                    sale_snapshot.stocks.insert(carved.sku, stock);
                }
                sale_snapshot.apply(sequence, &record);
            }
        }
        source.close().await;
        sale_snapshot.plan = plan.unwrap_or(sale_snapshot.plan);
        sale_snapshot.prune(*self.sources.projected.borrow());
        let mut piece = Instant::now();
        // As long as the piece took, the disk belongs to the journal.
        let mut pause = || {
            if !*self.stopped.borrow() {
                std::thread::sleep(piece.elapsed().min(PAUSE_MAX));
            }
            piece = Instant::now();
        };
        let saved = self.store.save(journal.identity(), &sale_snapshot, &mut pause);
        saved.map_err(|cause| CompactError::Save { place: self.store.place(), cause })
    }

    /// A SKU that the snapshot did not have, as it was just before this record.
    async fn newly_on_sale(&self, source: &mut Source<'_>, sku: SkuId, before: Sequence) -> Result<Stock, CompactError> {
        let loaded = stock::repository::load(source.database().await?, sku).await?;
        let mut stock = loaded.value.ok_or(CompactError::UnknownSku(sku))?;
        // The database may lag behind: what it lacks of this SKU is in the journal, between its checkpoint and here.
        let last = Sequence(before.0.saturating_sub(1));
        fold(&*self.sources.journal, loaded.checkpoint, last, |sequence, record| stock.apply(sequence, record.header.at, &record.fact))?;
        Ok(stock)
    }
}

const PAUSE_MAX: Duration = Duration::from_millis(100);

/// The database, asked only when it is needed.
struct Source<'a> {
    settings: &'a crate::platform::database::Settings,
    connection: Option<Database>,
}

impl Source<'_> {
    async fn database(&mut self) -> Result<&Database, CompactError> {
        let database = match self.connection.take() {
            Some(database) => database,
            None => self.settings.connect(Connections::LOAD).await?,
        };
        Ok(self.connection.insert(database))
    }

    /// Everything that the database says is on sale or open.
    async fn first_snapshot(&mut self) -> Result<SaleSnapshot, CompactError> {
        let database = self.database().await?;
        let mut sale_snapshot = from_database(database).await?;
        for sku in stock::repository::skus_on_sale(database).await? {
            let stock = stock::repository::load(database, sku).await?.value.ok_or(CompactError::UnknownSku(sku))?;
            sale_snapshot.stocks.insert(sku, stock);
        }
        Ok(sale_snapshot)
    }

    async fn close(&mut self) {
        if let Some(database) = self.connection.take() {
            database.close().await;
        }
    }
}
