//! Counts of SKUs, flash items and products, and adjustments: what the projection `features::orders::projection::Trade` writes of stock.

use std::collections::{BTreeMap, HashMap, HashSet};

use mallcore_actors::ids::{AdjustmentId, FlashItemId, SkuId};
use mallcore_actors::orders::fold::{Adjustment, ItemChange, SkuChange, TradeFold};

use crate::platform::database::{Column, Rows, Value, chunks};
use crate::platform::projection::{TableWriter, WriteError, metrics};

const ADJUSTMENT_COLUMNS: [&str; 7] = ["sku_id", "id", "delta", "reason", "operator", "sequence", "created_at"];

/// What the shelf says of a SKU, for the lines of orders that were frozen nowhere.
#[derive(Debug, Default)]
pub struct Described {
    /// The product that the SKU is of.
    pub product_id: u64,
    /// The product's name.
    pub product_name: String,
    /// The SKU's specification.
    pub spec: String,
}

/// The SKUs that the batch sells or moves and that the database has.
pub type Shelf = HashMap<SkuId, Described>;

/// Product and names of the SKUs that the batch sells or moves.
pub async fn describe(writer: &mut TableWriter<'_>, batch: &TradeFold) -> Result<Shelf, WriteError> {
    let mut described = HashMap::with_capacity(batch.skus().len());
    let ids: Vec<SkuId> = batch.skus().keys().copied().collect();
    for chunk in chunks(&ids) {
        let places = Rows::places(chunk.len());
        let text = format!(
            "SELECT s.id, s.product_id, p.name, s.spec FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id IN ({places})"
        );
        for row in writer.tx.all(text, chunk.iter().map(|sku| sku.get().into()).collect()).await? {
            let named = Described { product_id: row.count(1)?, product_name: row.text(2)?, spec: row.text(3)? };
            described.insert(row.id(0, SkuId::new)?, named);
        }
    }
    for sku in ids.iter().filter(|sku| !described.contains_key(sku)) {
        let (from, through) = (writer.span.from, writer.span.through);
        tracing::error!("SKU {sku} of records {from} to {through} has no row any more: its stock is not counted, its orders are kept");
    }
    // Also when it is none: a counter that is not there before it counts cannot be seen to grow.
    metrics::REMOVED_SKUS_TOTAL.get().increment((ids.len() - described.len()) as u64);
    Ok(described)
}

/// Writes what the batch changes of stock.
pub async fn change(writer: &mut TableWriter<'_>, batch: &TradeFold, shelf: &Shelf) -> Result<(), WriteError> {
    change_skus(writer, batch, shelf).await?;
    change_items(writer, batch, shelf).await?;
    change_products(writer, batch, shelf).await?;
    insert_adjustments(writer, batch).await
}

async fn change_skus(writer: &mut TableWriter<'_>, batch: &TradeFold, shelf: &Shelf) -> Result<(), WriteError> {
    let columns = ["id", "available", "held", "sold", "last_adjustment", "first_record", "last_record"].map(Column::Int);
    let change = [
        ("available", "t.available + n.available"),
        ("held", "t.held + n.held"),
        ("sold", "t.sold + n.sold"),
        ("last_adjustment_id", "COALESCE(n.last_adjustment, t.last_adjustment_id)"),
        ("version", "n.last_record"),
    ];
    let skus: Vec<_> = batch.skus().iter().filter(|(sku, _)| shelf.contains_key(sku)).collect();
    for chunk in chunks(&skus) {
        let row = |(sku, change): &(&SkuId, &SkuChange)| -> [Value; 7] {
            [
                sku.get().into(),
                change.available.into(),
                change.held.into(),
                change.sold.into(),
                change.last_adjustment.map(AdjustmentId::get).into(),
                change.first.0.into(),
                change.last.0.into(),
            ]
        };
        let values = chunk.iter().flat_map(row).collect();
        writer.update("skus", &columns, &change, "t.id = n.id AND t.version < n.first_record", chunk.len(), values).await?;
    }
    Ok(())
}

