//! The tables `orders` and `order_items`, as any program may read them. The casts make SQLite and MySQL give the same types.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, MySqlConnection};

use super::receipts::Receipt;
use crate::error::Error;

/// `orders.status` of an order whose pieces are free again (docs/RULES.md).
pub const CLOSED: i64 = 5;
const ORDERS: &str = "SELECT CAST(id AS SIGNED), CAST(order_no AS CHAR), CAST(user_id AS SIGNED), CAST(status AS SIGNED) FROM orders";
const ITEMS: &str = "SELECT CAST(order_id AS SIGNED), CAST(sku_id AS SIGNED), CAST(quantity AS SIGNED) FROM order_items";
const FLASH_ITEMS: &str = "SELECT CAST(sku_id AS SIGNED), CAST(quota AS SIGNED), CAST(remaining AS SIGNED), CAST(held AS SIGNED), CAST(sold AS SIGNED) \
     FROM seckill_items WHERE carved_at IS NOT NULL AND released_at IS NULL";

const CHECKPOINT: &str = "SELECT CAST(sequence AS SIGNED) FROM projection_checkpoints WHERE name = 'database'";
const PROGRESS: &str =
    "SELECT CAST(COUNT(*) AS SIGNED), CAST(COUNT(DISTINCT sequence) AS SIGNED), CAST(COALESCE(MAX(sequence), 0) AS SIGNED) FROM orders";

/// Runs the same statements on either database, in one transaction.
macro_rules! in_one_look {
    ($database:expr, $tx:ident => $read:expr) => {{
        if $database.starts_with("mysql:") || $database.starts_with("mariadb:") {
            let mut connection = MySqlConnection::connect($database).await?;
            let mut $tx = connection.begin().await?;
            $read
        } else {
            let options: SqliteConnectOptions =
                if $database.starts_with("sqlite:") { $database.parse()? } else { SqliteConnectOptions::new().filename($database) };
            let mut connection = options.read_only(true).connect().await?;
            let mut $tx = connection.begin().await?;
            $read
        }
    }};
}

const MONEY: &str = "SELECT CAST((SELECT COUNT(*) FROM payments) AS SIGNED), CAST((SELECT COUNT(*) FROM orders WHERE status = 5) AS SIGNED), \
     CAST((SELECT COUNT(*) FROM stray_payments) AS SIGNED), CAST(COALESCE((SELECT SUM(amount_fen) FROM payments), 0) AS SIGNED), \
     CAST(COALESCE((SELECT SUM(amount_fen) FROM wechat_refunds WHERE reason = 1 AND state = 3), 0) AS SIGNED), \
     CAST(COALESCE((SELECT SUM(amount_fen) FROM wechat_refunds WHERE reason <> 1 AND state = 3), 0) AS SIGNED), \
     CAST((SELECT COUNT(*) FROM wechat_refunds WHERE state <> 3) AS SIGNED)";

/// What came in and went back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Money {
    /// Orders that were paid.
    pub paid_orders: u64,
    /// Orders that were closed unpaid.
    pub closed_orders: u64,
    /// Payments that came too late or twice.
    pub strays: u64,
    /// Fen that came for orders and were not refunded.
    pub kept_fen: u64,
    /// Fen of stray payments that have gone back.
    pub stray_fen: u64,
    /// Refunds that are not done.
    pub pending: u64,
}

impl Money {
    /// Adds up the tables in one statement.
    pub async fn read(database: &str) -> Result<Self, Error> {
        let sums: (i64, i64, i64, i64, i64, i64, i64) = in_one_look!(database, tx => {
            Ok::<_, Error>(sqlx::query_as(MONEY).fetch_one(&mut *tx).await?)
        })?;
        let (paid, closed, strays, came, refunded, stray_fen, pending) = sums;
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        Ok(Self {
            paid_orders: number(paid),
            closed_orders: number(closed),
            strays: number(strays),
            kept_fen: number(came - refunded),
            stray_fen: number(stray_fen),
            pending: number(pending),
        })
    }
}

/// How far the books are, in one look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The last record of the journal that they have.
    pub checkpoint: i64,
    /// How many orders.
    pub orders: i64,
    /// By how many records these were changed last.
    pub different: i64,
    /// The highest of these records.
    pub last_order: i64,
}

/// id, order_no, user_id, status.
pub type OrderRow = (i64, String, i64, i64);
/// order_id, sku_id, quantity.
pub type LineRow = (i64, i64, i64);

/// A stored order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrder {
    /// The user who owns the order.
    pub user: i64,
    /// Its number in docs/RULES.md.
    pub status: i64,
    /// Each line's SKU with its pieces.
    pub lines: Vec<(i64, i64)>,
}

