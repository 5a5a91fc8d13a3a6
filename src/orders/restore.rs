//! What the order book and the id block start from.

use futures_util::TryStreamExt;
use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ActivityId, AddressId, FlashItemId, OrderId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{FlashRef, Line, Lines};
use mallcore_actors::orders::{Order, Status};
use mallcore_actors::quantity::Quantity;

use super::repository::status;
use crate::database::{Database, Error, Loaded, Row};
use crate::projection::{self, checkpoint};

const OPEN: &str = "SELECT o.id, o.order_no, o.user_id, o.payable_fen, o.address_id, o.status, o.version, o.created_at, o.updated_at, \
     o.expires_at, o.sequence, i.sku_id, i.seckill_item_id, f.activity_id, i.quantity, i.unit_price_fen, o.key_hash, o.body_fingerprint \
     FROM orders o JOIN order_items i ON i.order_id = o.id LEFT JOIN seckill_items f ON f.id = i.seckill_item_id \
     WHERE o.status = 1 ORDER BY o.id, i.line_no";

/// Every order that is open (pending payment).
pub async fn open_orders(database: &Database) -> Result<Loaded<Vec<Order>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let mut orders = Vec::<Order>::new();
    {
        let mut rows = tx.stream(OPEN, Vec::new())?;
        while let Some(row) = rows.try_next().await? {
            let (id, line) = (row.id(0, OrderId::new)?, line(&row)?);
            match orders.last_mut().filter(|order| order.id == id) {
                Some(order) => order.lines.push(line),
                None => orders.push(order(&row, id, line)?),
            }
        }
    }
    tx.commit().await?;
    Ok(Loaded { checkpoint, value: orders })
}

fn order(row: &Row, id: OrderId, line: Line) -> Result<Order, Error> {
    let status: Status = status(row, 5)?;
    Ok(Order {
        id,
        no: row.parsed(1)?,
        user: row.id(2, UserId::new)?,
        lines: Lines::from_iter([line]),
        payable: row.id(3, Money::from_fen)?,
        address: row.id_or_null(4, AddressId::new)?,
        status,
        version: row.pieces(6)?,
        placed_at: row.time(7)?,
        updated_at: row.time(8)?,
        expires_at: row.time(9)?,
        close_reason: None,
        sequence: Sequence(row.count(10)?),
        key: KeyHash::from_bytes(row.hash(16)?),
        body: BodyFingerprint::from_u64(row.bits(17)?),
        basket: None,
        progress: None,
        is_hidden: false,
    })
}

fn line(row: &Row) -> Result<Line, Error> {
    let flash = match (row.id_or_null(12, FlashItemId::new)?, row.id_or_null(13, ActivityId::new)?) {
        (Some(item), Some(activity)) => Some(FlashRef { item, activity }),
        _ => None,
    };
    let quantity = row.pieces(14)?;
    Ok(Line {
        sku: row.id(11, SkuId::new)?,
        flash,
        quantity: Quantity::new(quantity).map_err(|refused| Error::Unexpected { column: 14, found: refused.to_string() })?,
        unit_price: row.id(15, Money::from_fen)?,
    })
}

const RETURNED: &str = "SELECT DISTINCT o.user_id, o.seckill_activity_id FROM seckill_items f \
     JOIN orders o ON o.seckill_activity_id = f.activity_id AND o.limit_returned = 1 \
     WHERE f.carved_at IS NOT NULL AND f.released_at IS NULL";

/// Whose purchase limit was given back in a sale that is not over.
pub async fn limits_returned(database: &Database) -> Result<Loaded<Vec<(UserId, ActivityId)>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let mut value = Vec::new();
    {
        let mut rows = tx.stream(RETURNED, Vec::new())?;
        while let Some(row) = rows.try_next().await? {
            value.push((row.id(0, UserId::new)?, row.id(1, ActivityId::new)?));
        }
    }
    tx.commit().await?;
    Ok(Loaded { checkpoint, value })
}

/// The first order id that no record up to the checkpoint has set aside; 1 in an empty database.
pub async fn id_block(database: &Database) -> Result<Loaded<u64>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let row = tx.first("SELECT next_id FROM id_blocks WHERE name = 'orders'", Vec::new()).await?;
    let value = row.map_or(Ok(1), |row| row.count(0))?;
    tx.commit().await?;
    Ok(Loaded { checkpoint, value })
}
