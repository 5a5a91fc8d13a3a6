//! Stock and orders as rows, table by table; they share one projection, because one record moves both.
//! - T1 A SKU whose row was removed does not stop the shop: what it would change is left out, told in the log and counted; the order stays.
//! - T2 What an order shows of its products was frozen when it was placed (baskets) or when its sale was planned (purchases): a rename between
//!   an order and its projection changes nothing.

mod items;
mod orders;
mod parts;
mod stock;

use std::collections::{BTreeSet, HashMap};

use mallcore_actors::ids::{FlashItemId, SkuId};
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::orders::fold::{Placing, TradeFold};

use super::contract::{Projection, Span};
use super::write::WriteError;
use super::{NAME, metrics};
use crate::platform::database::{Arguments, Column, Rows, Tx};

/// Rows a statement, most first: 256 orders bind 7,424 values, below SQLite's 32,766 and MySQL's 65,535.
pub(super) const ROWS: [usize; 5] = [256, 64, 16, 4, 1];

/// What the shelf says of a SKU, for the lines of orders that were frozen nowhere.
#[derive(Debug, Default)]
struct Described {
    product_id: u64,
    product_name: String,
    spec: String,
}

/// What a flash item's sale keeps of the product, as it was when the sale was planned.
#[derive(Debug)]
struct Kept {
    title: String,
    spec: String,
    picture: Option<String>,
}

/// The SKUs that the batch sells or moves and that the database has.
type Shelf = HashMap<SkuId, Described>;
/// The flash items that the batch sells and that the database has, without those that an older release planned.
type OnOffer = HashMap<FlashItemId, Kept>;

/// Stock and orders, which share one projection: one record moves both.
#[derive(Debug)]
pub struct Trade;

impl Projection for Trade {
    type Fold = TradeFold;
    const NAME: &'static str = NAME;
    const THREAD: &'static str = "projection";

    async fn write(tx: &mut Tx, batch: &Batch<TradeFold>) -> Result<(), WriteError> {
        let span = Span::of(batch);
        let batch = batch.folded();
        let mut writer = Writer { tx, span };
        let shelf = writer.describe(batch).await?;
        writer.insert_orders(batch.new_orders()).await?;
        let on_offer = writer.kept(batch).await?;
        writer.insert_items(batch.new_orders(), &shelf, &on_offer).await?;
        writer.change_orders(batch).await?;
        writer.change_order_items(batch).await?;
        writer.insert_parts(batch.events()).await?;
        writer.change_skus(batch, &shelf).await?;
        writer.change_items(batch, &shelf).await?;
        writer.change_products(batch, &shelf).await?;
        writer.insert_adjustments(batch).await?;
        writer.note_ids(batch).await
    }
}

struct Writer<'a> {
    tx: &'a mut Tx,
    span: Span,
}

impl Writer<'_> {
    /// Product and names of the SKUs that the batch sells or moves.
    async fn describe(&mut self, batch: &TradeFold) -> Result<Shelf, WriteError> {
        let mut described = HashMap::with_capacity(batch.skus().len());
        let ids: Vec<SkuId> = batch.skus().keys().copied().collect();
        for chunk in chunks(&ids) {
            let places = Rows::places(chunk.len());
            let text = format!(
                "SELECT s.id, s.product_id, p.name, s.spec FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id IN ({places})"
            );
            for row in self.tx.all(text, chunk.iter().map(|sku| sku.get().into()).collect()).await? {
                let named = Described { product_id: row.count(1)?, product_name: row.text(2)?, spec: row.text(3)? };
                described.insert(row.id(0, SkuId::new)?, named);
            }
        }
        for sku in ids.iter().filter(|sku| !described.contains_key(sku)) {
            let (from, through) = (self.span.from, self.span.through);
            tracing::error!("SKU {sku} of records {from} to {through} has no row any more: its stock is not counted, its orders are kept");
        }
        // Also when it is none: a counter that is not there before it counts cannot be seen to grow.
        metrics::REMOVED_SKUS_TOTAL.get().increment((ids.len() - described.len()) as u64);
        Ok(described)
    }

    /// What the sales keep of the products that the batch's new orders bought in them.
    async fn kept(&mut self, batch: &TradeFold) -> Result<OnOffer, WriteError> {
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
            for row in self.tx.all(text, chunk.iter().map(|item| item.get().into()).collect()).await? {
                let item = Kept { title: row.text(1)?, spec: row.text_or_null(2)?.unwrap_or_default(), picture: row.text_or_null(3)? };
                kept.insert(row.id(0, FlashItemId::new)?, item);
            }
        }
        Ok(kept)
    }

    async fn insert(&mut self, table: &str, columns: &[&str], rows: usize, values: Arguments) -> Result<(), WriteError> {
        self.tx.execute(Rows::insert(self.tx.engine(), table, columns, rows), values).await?;
        Ok(())
    }

    async fn update(
        &mut self,
        table: &'static str,
        columns: &[Column],
        change: &[(&str, &str)],
        fits: &str,
        rows: usize,
        values: Arguments,
    ) -> Result<(), WriteError> {
        let text = Rows::update(self.tx.engine(), table, columns, change, fits, rows);
        let matched = self.tx.execute(text, values).await?;
        self.span.expect(table, rows as u64, matched)
    }
}

/// Cuts a slice into pieces of the lengths in [`ROWS`].
fn chunks<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = ROWS.into_iter().find(|&length| length <= rest.len())?;
        let (chunk, after) = rest.split_at(length);
        rest = after;
        Some(chunk)
    })
}