async fn change_items(writer: &mut TableWriter<'_>, batch: &TradeFold, shelf: &Shelf) -> Result<(), WriteError> {
    let columns = [
        Column::Int("id"),
        Column::Int("remaining"),
        Column::Int("held"),
        Column::Int("sold"),
        Column::Time("carved_at"),
        Column::Time("released_at"),
    ];
    let change = [
        ("remaining", "t.remaining + n.remaining"),
        ("held", "t.held + n.held"),
        ("sold", "t.sold + n.sold"),
        ("carved_at", "COALESCE(n.carved_at, t.carved_at)"),
        ("released_at", "COALESCE(n.released_at, t.released_at)"),
    ];
    let mut items: Vec<_> = batch.items().iter().collect();
    if batch.skus().len() > shelf.len() {
        // A SKU was removed, and its flash items before it.
        let there = items_there(writer, &items).await?;
        items.retain(|(item, _)| there.contains(item));
    }
    for chunk in chunks(&items) {
        let row = |(item, change): &(&FlashItemId, &ItemChange)| -> [Value; 6] {
            [
                item.get().into(),
                change.remaining.into(),
                change.held.into(),
                change.sold.into(),
                change.carved_at.into(),
                change.released_at.into(),
            ]
        };
        let values = chunk.iter().flat_map(row).collect();
        writer.update("seckill_items", &columns, &change, "t.id = n.id", chunk.len(), values).await?;
    }
    Ok(())
}

async fn items_there(writer: &mut TableWriter<'_>, items: &[(&FlashItemId, &ItemChange)]) -> Result<HashSet<FlashItemId>, WriteError> {
    let mut there = HashSet::new();
    for chunk in chunks(items) {
        let text = format!("SELECT id FROM seckill_items WHERE id IN ({})", Rows::places(chunk.len()));
        for row in writer.tx.all(text, chunk.iter().map(|(item, _)| item.get().into()).collect()).await? {
            there.insert(row.id(0, FlashItemId::new)?);
        }
    }
    Ok(there)
}

async fn change_products(writer: &mut TableWriter<'_>, batch: &TradeFold, shelf: &Shelf) -> Result<(), WriteError> {
    let mut products = BTreeMap::<u64, (i64, i64)>::new();
    for (sku, change) in batch.skus() {
        let Some(described) = shelf.get(sku) else { continue };
        let (stock, sales) = products.entry(described.product_id).or_default();
        *stock += change.available;
        *sales += change.paid;
    }
    products.retain(|_, &mut moved| moved != (0, 0));
    let columns = ["id", "stock", "sales"].map(Column::Int);
    let change = [("stock", "t.stock + n.stock"), ("sales_count", "t.sales_count + n.sales")];
    let products: Vec<_> = products.into_iter().collect();
    for chunk in chunks(&products) {
        let values = chunk.iter().flat_map(|&(product, (stock, sales))| [product.into(), stock.into(), sales.into()]).collect();
        writer.update("products", &columns, &change, "t.id = n.id", chunk.len(), values).await?;
    }
    Ok(())
}

async fn insert_adjustments(writer: &mut TableWriter<'_>, batch: &TradeFold) -> Result<(), WriteError> {
    for chunk in chunks(batch.adjustments()) {
        let row = |Adjustment { adjusted, sequence, at }: &Adjustment| -> [Value; 7] {
            [
                adjusted.sku.get().into(),
                adjusted.adjustment.get().into(),
                i64::from(adjusted.delta.get()).into(),
                adjusted.reason.to_string().into(),
                adjusted.operator.to_string().into(),
                sequence.0.into(),
                (*at).into(),
            ]
        };
        let values = chunk.iter().flat_map(row).collect();
        writer.tx.execute(Rows::insert(writer.tx.engine(), "stock_adjustments", &ADJUSTMENT_COLUMNS, chunk.len()), values).await?;
    }
    // After a restore the outbox's counter may be behind what the journal has: an id that was used must not be given again.
    if let Some(last) = batch.adjustments().iter().map(|row| row.adjusted.adjustment.get()).max() {
        let values = vec![last.into(), last.into()];
        writer.tx.execute("UPDATE outbox_order SET last_id = ? WHERE last_id < ?", values).await?;
    }
    Ok(())
}
