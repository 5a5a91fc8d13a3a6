//! What shipping reads of orders: whose an order is, what it has, and which wait to be sent.

use std::collections::HashMap;

use mallcore_actors::ids::{OrderId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Order, Status};
use mallcore_actors::time::Timestamp;

use crate::features::orders::{OrderRef, loading};
use crate::platform::database::{Database, Error, Loaded, Tx, Value};

/// An order that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Id of the order.
    pub id: u64,
    /// The number that people know it by.
    pub no: String,
    /// The shopper who owns it.
    pub user: u64,
    /// What was paid.
    pub paid: Money,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// Whether it has an address to be sent to.
    pub has_address: bool,
    /// Whether goods were put ready to be picked up.
    pub is_ready: bool,
}

/// Whose order this is; none if there is no such order.
pub async fn owner(database: &Database, named: OrderRef) -> Result<Option<(OrderId, UserId)>, Error> {
    let (column, value): (_, Value) = match named {
        OrderRef::Id(id) => ("id", id.get().into()),
        OrderRef::No(no) => ("order_no", no.to_string().into()),
    };
    let mut tx = database.snapshot().await?;
    let row = tx.first(format!("SELECT id, user_id FROM orders WHERE {column} = ?"), vec![value]).await?;
    tx.commit().await?;
    row.map(|row| Ok((row.id(0, OrderId::new)?, row.id(1, UserId::new)?))).transpose()
}

/// An order with all that happened to it, as far as the database has it.
pub async fn order(database: &Database, named: OrderRef) -> Result<Option<Order>, Error> {
    let Some((id, user)) = owner(database, named).await? else { return Ok(None) };
    let Loaded { value, .. } = loading::load(database, user, id).await?;
    Ok(value)
}

/// The names of an order's products by SKU.
pub async fn names(database: &Database, order: OrderId) -> Result<HashMap<SkuId, String>, Error> {
    let mut tx = database.snapshot().await?;
    let rows = tx.all("SELECT sku_id, product_name FROM order_items WHERE order_id = ?", vec![order.get().into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((row.id(0, SkuId::new)?, row.text(1)?))).collect()
}

/// A shopper's `openid`; none for one who has logged in by phone only, or whose account is cancelled.
pub async fn openid(database: &Database, user: UserId) -> Result<Option<String>, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first("SELECT openid FROM users WHERE id = ?", vec![user.get().into()]).await?;
    tx.commit().await?;
    let openid = row.map(|row| row.text(0)).transpose()?;
    // What stands for none has a colon, which WeChat's have not (`accounts::repository`).
    Ok(openid.filter(|openid| !openid.contains(':')))
}

/// Paid orders of which something is still to be sent, with ids below `before`, the newest first.
pub async fn waiting(database: &Database, before: Option<u64>, most: u32) -> Result<Vec<Waiting>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!(
        "SELECT o.id, o.order_no, o.user_id, o.payable_fen, o.paid_at, o.address_id, p.order_id FROM orders o \
         LEFT JOIN pick_ups p ON p.order_id = o.id AND p.collected_at IS NULL \
         WHERE o.status = {} AND o.shipped_at IS NULL AND o.id < ? ORDER BY o.id DESC LIMIT ?",
        Status::Paid as u8
    );
    let rows = tx.all(text, vec![before.unwrap_or(i64::MAX as u64).into(), most.into()]).await?;
    tx.commit().await?;
    let waiting = rows.iter().map(|row| {
        Ok(Waiting {
            id: row.count(0)?,
            no: row.text(1)?,
            user: row.count(2)?,
            paid: row.id(3, Money::from_fen)?,
            paid_at: row.time_or_null(4)?,
            has_address: row.int_or_null(5)?.is_some(),
            is_ready: row.int_or_null(6)?.is_some(),
        })
    });
    waiting.collect()
}

/// How an order waits to be picked up, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickUpRow {
    /// The sealed code; none once it was used.
    pub code: Option<Vec<u8>>,
    /// Wrong codes that were presented for it.
    pub wrong_tries: u32,
    /// When the goods were ready.
    pub ready_at: Timestamp,
    /// When the shopper picked them up.
    pub collected_at: Option<Timestamp>,
}

const PICK_UP: &str = "SELECT code, wrong_tries, ready_at, collected_at FROM pick_ups WHERE order_id = ?";

fn pick_up_row(row: &crate::platform::database::Row) -> Result<PickUpRow, Error> {
    Ok(PickUpRow { code: row.bytes_or_null(0)?, wrong_tries: row.pieces(1)?, ready_at: row.time(2)?, collected_at: row.time_or_null(3)? })
}

/// How an order waits to be picked up; none if it does not.
pub async fn pick_up(database: &Database, order: OrderId) -> Result<Option<PickUpRow>, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first(PICK_UP, vec![order.get().into()]).await?;
    tx.commit().await?;
    row.as_ref().map(pick_up_row).transpose()
}

/// The same, locked until the transaction ends.
pub async fn locked_pick_up(tx: &mut Tx, order: OrderId) -> Result<Option<PickUpRow>, Error> {
    tx.lock(PICK_UP, vec![order.get().into()]).await?.first().map(pick_up_row).transpose()
}
