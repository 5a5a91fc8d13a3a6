//! What start-up makes of snapshot, database and journal: the state that running sales need, the SKUs of the unprojected tail, the orders in memory.
//! - V1 The tail is folded whole before anybody is served: memory then equals the journal.
//! - V2 A record that snapshot or database already has changes nothing, so it does not matter how far behind they are.
//! - V3 Without the database only what the sale snapshot has is known; any other SKU of the tail stays cold until the database has caught up.
//! - V4 A SKU whose row was removed is left out: the shop starts without it.

use std::collections::HashSet;

use mallcore_actors::journal::{Journal, Sequence};
use mallcore_actors::kernel::Fact;
use mallcore_actors::sale_snapshot::SaleSnapshot;
use mallcore_actors::stock::skus;

use crate::features::{orders, stock};
use crate::platform::database::{Database, Error};
use crate::platform::journal_tail::{TailError, durable, fold, read_chunk};
use crate::platform::projection;

/// What survived the end of the last process.
#[derive(Debug)]
pub struct Recovered {
    /// SaleSnapshot state, with the SKUs that the tail changed.
    pub sale_snapshot: SaleSnapshot,
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
    #[error(transparent)]
    Tail(#[from] TailError),
}

/// With the database: whatever the snapshot lacks is loaded. `snapshot`: the newest usable one, if there is any.
pub async fn recover(database: &Database, snapshot: Option<SaleSnapshot>, journal: &dyn Journal) -> Result<Recovered, RecoverError> {
    let mut tx = database.snapshot().await?;
    let checkpoint = projection::checkpoint(&mut tx, projection::NAME).await?;
    tx.commit().await?;
    let mut sale_snapshot = match snapshot {
        Some(snapshot) => snapshot,
        None => from_database(database).await?,
    };
    let (end, begin, mut folded) = (durable(journal), sale_snapshot.through, 0);
    let (mut removed, mut orders_through) = (HashSet::new(), Sequence::ZERO);
    let mut next = checkpoint.min(begin).next();
    while next <= end {
        let (after, chunk) = read_chunk(journal, next)?;
        next = after;
        for (sequence, record) in chunk {
            // What the snapshot does not pin comes from the database, as of its checkpoint.
            for sku in skus(&record.fact).into_iter().filter(|_| sequence > checkpoint) {
                if !sale_snapshot.stocks.contains_key(&sku) && !removed.contains(&sku) {
                    match stock::repository::load(database, sku).await?.value {
                        Some(stock) => drop(sale_snapshot.stocks.insert(sku, stock)),
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
            sale_snapshot.apply(sequence, &record);
            folded += 1;
        }
    }
    Ok(Recovered { sale_snapshot, checkpoint: Some(checkpoint), folded, cold_until: Sequence::ZERO, orders_through })
}

/// Without the database: the snapshot and the tail above it.
pub fn recover_alone(mut sale_snapshot: SaleSnapshot, journal: &dyn Journal) -> Result<Recovered, RecoverError> {
    let mut cold = HashSet::new();
    let begin = sale_snapshot.through;
    fold(journal, begin, durable(journal), |sequence, record| {
        cold.extend(skus(&record.fact).into_iter().filter(|sku| !sale_snapshot.stocks.contains_key(sku)));
        sale_snapshot.apply(sequence, record);
    })?;
    if !cold.is_empty() {
        tracing::warn!(
            "{} SKUs of the journal's tail are not in the sale snapshot: they answer `warming` until the database has caught up",
            cold.len()
        );
    }
    let folded = sale_snapshot.through.0 - begin.0;
    // Rows of a SKU that is not here may lack what the journal has of it.
    let cold_until = sale_snapshot.through;
    Ok(Recovered { sale_snapshot, checkpoint: None, folded, cold_until, orders_through: cold_until })
}

/// What the database alone says is open: orders, limits given back, ids, the time. No SKU is loaded.
pub async fn from_database(database: &Database) -> Result<SaleSnapshot, Error> {
    // Read first: what the projection adds meanwhile is folded again, and changes nothing (V2).
    let open = orders::open_orders(database).await?;
    let sale_snapshot = SaleSnapshot {
        through: open.checkpoint,
        last_at: projection::last_record_at(database).await?,
        next_order_id: orders::id_block(database).await?.value.max(1),
        ..SaleSnapshot::default()
    };
    for order in open.value {
        sale_snapshot.orders.shard(order.user).place(order);
    }
    for (user, activity) in orders::limits_returned(database).await?.value {
        sale_snapshot.orders.shard(user).note_limit_returned(user, activity);
    }
    Ok(sale_snapshot)
}
