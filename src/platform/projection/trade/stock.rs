//! Counts of SKUs, flash items and products, adjustments, and the ids that are set aside.

use std::collections::{BTreeMap, HashSet};

use mallcore_actors::ids::{AdjustmentId, FlashItemId, SkuId};
use mallcore_actors::orders::fold::{Adjustment, ItemChange, SkuChange, TradeFold};

use super::super::write::WriteError;
use super::{Shelf, Writer, chunks};
use crate::platform::database::{Column, Rows, Value};

const ADJUSTMENT_COLUMNS: [&str; 7] = ["sku_id", "id", "delta", "reason", "operator", "sequence", "created_at"];

impl Writer<'_> {
    pub(super) async fn change_skus(&mut self, batch: &TradeFold, shelf: &Shelf) -> Result<(), WriteError> {
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
            self.update("skus", &columns, &change, "t.id = n.id AND t.version < n.first_record", chunk.len(), values).await?;
        }
        Ok(())
    }

    pub(super) async fn change_items(&mut self, batch: &TradeFold, shelf: &Shelf) -> Result<(), WriteError> {
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
            let there = self.items_there(&items).await?;
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
            self.update("seckill_items", &columns, &change, "t.id = n.id", chunk.len(), values).await?;
        }
        Ok(())
    }

    async fn items_there(&mut self, items: &[(&FlashItemId, &ItemChange)]) -> Result<HashSet<FlashItemId>, WriteError> {
        let mut there = HashSet::new();
        for chunk in chunks(items) {
            let text = format!("SELECT id FROM seckill_items WHERE id IN ({})", Rows::places(chunk.len()));
            for row in self.tx.all(text, chunk.iter().map(|(item, _)| item.get().into()).collect()).await? {
                there.insert(row.id(0, FlashItemId::new)?);
            }
        }
        Ok(there)
    }

    pub(super) async fn change_products(&mut self, batch: &TradeFold, shelf: &Shelf) -> Result<(), WriteError> {
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
            self.update("products", &columns, &change, "t.id = n.id", chunk.len(), values).await?;
        }
        Ok(())
    }

    pub(super) async fn insert_adjustments(&mut self, batch: &TradeFold) -> Result<(), WriteError> {
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
            self.tx.execute(Rows::insert(self.tx.engine(), "stock_adjustments", &ADJUSTMENT_COLUMNS, chunk.len()), values).await?;
        }
        // After a restore the outbox's counter may be behind what the journal has: an id that was used must not be given again.
        if let Some(last) = batch.adjustments().iter().map(|row| row.adjusted.adjustment.get()).max() {
            let values = vec![last.into(), last.into()];
            self.tx.execute("UPDATE outbox_order SET last_id = ? WHERE last_id < ?", values).await?;
        }
        Ok(())
    }

    pub(super) async fn note_ids(&mut self, batch: &TradeFold) -> Result<(), WriteError> {
        let Some(next) = batch.next_id() else { return Ok(()) };
        let matched = self.tx.execute("UPDATE id_blocks SET next_id = ? WHERE name = 'orders'", vec![next.into()]).await?;
        if matched == 0 {
            self.tx.execute("INSERT INTO id_blocks (name, next_id) VALUES ('orders', ?)", vec![next.into()]).await?;
        }
        Ok(())
    }
}
