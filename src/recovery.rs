//! What start-up makes of snapshot, database and journal: the pinned state, the SKUs of the unprojected tail, the orders in memory.
//! - V1 The tail is folded whole before anybody is served: memory then equals the journal.
//! - V2 A record that snapshot or database already has changes nothing, so it does not matter how far behind they are.
//! - V3 Without the database only what is pinned is known; any other SKU of the tail stays cold until the database has caught up.
//! - V4 A SKU whose row was removed is left out: the shop starts without it.

use std::collections::HashSet;

use mallcore_actors::facts::{DecodeError, Record};
use mallcore_actors::journal::{Durable, Journal, ReadError, Sequence};
use mallcore_actors::kernel::Fact;
use mallcore_actors::sale_snapshot::SaleSnapshot;
use mallcore_actors::stock::skus;

use crate::features::{orders, stock};
use crate::platform::database::{Database, Error};
use crate::platform::projection;

/// Payload that is decoded at a time.
const CHUNK_BYTES: usize = 4 << 20;

/// What survived the end of the last process.
#[derive(Debug)]
pub struct Recovered {
    /// SaleSnapshot state, with the SKUs that the tail changed.
    pub pinned: SaleSnapshot,
    /// The last record that the database has; none if it is away.
    pub checkpoint: Option<Sequence>,
    /// Records that were read.
    pub folded: u64,
    /// A SKU that is not in memory may be loaded once the database has this record: 0 if it may be at once.
    pub cold_until: Sequence,
    /// A row of an order may be used once the database has this record: the last one about orders that it lacks; without a database, the
    /// journal's end.
    pub orders_through: Sequence,
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
        /// The record that cannot be read.
        sequence: Sequence,
        /// Why it cannot be read.
        cause: DecodeError,
    },
}

/// With the database: whatever the snapshot lacks is loaded. `snapshot`: the newest usable one, if there is any.
pub async fn recover(database: &Database, snapshot: Option<SaleSnapshot>, journal: &dyn Journal) -> Result<Recovered, RecoverError> {
    let mut tx = database.snapshot().await?;
    let checkpoint = projection::checkpoint(&mut tx, projection::NAME).await?;
    tx.commit().await?;
    let mut pinned = match snapshot {
        Some(snapshot) => snapshot,
        None => from_database(database).await?,
    };
    let (end, begin, mut folded) = (durable(journal), pinned.through, 0);
    let (mut removed, mut orders_through) = (HashSet::new(), Sequence::ZERO);
    let mut next = checkpoint.min(begin).next();
    while next <= end {
        let (after, chunk) = read_chunk(journal, next)?;
        next = after;
        for (sequence, record) in chunk {
            // What the snapshot does not pin comes from the database, as of its checkpoint.
            for sku in skus(&record.fact).into_iter().filter(|_| sequence > checkpoint) {
                if !pinned.stocks.contains_key(&sku) && !removed.contains(&sku) {
                    match stock::repository::load(database, sku).await?.value {
                        Some(stock) => drop(pinned.stocks.insert(sku, stock)),
                        None if removed.insert(sku) => {
                            tracing::error!(
                                "record {sequence} of the journal names SKU {sku}, whose row was removed: it cannot be ordered"
                            );
                        }
                        None => {}
                    }
                }
            }
            if matches!(record.fact, Fact::Orders(_)) && sequence > checkpoint {
                orders_through = sequence;
            }
            pinned.apply(sequence, &record);
            folded += 1;
        }
    }
    Ok(Recovered { pinned, checkpoint: Some(checkpoint), folded, cold_until: Sequence::ZERO, orders_through })
}

/// Without the database: the snapshot and the tail above it.
pub fn recover_alone(mut pinned: SaleSnapshot, journal: &dyn Journal) -> Result<Recovered, RecoverError> {
    let mut cold = HashSet::new();
    let begin = pinned.through;
    fold(journal, begin, durable(journal), |sequence, record| {
        cold.extend(skus(&record.fact).into_iter().filter(|sku| !pinned.stocks.contains_key(sku)));
        pinned.apply(sequence, record);
    })?;
    if !cold.is_empty() {
        tracing::warn!("{} SKUs of the journal's tail are not pinned: they answer `warming` until the database has caught up", cold.len());
    }
    let folded = pinned.through.0 - begin.0;
    // Rows of a SKU that is not here may lack what the journal has of it.
    let cold_until = pinned.through;
    Ok(Recovered { pinned, checkpoint: None, folded, cold_until, orders_through: cold_until })
}

/// What the database alone says is open: orders, limits given back, ids, the time. No SKU is loaded.
pub async fn from_database(database: &Database) -> Result<SaleSnapshot, Error> {
    // Read first: what the projection adds meanwhile is folded again, and changes nothing (V2).
    let open = orders::open_orders(database).await?;
    let pinned = SaleSnapshot {
        through: open.checkpoint,
        last_at: projection::last_record_at(database).await?,
        next_order_id: orders::id_block(database).await?.value.max(1),
        ..SaleSnapshot::default()
    };
    for order in open.value {
        pinned.orders.shard(order.user).place(order);
    }
    for (user, activity) in orders::limits_returned(database).await?.value {
        pinned.orders.shard(user).note_limit_returned(user, activity);
    }
    Ok(pinned)
}

/// The last durable record.
pub fn durable(journal: &dyn Journal) -> Sequence {
    let (Durable::Through(end) | Durable::Failed(end)) = *journal.durable().borrow();
    end
}

/// Hands over the records above `after` up to `end`, decoded.
pub fn fold(journal: &dyn Journal, after: Sequence, end: Sequence, mut take: impl FnMut(Sequence, &Record)) -> Result<(), RecoverError> {
    let mut next = after.next();
    while next <= end {
        let (read_to, chunk) = read_chunk(journal, next)?;
        next = read_to;
        chunk.iter().filter(|(sequence, _)| *sequence <= end).for_each(|(sequence, record)| take(*sequence, record));
    }
    Ok(())
}

/// Some records from `from` on, and the place after them.
pub fn read_chunk(journal: &dyn Journal, from: Sequence) -> Result<(Sequence, Vec<(Sequence, Record)>), RecoverError> {
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