/// A flash item's own account of its pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlashItem {
    /// What it sells.
    pub sku: i64,
    /// Pieces put into the sale.
    pub quota: i64,
    /// Not yet bought.
    pub remaining: i64,
    /// In unpaid orders.
    pub held: i64,
    /// In paid orders.
    pub sold: i64,
}

/// All orders that the database has.
#[derive(Debug, Default)]
pub struct Books {
    /// The items of sales that have begun and are not wound up.
    pub flash_items: Vec<FlashItem>,
    /// The last record of the journal in them.
    pub checkpoint: i64,
    /// By order number.
    pub orders: HashMap<String, StoredOrder>,
    /// Order numbers that stand there twice, and items without an order.
    pub doubled: Vec<String>,
}

impl Progress {
    /// Reads the orders of this database.
    pub async fn read(database: &str) -> Result<Self, Error> {
        in_one_look!(database, tx => {
            let checkpoint: Option<i64> = sqlx::query_scalar(CHECKPOINT).fetch_optional(&mut *tx).await?;
            let (orders, different, last_order) = sqlx::query_as(PROGRESS).fetch_one(&mut *tx).await?;
            Ok(Self { checkpoint: checkpoint.unwrap_or(0), orders, different, last_order })
        })
    }
}

impl Books {
    /// Reads the tables in one transaction.
    pub async fn read(database: &str) -> Result<Self, Error> {
        in_one_look!(database, tx => {
            let checkpoint: Option<i64> = sqlx::query_scalar(CHECKPOINT).fetch_optional(&mut *tx).await?;
            let orders = sqlx::query_as(ORDERS).fetch_all(&mut *tx).await?;
            let items = sqlx::query_as(ITEMS).fetch_all(&mut *tx).await?;
            let flash_items: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(FLASH_ITEMS).fetch_all(&mut *tx).await?;
            let account = |(sku, quota, remaining, held, sold)| FlashItem { sku, quota, remaining, held, sold };
            let books = Self::of_rows(orders, items);
            let flash_items = flash_items.into_iter().map(account).collect();
            Ok(Self { flash_items, checkpoint: checkpoint.unwrap_or(0), ..books })
        })
    }

    /// Put together from rows of orders and lines.
    pub fn of_rows(orders: Vec<OrderRow>, items: Vec<LineRow>) -> Self {
        let mut books = Self::default();
        let mut lines: HashMap<i64, Vec<(i64, i64)>> = HashMap::with_capacity(items.len());
        for (order, sku, quantity) in items {
            lines.entry(order).or_default().push((sku, quantity));
        }
        for (id, order_no, user, status) in orders {
            let order = StoredOrder { user, status, lines: lines.remove(&id).unwrap_or_default() };
            match books.orders.entry(order_no) {
                Entry::Vacant(place) => drop(place.insert(order)),
                Entry::Occupied(present) => books.doubled.push(present.key().clone()),
            }
        }
        books.doubled.extend(lines.keys().map(|order| format!("items of order {order}, which is not there")));
        books
    }

    /// In which way the books differ from a receipt, if they do.
    pub fn contradicts(&self, order_no: &str, receipt: &Receipt) -> Option<String> {
        let Some(order) = self.orders.get(order_no) else {
            return Some(format!("{order_no} of user {} is not stored", receipt.user));
        };
        let pieces: i64 = order.lines.iter().map(|(_, pieces)| pieces).sum();
        let differs = order.user != receipt.user || pieces != receipt.quantity;
        differs.then(|| format!("{order_no}: stored for user {} with {pieces} pieces, told {receipt:?}", order.user))
    }

    /// Orders that hold their pieces.
    fn not_closed(&self) -> impl Iterator<Item = &StoredOrder> {
        self.orders.values().filter(|order| order.status != CLOSED)
    }

    /// How many orders have `status`.
    pub fn count(&self, status: i64) -> usize {
        self.orders.values().filter(|order| order.status == status).count()
    }

    /// Pieces in orders that are not closed.
    pub fn pieces_by_sku(&self) -> HashMap<i64, i64> {
        let mut sums = HashMap::new();
        for (sku, pieces) in self.not_closed().flat_map(|order| &order.lines) {
            *sums.entry(*sku).or_insert(0) += pieces;
        }
        sums
    }

    /// The same, for each (user, SKU).
    pub fn pieces_by_user_and_sku(&self) -> HashMap<(i64, i64), i64> {
        let mut sums = HashMap::new();
        for order in self.not_closed() {
            for (sku, pieces) in &order.lines {
                *sums.entry((order.user, *sku)).or_insert(0) += pieces;
            }
        }
        sums
    }
}
