//! Orders for their shopper: lists newest first, and one at a time. What the journal has beyond the checkpoint is the caller's to add.

use std::collections::HashMap;

use mallcore_actors::ids::{AddressId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::Status;

use super::model::{OrderItemRow, OrderRow, close_reason};
use crate::database::{Arguments, Database, Error, Loaded, Row, Rows, Tx};
use crate::projection::{self, checkpoint};

/// Most orders in one page: one more than a list shows, so that it knows whether there are more.
pub const PAGE_MAX: u32 = 101;

const COLUMNS: &str = "id, order_no, user_id, total_amount_fen, payable_fen, status, version, address_id, created_at, updated_at, expires_at, \
     paid_at, shipped_at, completed_at, closed_at, close_reason";

/// A shopper's orders with ids below `before` (all, if `None`), newest first, at most `size` and [`PAGE_MAX`].
pub async fn of_user(database: &Database, user: UserId, before: Option<OrderId>, size: u32) -> Result<Loaded<Vec<OrderRow>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let text = format!("SELECT {COLUMNS} FROM orders WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?");
    let below = before.map_or(i64::MAX as u64, OrderId::get);
    let rows = tx.all(text, vec![user.get().into(), below.into(), size.clamp(1, PAGE_MAX).into()]).await?;
    let value = with_items(&mut tx, rows).await?;
    tx.commit().await?;
    Ok(Loaded { checkpoint, value })
}

/// An order by its id, whoever's it is: the caller compares the owner and answers 404 for another's.
pub async fn by_id(database: &Database, order: OrderId) -> Result<Loaded<Option<OrderRow>>, Error> {
    one(database, "id = ?", vec![order.get().into()]).await
}

/// An order by its number, whoever's it is.
pub async fn by_no(database: &Database, no: OrderNo) -> Result<Loaded<Option<OrderRow>>, Error> {
    one(database, "order_no = ?", vec![no.to_string().into()]).await
}

async fn one(database: &Database, fits: &str, values: Arguments) -> Result<Loaded<Option<OrderRow>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let rows = tx.all(format!("SELECT {COLUMNS} FROM orders WHERE {fits}"), values).await?;
    let value = with_items(&mut tx, rows).await?.pop();
    tx.commit().await?;
    Ok(Loaded { checkpoint, value })
}

async fn with_items(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<OrderRow>, Error> {
    let mut orders = rows.iter().map(order).collect::<Result<Vec<_>, _>>()?;
    if orders.is_empty() {
        return Ok(orders);
    }
    let text = format!(
        "SELECT order_id, sku_id, product_id, product_name, sku_spec, seckill_item_id, quantity, unit_price_fen \
         FROM order_items WHERE order_id IN ({}) ORDER BY order_id, line_no",
        Rows::places(orders.len())
    );
    let mut items = HashMap::<OrderId, Vec<OrderItemRow>>::new();
    for row in tx.all(text, orders.iter().map(|order| order.id.get().into()).collect()).await? {
        items.entry(row.id(0, OrderId::new)?).or_default().push(item(&row)?);
    }
    for order in &mut orders {
        order.items = items.remove(&order.id).unwrap_or_default();
    }
    Ok(orders)
}

fn order(row: &Row) -> Result<OrderRow, Error> {
    let reason = match row.int_or_null(15)? {
        None => None,
        Some(number) => Some(close_reason(number).ok_or_else(|| Error::Unexpected { column: 15, found: number.to_string() })?),
    };
    Ok(OrderRow {
        id: row.id(0, OrderId::new)?,
        no: row.parsed(1)?,
        user: row.id(2, UserId::new)?,
        total: row.id(3, Money::from_fen)?,
        payable: row.id(4, Money::from_fen)?,
        status: status(row, 5)?,
        version: row.pieces(6)?,
        address: row.id_or_null(7, AddressId::new)?,
        placed_at: row.time(8)?,
        updated_at: row.time(9)?,
        expires_at: row.time(10)?,
        paid_at: row.time_or_null(11)?,
        shipped_at: row.time_or_null(12)?,
        completed_at: row.time_or_null(13)?,
        closed_at: row.time_or_null(14)?,
        close_reason: reason,
        items: Vec::new(),
    })
}

fn item(row: &Row) -> Result<OrderItemRow, Error> {
    Ok(OrderItemRow {
        sku: row.id(1, SkuId::new)?,
        product_id: row.count(2)?,
        product_name: row.text(3)?,
        sku_spec: row.text(4)?,
        flash_item: row.id_or_null(5, FlashItemId::new)?,
        quantity: row.pieces(6)?,
        unit_price: row.id(7, Money::from_fen)?,
    })
}

/// The column `orders.status`.
pub(super) fn status(row: &Row, column: usize) -> Result<Status, Error> {
    let number = row.int(column)?;
    u8::try_from(number).ok().and_then(Status::from_number).ok_or_else(|| Error::Unexpected { column, found: number.to_string() })
}
