//! The ledger's entries of what the journal records: they are only ever added.

use std::collections::HashMap;

use mallcore_actors::ids::OrderId;
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::ledger::{Entry, Freight, LedgerFold};
use mallcore_actors::money::Money;

use super::repository::{ENTRIES, ENTRY_COLUMNS, POSTING_COLUMNS, POSTINGS, entry_values, posting_values};
use crate::platform::database::{Arguments, Rows, Tx, chunks};
use crate::platform::projection::{Projection, Span, TableWriter, WriteError};

/// The projection of money, with a checkpoint of its own.
#[derive(Debug)]
pub struct LedgerProjection;

impl Projection for LedgerProjection {
    type Fold = LedgerFold;
    const NAME: &'static str = "ledger";
    const THREAD: &'static str = "projection-ledg";

    async fn write(tx: &mut Tx, batch: &Batch<LedgerFold>) -> Result<(), WriteError> {
        let fold = batch.folded();
        let freights = freights(tx, fold).await?;
        let paid = fold.paid().iter().filter_map(|paid| paid.entry(freights.get(&paid.order).copied()));
        let entries: Vec<Entry> = paid.chain(fold.entries().iter().cloned()).collect();
        end(tx, fold.ended()).await?;
        let placed: Vec<(&OrderId, &Money)> = fold.freights().iter().collect();
        let mut writer = TableWriter { tx, span: Span::of(batch) };
        for some in chunks(&placed) {
            let values = some.iter().flat_map(|(order, freight)| [order.get().into(), freight.fen().into()]).collect();
            writer.insert("ledger_freights", &["order_id", "freight_fen"], some.len(), values).await?;
        }
        for some in chunks(&entries) {
            writer.insert(ENTRIES, &ENTRY_COLUMNS, some.len(), some.iter().flat_map(entry_values).collect()).await?;
        }
        let postings: Vec<_> = entries.iter().flat_map(|entry| entry.postings.iter().map(move |posting| (entry, *posting))).collect();
        for some in chunks(&postings) {
            let values: Arguments = some.iter().flat_map(|(entry, posting)| posting_values(entry, *posting)).collect();
            writer.insert(POSTINGS, &POSTING_COLUMNS, some.len(), values).await?;
        }
        Ok(())
    }
}

/// The freight of the orders that were paid in the batch and placed before it.
async fn freights(tx: &mut Tx, fold: &LedgerFold) -> Result<HashMap<OrderId, Money>, WriteError> {
    let unknown: Vec<OrderId> = fold.paid().iter().filter(|paid| paid.freight == Freight::OfRow).map(|paid| paid.order).collect();
    let mut freights = HashMap::new();
    for some in chunks(&unknown) {
        let text = format!("SELECT order_id, freight_fen FROM ledger_freights WHERE order_id IN ({})", Rows::places(some.len()));
        for row in tx.all(text, some.iter().map(|order| order.get().into()).collect()).await? {
            freights.insert(row.id(0, OrderId::new)?, row.id(1, Money::from_fen)?);
        }
    }
    Ok(freights)
}

async fn end(tx: &mut Tx, ended: &[OrderId]) -> Result<(), WriteError> {
    for some in chunks(ended) {
        let text = format!("DELETE FROM ledger_freights WHERE order_id IN ({})", Rows::places(some.len()));
        tx.execute(text, some.iter().map(|order| order.get().into()).collect()).await?;
    }
    Ok(())
}
