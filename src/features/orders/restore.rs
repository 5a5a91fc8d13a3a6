//! What the order book and the id block start from.

use std::collections::HashSet;

use futures_util::TryStreamExt;
use mallcore_actors::ids::{ActivityId, OrderId, UserId};
use mallcore_actors::orders::Order;

use super::loading;
use super::stored::{COLUMNS, Stored};
use crate::platform::database::{Database, Error, Loaded};
use crate::platform::projection::{self, checkpoint};

/// Every order that is open (pending payment), baskets with everything that was frozen, and every other one with an attempt to pay it that is
/// still open: whoever looks after attempts finds all of them in memory.
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
    let tried: HashSet<OrderId> = tx.all(TRIED, Vec::new()).await?.iter().map(|row| row.id(0, OrderId::new)).collect::<Result<_, _>>()?;
    let mut open = Vec::with_capacity(orders.len());
    for stored in orders {
        let has_attempts = tried.contains(&stored.order.id);
        open.push(if has_attempts { loading::with_progress(&mut tx, stored).await? } else { stored.order });
    }
    let text = format!(
        "SELECT {COLUMNS} FROM orders o JOIN order_items i ON i.order_id = o.id \
         WHERE o.status <> 1 AND o.id IN (SELECT a.order_id FROM payment_attempts a WHERE a.state = 1) ORDER BY o.id, i.line_no"
    );
    let mut settled = Vec::new();
    for row in tx.all(text, Vec::new()).await? {
        Stored::take(&mut settled, &row)?;
    }
    for stored in settled {
        open.push(loading::with_progress(&mut tx, stored).await?);
    }
    tx.commit().await?;
    Ok(Loaded { checkpoint, value: open })
}

/// Open orders that somebody has tried to pay.
const TRIED: &str = "SELECT DISTINCT o.id FROM orders o JOIN payment_attempts a ON a.order_id = o.id WHERE o.status = 1";

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
