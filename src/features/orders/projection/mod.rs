//! Orders and stock as rows, table by table; they share one projection, because one record moves both. What it writes of stock is in
//! `features::stock::projection`.
//! - T1 A SKU whose row was removed does not stop the shop: what it would change is left out, told in the log and counted; the order stays.

mod items;
mod orders;
mod parts;

use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::orders::fold::TradeFold;

use crate::features::stock::projection as stock;
use crate::platform::database::Tx;
use crate::platform::projection::{self, Projection, Span, TableWriter, WriteError};

/// The projection of stock and orders.
#[derive(Debug)]
pub struct Trade;

impl Projection for Trade {
    type Fold = TradeFold;
    const NAME: &'static str = projection::NAME;
    const THREAD: &'static str = "projection";

    async fn write(tx: &mut Tx, batch: &Batch<TradeFold>) -> Result<(), WriteError> {
        let span = Span::of(batch);
        let batch = batch.folded();
        let writer = &mut TableWriter { tx, span };
        let shelf = stock::describe(writer, batch).await?;
        orders::insert(writer, batch.new_orders()).await?;
        items::insert(writer, batch.new_orders(), &shelf).await?;
        orders::change(writer, batch).await?;
        items::change(writer, batch).await?;
        parts::insert(writer, batch.events()).await?;
        stock::change(writer, batch, &shelf).await?;
        orders::note_ids(writer, batch).await
    }
}
