//! What the order book and the id block start from.

use futures_util::TryStreamExt;
use mallcore_actors::ids::{ActivityId, UserId};
use mallcore_actors::orders::Order;

use super::stored::{COLUMNS, Stored};
use crate::platform::database::{Database, Error, Loaded};
use crate::platform::projection::{self, checkpoint};

/// Every order that is open (pending payment), baskets with everything that was frozen.
pub async fn open_orders(database: &Database) -> Result<Loaded<Vec<Order>>, Error> {
    let text =
        format!("SELECT {COLUMNS} FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.status = 1 ORDER BY o.id, i.line_no");
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let mut orders = Vec::new();
    {
        let mut rows = tx.stream(text, Vec::new())?;
        while let Some(row) = rows.try_next().await? {
            Stored::take(&mut orders, &row)?;
        }
    }
    tx.commit().await?;
    Ok(Loaded { checkpoint, value: orders.into_iter().map(|stored| stored.order).collect() })
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
