//! Orders for their shopper: lists newest first, and one at a time. What the journal has beyond the checkpoint is the caller's to add.

use std::collections::HashMap;

use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{AddressId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::order_no::OrderNo;
use mallcore_actors::orders::Status;
use mallcore_actors::quantity::{BadQuantity, Quantity};
use mallcore_actors::stock::Receipt;
use mallcore_actors::time::Timestamp;

use super::model::{Counts, EventKind, EventRow, OrderItemRow, OrderRow, close_reason};
use crate::platform::database::{Arguments, Database, Error, Loaded, Row, Rows, Tx};
use crate::platform::projection::{self, checkpoint};

/// Most orders in one page: one more than a list shows, so that it knows whether there are more.
pub const PAGE_MAX: u32 = 101;

const COLUMNS: &str = "id, order_no, user_id, total_amount_fen, payable_fen, status, version, address_id, created_at, updated_at, expires_at, \
     paid_at, shipped_at, completed_at, closed_at, close_reason, discount_fen, freight_fen";

/// A shopper's orders that are not hidden, with ids below `before` (all, if `None`) and this status (any, if `None`), newest first, at most
/// `size` and [`PAGE_MAX`].
pub async fn of_user(
    database: &Database,
    user: UserId,
    status: Option<Status>,
    before: Option<OrderId>,
    size: u32,
) -> Result<Loaded<Vec<OrderRow>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let below = before.map_or(i64::MAX as u64, OrderId::get);
    let mut values: Arguments = vec![user.get().into(), below.into()];
    let of_status = if status.is_some() { " AND status = ?" } else { "" };
    values.extend(status.map(|status| (status as u8).into()));
    values.push(size.clamp(1, PAGE_MAX).into());
    let text = format!("SELECT {COLUMNS} FROM orders WHERE user_id = ? AND id < ? AND is_hidden = 0{of_status} ORDER BY id DESC LIMIT ?");
    let rows = tx.all(text, values).await?;
    let value = with_items(&mut tx, rows).await?;
    tx.commit().await?;
    Ok(Loaded { checkpoint, value })
}

/// How many orders a shopper has that are not hidden, by status, without these.
pub async fn counts(database: &Database, user: UserId, without: &[OrderId]) -> Result<Counts, Error> {
    let mut tx = database.snapshot().await?;
    let mut counts = Counts::new();
    let text = "SELECT status, COUNT(*) FROM orders WHERE user_id = ? AND is_hidden = 0 GROUP BY status";
    for row in tx.all(text, vec![user.get().into()]).await? {
        counts.insert(status(&row, 0)?, row.count(1)?);
    }
    for some in without.chunks(256) {
        let text = format!("SELECT status FROM orders WHERE is_hidden = 0 AND user_id = ? AND id IN ({})", Rows::places(some.len()));
        let values = [user.get().into()].into_iter().chain(some.iter().map(|order| order.get().into())).collect();
        for row in tx.all(text, values).await? {
            if let Some(count) = counts.get_mut(&status(&row, 0)?) {
                *count = count.saturating_sub(1);
            }
        }
    }
    tx.commit().await?;
    Ok(counts)
}

/// What happened to an order after it was placed, in order.
pub async fn events(database: &Database, order: OrderId) -> Result<Vec<EventRow>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT version, kind, happened_at, data FROM order_events WHERE order_id = ? ORDER BY version";
    let rows = tx.all(text, vec![order.get().into()]).await?;
    tx.commit().await?;
    let event = |row: &Row| {
        let number = row.int(1)?;
        let kind = EventKind::from_number(number).ok_or_else(|| Error::Unexpected { column: 1, found: number.to_string() })?;
        Ok(EventRow { version: row.pieces(0)?, kind, at: row.time(2)?, data: row.text_or_null(3)? })
    };
    rows.iter().map(event).collect()
}

/// The order that this request of the shopper has placed, as it was answered then, and the request's body.
pub async fn placed_by(database: &Database, user: UserId, key: KeyHash) -> Result<Option<(Receipt, BodyFingerprint)>, Error> {
    let mut tx = database.snapshot().await?;
    let placed = placed_by_in(&mut tx, user, key).await?;
    tx.commit().await?;
    Ok(placed)
}

/// The same within a read transaction.
pub async fn placed_by_in(tx: &mut Tx, user: UserId, key: KeyHash) -> Result<Option<(Receipt, BodyFingerprint)>, Error> {
    let text = "SELECT id, order_no, payable_fen, created_at, expires_at, sequence, body_fingerprint FROM orders \
         WHERE user_id = ? AND key_hash = ?";
    let row = tx.first(text, vec![user.get().into(), (*key.as_bytes()).into()]).await?;
    let receipt = |row: Row| {
        let receipt = Receipt {
            order: row.id(0, OrderId::new)?,
            no: row.parsed(1)?,
            payable: row.id(2, Money::from_fen)?,
            placed_at: row.time(3)?,
            expires_at: row.time(4)?,
            sequence: Sequence(row.count(5)?),
        };
        Ok((receipt, BodyFingerprint::from_u64(row.bits(6)?)))
    };
    row.map(receipt).transpose()
}

/// The keys of the requests by which a shopper placed orders, in no order, at most `most` and one more.
pub async fn keys_of(tx: &mut Tx, user: UserId, most: usize) -> Result<Vec<KeyHash>, Error> {
    let text = "SELECT key_hash FROM orders WHERE user_id = ? LIMIT ?";
    let rows = tx.all(text, vec![user.get().into(), (most as u64 + 1).into()]).await?;
    rows.iter().map(|row| Ok(KeyHash::from_bytes(row.hash(0)?))).collect()
}

/// Orders that were sent up to this moment and are not completed, the longest on their way first.
pub async fn on_their_way(database: &Database, sent_by: Timestamp, most: u32) -> Result<Vec<(UserId, OrderId)>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT user_id, id FROM orders WHERE status = 3 AND shipped_at <= ? ORDER BY shipped_at LIMIT ?";
    let rows = tx.all(text, vec![sent_by.into(), most.into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((row.id(0, UserId::new)?, row.id(1, OrderId::new)?))).collect()
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
        "SELECT order_id, sku_id, product_id, product_name, sku_spec, seckill_item_id, quantity, unit_price_fen, discount_fen, picture \
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
        discount: row.id(16, Money::from_fen)?,
        freight: row.id(17, Money::from_fen)?,
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
        quantity: row.id(6, |pieces| u32::try_from(pieces).map_err(|_| BadQuantity).and_then(Quantity::new))?,
        unit_price: row.id(7, Money::from_fen)?,
        discount: row.id(8, Money::from_fen)?,
        picture: row.text_or_null(9)?,
    })
}

/// The column `orders.status`.
pub(super) fn status(row: &Row, column: usize) -> Result<Status, Error> {
    let number = row.int(column)?;
    u8::try_from(number).ok().and_then(Status::from_number).ok_or_else(|| Error::Unexpected { column, found: number.to_string() })
}
