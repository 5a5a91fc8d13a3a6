//! The table `order_items`.

use mallcore_actors::ids::{OrderId, SkuId};
use mallcore_actors::orders::fold::{LineChange, NewOrder, Placing, TradeFold};

use super::OnOffer;
use crate::features::stock::projection::{Described, Shelf};
use crate::platform::database::{Arguments, Column, Value, chunks};
use crate::platform::projection::{TableWriter, WriteError};

const COLUMNS: [&str; 11] = [
    "order_id",
    "line_no",
    "sku_id",
    "product_id",
    "product_name",
    "sku_spec",
    "seckill_item_id",
    "quantity",
    "unit_price_fen",
    "picture",
    // A purchase has the default.
    "discount_fen",
];
const PURCHASE_COLUMNS: usize = 10;

pub(super) async fn insert(writer: &mut TableWriter<'_>, orders: &[NewOrder], shelf: &Shelf, on_offer: &OnOffer) -> Result<(), WriteError> {
    let (mut purchased, mut in_baskets) = (Vec::new(), Vec::new());
    for order in orders {
        match &order.placed {
            Placing::Purchase(placed) => purchased.extend(placed.lines.iter().enumerate().map(|(place, line)| (placed.order, place, line))),
            Placing::Basket(placed) => in_baskets.extend(placed.lines.iter().enumerate().map(|(place, line)| (placed.order, place, line))),
        }
    }
    let removed = Described::default();
    for chunk in chunks(&purchased) {
        let mut values = Arguments::with_capacity(chunk.len() * PURCHASE_COLUMNS);
        for (order, place, line) in chunk {
            let sku = shelf.get(&line.sku).unwrap_or(&removed);
            let (title, spec, picture) = match line.flash.and_then(|flash| on_offer.get(&flash.item)) {
                Some(kept) => (&kept.title, &kept.spec, kept.picture.clone()),
                None => (&sku.product_name, &sku.spec, None),
            };
            values.extend([
                order.get().into(),
                (*place as u64 + 1).into(),
                line.sku.get().into(),
                sku.product_id.into(),
                title.clone().into(),
                spec.clone().into(),
                line.flash.map(|flash| flash.item.get()).into(),
                line.quantity.get().into(),
                line.unit_price.fen().into(),
                picture.into(),
            ]);
        }
        writer.insert("order_items", &COLUMNS[..PURCHASE_COLUMNS], chunk.len(), values).await?;
    }
    for chunk in chunks(&in_baskets) {
        let mut values = Arguments::with_capacity(chunk.len() * COLUMNS.len());
        for (order, place, line) in chunk {
            let described = &line.described;
            values.extend([
                order.get().into(),
                (*place as u64 + 1).into(),
                line.sku.get().into(),
                described.product.get().into(),
                described.title.as_str().to_owned().into(),
                described.spec.as_ref().map_or(String::new(), |spec| spec.as_str().to_owned()).into(),
                Value::Null,
                line.quantity.get().into(),
                line.unit_price.fen().into(),
                described.picture.as_ref().map(|picture| picture.as_str().to_owned()).into(),
                line.discount.fen().into(),
            ]);
        }
        writer.insert("order_items", &COLUMNS, chunk.len(), values).await?;
    }
    Ok(())
}

pub(super) async fn change(writer: &mut TableWriter<'_>, batch: &TradeFold) -> Result<(), WriteError> {
    let columns = ["order_id", "sku_id", "shipped", "refunded"].map(Column::Int);
    let change = [("shipped", "t.shipped + n.shipped"), ("refunded", "t.refunded + n.refunded")];
    let lines: Vec<_> = batch.lines().iter().collect();
    for chunk in chunks(&lines) {
        let row = |((order, sku), change): &(&(OrderId, SkuId), &LineChange)| -> [Value; 4] {
            [order.get().into(), sku.get().into(), change.shipped.into(), change.refunded.into()]
        };
        let values = chunk.iter().flat_map(row).collect();
        writer.update("order_items", &columns, &change, "t.order_id = n.order_id AND t.sku_id = n.sku_id", chunk.len(), values).await?;
    }
    Ok(())
}
