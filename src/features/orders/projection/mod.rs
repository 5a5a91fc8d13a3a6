//! Orders and stock as rows, table by table; they share one projection, because one record moves both. What it writes of stock is in
//! `features::stock::projection`.
//! - T1 A SKU whose row was removed does not stop the shop: what it would change is left out, told in the log and counted; the order stays.
//! - T2 What an order shows of its products was frozen when it was placed (baskets) or when its sale was planned (purchases): a rename between
//!   an order and its projection changes nothing.

mod attempts;
mod items;
mod orders;
mod parts;

use std::collections::{BTreeSet, HashMap};

use mallcore_actors::ids::FlashItemId;
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::orders::fold::{Placing, TradeFold};

use crate::features::stock::projection as stock;
use crate::platform::database::{Rows, Tx, chunks};
use crate::platform::projection::{self, Projection, Span, TableWriter, WriteError};

/// What a flash item's sale keeps of the product, as it was when the sale was planned.
#[derive(Debug)]
struct Kept {
    title: String,
    spec: String,
    picture: Option<String>,
}

/// The flash items that the batch sells and that the database has, without those that an older release planned.
type OnOffer = HashMap<FlashItemId, Kept>;

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
        let on_offer = kept(writer, batch).await?;
        items::insert(writer, batch.new_orders(), &shelf, &on_offer).await?;
        orders::change(writer, batch).await?;
        items::change(writer, batch).await?;
        parts::insert(writer, batch.events()).await?;
        attempts::write(writer, batch.events()).await?;
        stock::change(writer, batch, &shelf).await?;
        orders::note_ids(writer, batch).await
    }
}

/// What the sales keep of the products that the batch's new orders bought in them.
async fn kept(writer: &mut TableWriter<'_>, batch: &TradeFold) -> Result<OnOffer, WriteError> {
    let lines = batch.new_orders().iter().filter_map(|order| match &order.placed {
        Placing::Purchase(placed) => Some(&placed.lines),
        Placing::Basket(_) => None,
    });
    let sold: BTreeSet<FlashItemId> = lines.flatten().filter_map(|line| line.flash).map(|flash| flash.item).collect();
    let sold: Vec<FlashItemId> = sold.into_iter().collect();
    let mut kept = HashMap::with_capacity(sold.len());
    for chunk in chunks(&sold) {
        let places = Rows::places(chunk.len());
        let text = format!("SELECT id, title, spec, picture FROM seckill_items WHERE title IS NOT NULL AND id IN ({places})");
        for row in writer.tx.all(text, chunk.iter().map(|item| item.get().into()).collect()).await? {
            let item = Kept { title: row.text(1)?, spec: row.text_or_null(2)?.unwrap_or_default(), picture: row.text_or_null(3)? };
            kept.insert(row.id(0, FlashItemId::new)?, item);
        }
    }
    Ok(kept)
}
