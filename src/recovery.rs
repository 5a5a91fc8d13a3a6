//! What start-up makes of database and journal: open orders, the SKUs of the unprojected tail, the first free order id.
//! - V1 The tail is folded whole before anybody is served: memory then equals the journal.
//! - V2 A record that the database already has changes nothing, so it does not matter how far behind the database is.

use std::collections::HashMap;

use mallcore_actors::ids::SkuId;
use mallcore_actors::journal::{Durable, Journal, ReadError, Sequence};
use mallcore_actors::orders::OrderBook;
use mallcore_actors::record::{DecodeError, Event, Record};
use mallcore_actors::stock::Stock;
use mallcore_actors::time::Timestamp;

use crate::database::{Database, Error};
use crate::{orders, projection, stock};

/// Payload that is decoded at a time.
const CHUNK_BYTES: usize = 4 << 20;

/// What survived.
#[derive(Debug)]
pub struct Recovered {
    /// Open orders, and those whose last change the database does not have.
    pub orders: OrderBook,
    /// SKUs that the tail changed.
    pub warm: Vec<Stock>,
    /// The first order id that no block contains.
    pub next_order_id: u64,
    /// The last record's time.
    pub last_at: Timestamp,
    /// The last record that the database has.
    pub checkpoint: Sequence,
    /// Records above it.
    pub folded: u64,
}

/// Why one cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The database did not answer.
    #[error("failed to load what the database has")]
    Database(#[from] Error),
    /// The journal cannot be read.
    #[error("failed to read the journal's tail")]
    Journal(#[from] ReadError),
    /// A record has no meaning to this release.
    #[error("record {sequence} of the journal: {cause}")]
    Record {
        /// Which.
        sequence: Sequence,
        /// Why.
        cause: DecodeError,
    },
    /// A record names a SKU that the database does not have.
    #[error("record {sequence} of the journal names SKU {sku}, which the database does not have: is it the database of this journal?")]
    UnknownSku {
        /// Which.
        sequence: Sequence,
        /// The SKU.
        sku: SkuId,
    },
}

/// Loads and folds.
pub async fn recover(database: &Database, journal: &dyn Journal) -> Result<Recovered, RecoverError> {
    // No projection runs yet, so all of these are of one moment.
    let open = orders::open_orders(database).await?;
    let checkpoint = open.checkpoint;
    let book = OrderBook::default();
    let last_at = projection::last_record_at(database).await?;
    for order in open.value {
        book.shard(order.user).place(order);
    }
    for (user, activity) in orders::limits_returned(database).await?.value {
        book.shard(user).note_limit_returned(user, activity);
    }
    let next_order_id = orders::id_block(database).await?.value.max(1);
    let mut recovered = Recovered { orders: book, warm: Vec::new(), next_order_id, last_at, checkpoint, folded: 0 };
    let mut stocks: HashMap<SkuId, Stock> = HashMap::new();
    let (Durable::Through(end) | Durable::Failed(end)) = *journal.durable().borrow();
    let mut next = checkpoint.next();
    while next <= end {
        let (after, chunk) = read_chunk(journal, next)?;
        next = after;
        for (sequence, record) in chunk {
            fold(database, &mut recovered, &mut stocks, sequence, &record).await?;
        }
    }
    recovered.warm = stocks.into_values().collect();
    Ok(recovered)
}

fn read_chunk(journal: &dyn Journal, from: Sequence) -> Result<(Sequence, Vec<(Sequence, Record)>), RecoverError> {
    let mut chunk = Vec::new();
    let mut bad = None;
    let after = journal.read(from, CHUNK_BYTES, &mut |sequence, payload| match Record::decode(payload) {
        Ok(record) => chunk.push((sequence, record)),
        Err(cause) => bad = bad.take().or(Some((sequence, cause))),
    })?;
    match bad {
        Some((sequence, cause)) => Err(RecoverError::Record { sequence, cause }),
        None => Ok((after, chunk)),
    }
}

async fn fold(
    database: &Database,
    recovered: &mut Recovered,
    stocks: &mut HashMap<SkuId, Stock>,
    sequence: Sequence,
    record: &Record,
) -> Result<(), RecoverError> {
    for sku in record.event.skus() {
        let stock = match stocks.entry(sku) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                let loaded = stock::repository::load(database, sku).await?.value;
                new.insert(loaded.ok_or(RecoverError::UnknownSku { sequence, sku })?)
            }
        };
        stock.apply(sequence, record.at, &record.event);
    }
    match &record.event {
        Event::IdsReserved(block) => {
            recovered.next_order_id = recovered.next_order_id.max(block.first.saturating_add(u64::from(block.count)));
        }
        event => {
            if let Some(user) = event.user() {
                recovered.orders.shard(user).apply(sequence, record.at, event);
            }
        }
    }
    recovered.last_at = recovered.last_at.max(record.at);
    recovered.folded += 1;
    Ok(())
}
