//! Reads paid orders for recommendations: the newest baskets in bounded chunks, and what one shopper has bought.

use std::collections::HashMap;

use mallcore_actors::ids::UserId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::recommendations::{CoPurchases, period_of};
use mallcore_actors::time::Timestamp;

use crate::platform::database::{Database, Error, Rows, Tx};
use crate::platform::projection::{self, checkpoint};

/// Orders of a statement.
const CHUNK: usize = 500;
/// Baskets that are counted at a start, the newest; what is older says less every month.
const BASKETS_MAX: usize = 100_000;

/// Counts the newest paid baskets of the database, all as of one moment, whose checkpoint is returned too: later payments are in the journal.
/// An order with one line says nothing here, so flash orders are passed over.
pub async fn count_baskets(database: &Database) -> Result<(CoPurchases, Sequence), Error> {
    let mut tx = database.snapshot().await?;
    let at = checkpoint(&mut tx, projection::NAME).await?;
    let (mut counts, mut before, mut seen) = (CoPurchases::default(), i64::MAX as u64, 0);
    while seen < BASKETS_MAX {
        let text = "SELECT id, paid_at FROM orders WHERE is_basket = 1 AND id < ? ORDER BY id DESC LIMIT ?";
        let rows = tx.all(text, vec![before.into(), (CHUNK as u64).into()]).await?;
        let Some(last) = rows.last() else { break };
        before = last.count(0)?;
        seen += rows.len();
        let mut paid = Vec::<(u64, Timestamp)>::with_capacity(rows.len());
        for row in &rows {
            if let Some(paid_at) = row.time_or_null(1)? {
                paid.push((row.count(0)?, paid_at));
            }
        }
        let products = products_of(&mut tx, &paid).await?;
        for (order, paid_at) in paid {
            counts.add(products.get(&order).map(Vec::as_slice).unwrap_or_default(), period_of(paid_at));
        }
    }
    tx.commit().await?;
    Ok((counts, at))
}

async fn products_of(tx: &mut Tx, orders: &[(u64, Timestamp)]) -> Result<HashMap<u64, Vec<u64>>, Error> {
    let mut products = HashMap::<u64, Vec<u64>>::new();
    if orders.is_empty() {
        return Ok(products);
    }
    let text = format!(
        "SELECT order_id, product_id FROM order_items WHERE order_id IN ({}) ORDER BY order_id, line_no",
        Rows::places(orders.len())
    );
    for row in tx.all(text, orders.iter().map(|(order, _)| (*order).into()).collect()).await? {
        products.entry(row.count(0)?).or_default().push(row.count(1)?);
    }
    Ok(products)
}

/// Products that a shopper has paid for, the newest order first, at most so many lines.
pub async fn bought(database: &Database, user: UserId, most: u64) -> Result<Vec<u64>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT i.product_id FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.user_id = ? AND o.paid_at IS NOT NULL \
         ORDER BY o.id DESC, i.line_no LIMIT ?";
    let rows = tx.all(text, vec![user.get().into(), most.into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row| row.count(0)).collect()
}
