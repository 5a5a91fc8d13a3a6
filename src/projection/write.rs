//! A folded batch becomes rows, in one transaction, with a few many-row statements.
//! - W1 Every statement says how many rows it has to match; one row more or less undoes the batch.
//! - W2 Numbers of rows come from a fixed list, so that each statement is prepared once.

use std::collections::{BTreeMap, HashMap};

use mallcore_actors::ids::{AdjustmentId, SkuId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::fold::Batch;
use mallcore_actors::orders::fold::{Adjustment, ItemChange, NewOrder, SkuChange, Standing, TradeFold};

use super::projection::{Projection, Span};
use crate::database::{Arguments, Column, Database, Error, LOG_PAGES, Rows, Tx, Value};
use crate::orders::model::close_reason_number;

/// Why a batch was not written. The database is as before.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] Error),
    /// The rows are not those that the records were made for.
    #[error("{matched} of {expected} rows of {table} are as records {from} to {through} expect them")]
    Mismatch {
        /// Which rows.
        table: &'static str,
        /// How many there should be.
        expected: u64,
        /// How many there are.
        matched: u64,
        /// The batch's first record.
        from: Sequence,
        /// The batch's last record.
        through: Sequence,
    },
    /// A record is about a SKU that the database does not have.
    #[error("no row for {0:?}")]
    UnknownSku(SkuId),
}

impl WriteError {
    /// Whether the same batch may be written later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Database(cause) if cause.is_transient())
    }
}

/// The table of checkpoints: a batch that finds another one there is not at fault.
pub(super) const CHECKPOINTS: &str = "projection_checkpoints";

/// Rows a statement, most first: 256 orders bind 5,632 values, below SQLite's 32,766 and MySQL's 65,535.
const ROWS: [usize; 5] = [256, 64, 16, 4, 1];

const ORDER_COLUMNS: [&str; 22] = [
    "id",
    "order_no",
    "user_id",
    "total_amount_fen",
    "payable_fen",
    "status",
    "payment_status",
    "address_id",
    "key_hash",
    "body_fingerprint",
    "expires_at",
    "seckill_activity_id",
    "version",
    "sequence",
    "created_at",
    "updated_at",
    // From here on the defaults are right as long as an order has not moved on.
    "close_reason",
    "limit_returned",
    "paid_at",
    "shipped_at",
    "completed_at",
    "closed_at",
];
/// How many of them an order needs that was only placed, as most are when they are stored.
const PLACED_COLUMNS: usize = 16;
const ITEM_COLUMNS: [&str; 9] =
    ["order_id", "line_no", "sku_id", "product_id", "product_name", "sku_spec", "seckill_item_id", "quantity", "unit_price_fen"];

const ADJUSTMENT_COLUMNS: [&str; 7] = ["sku_id", "id", "delta", "reason", "operator", "sequence", "created_at"];

/// A batch of so many records comes of a burst.
const LARGE_RECORDS: u64 = 32_768;
/// Pages of SQLite's log between checkpoints, 2 GiB: once an index has outgrown a batch, a large batch changes some 200,000 pages in random
/// places, most of them the same as the batch before it. Each checkpoint writes them back once, and the disk takes them one by one.
const LOG_PAGES_IN_A_BURST: u32 = 524_288;

/// A SKU's snapshot for order lines.
#[derive(Debug)]
struct Described {
    product_id: u64,
    product_name: String,
    spec: String,
}

/// Writes a batch and moves the projection's checkpoint in one transaction, or changes nothing.
///
/// # Errors
/// [`WriteError`]; the database is as before.
pub async fn write<P: Projection>(database: &Database, batch: &Batch<P::Fold>) -> Result<(), WriteError> {
    let mut tx = database.begin().await?;
    tx.write_back_from(if batch.records() >= LARGE_RECORDS { LOG_PAGES_IN_A_BURST } else { LOG_PAGES }).await?;
    let text = "UPDATE projection_checkpoints SET sequence = ?, updated_at = ? WHERE name = ? AND sequence = ?";
    let values = vec![batch.through().0.into(), batch.through_at().into(), P::NAME.into(), batch.from().0.into()];
    let matched = tx.execute(text, values).await?;
    Span::of(batch).expect(CHECKPOINTS, 1, matched)?;
    P::write(&mut tx, batch).await?;
    tx.commit().await?;
    Ok(())
}

/// Stock and orders, which share one projection: one record moves both.
#[derive(Debug)]
pub struct Trade;

impl Projection for Trade {
    type Fold = TradeFold;
    const NAME: &'static str = super::NAME;
    const THREAD: &'static str = "projection";

    async fn write(tx: &mut Tx, batch: &Batch<TradeFold>) -> Result<(), WriteError> {
        let span = Span::of(batch);
        let batch = batch.folded();
        let mut writer = Writer { tx, span };
        let skus = writer.describe(batch).await?;
        writer.insert_orders(batch.new_orders()).await?;
        writer.insert_items(batch.new_orders(), &skus).await?;
        writer.change_orders(batch).await?;
        writer.change_skus(batch).await?;
        writer.change_items(batch).await?;
        writer.change_products(batch, &skus).await?;
        writer.insert_adjustments(batch).await?;
        writer.note_ids(batch).await
    }
}

struct Writer<'a> {
    tx: &'a mut Tx,
    span: Span,
}

impl Writer<'_> {
    /// Product and names of the SKUs that the batch sells or moves.
    async fn describe(&mut self, batch: &TradeFold) -> Result<HashMap<SkuId, Described>, WriteError> {
        let mut described = HashMap::with_capacity(batch.skus().len());
        let ids: Vec<SkuId> = batch.skus().keys().copied().collect();
        for chunk in chunks(&ids) {
            let places = Rows::places(chunk.len());
            let text = format!(
                "SELECT s.id, s.product_id, p.name, s.spec FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id IN ({places})"
            );
            for row in self.tx.all(text, chunk.iter().map(|sku| sku.get().into()).collect()).await? {
                let named = Described { product_id: row.count(1)?, product_name: row.text(2)?, spec: row.text(3)? };
                described.insert(row.id(0, SkuId::new)?, named);
            }
        }
        Ok(described)
    }

    async fn insert_orders(&mut self, orders: &[NewOrder]) -> Result<(), WriteError> {
        let (placed, moved_on): (Vec<&NewOrder>, Vec<&NewOrder>) = orders.iter().partition(|order| order.progress.version == 1);
        for (orders, columns) in [(placed, &ORDER_COLUMNS[..PLACED_COLUMNS]), (moved_on, &ORDER_COLUMNS[..])] {
            for chunk in chunks(&orders) {
                let mut values = Arguments::with_capacity(chunk.len() * columns.len());
                for order in chunk {
                    bind_placed(order, &mut values);
                    if columns.len() > PLACED_COLUMNS {
                        bind_progress(&order.progress, &mut values);
                    }
                }
                self.tx.execute(Rows::insert(self.tx.engine(), "orders", columns, chunk.len()), values).await?;
            }
        }
        Ok(())
    }

    async fn insert_items(&mut self, orders: &[NewOrder], skus: &HashMap<SkuId, Described>) -> Result<(), WriteError> {
        let lines: Vec<_> = orders
            .iter()
            .flat_map(|order| order.placed.lines.iter().enumerate().map(move |(place, line)| (order.placed.order, place, line)))
            .collect();
        for chunk in chunks(&lines) {
            let mut values = Arguments::with_capacity(chunk.len() * ITEM_COLUMNS.len());
            for (order, place, line) in chunk {
                let sku = skus.get(&line.sku).ok_or(WriteError::UnknownSku(line.sku))?;
                values.extend([
                    order.get().into(),
                    (*place as u64 + 1).into(),
                    line.sku.get().into(),
                    sku.product_id.into(),
                    sku.product_name.clone().into(),
                    sku.spec.clone().into(),
                    line.flash.map(|flash| flash.item.get()).into(),
                    line.quantity.get().into(),
                    line.unit_price.fen().into(),
                ]);
            }
            self.tx.execute(Rows::insert(self.tx.engine(), "order_items", &ITEM_COLUMNS, chunk.len()), values).await?;
        }
        Ok(())
    }

    async fn change_orders(&mut self, batch: &TradeFold) -> Result<(), WriteError> {
        let columns = [
            Column::Int("id"),
            Column::Int("from_version"),
            Column::Int("status"),
            Column::Int("payment_status"),
            Column::Int("close_reason"),
            Column::Int("limit_returned"),
            Column::Int("version"),
            Column::Int("sequence"),
            Column::Time("updated_at"),
            Column::Time("paid_at"),
            Column::Time("shipped_at"),
            Column::Time("completed_at"),
            Column::Time("closed_at"),
        ];
        let change = [
            ("status", "n.status"),
            ("payment_status", "n.payment_status"),
            ("close_reason", "COALESCE(n.close_reason, t.close_reason)"),
            ("limit_returned", "n.limit_returned"),
            ("version", "n.version"),
            ("sequence", "n.sequence"),
            ("updated_at", "n.updated_at"),
            ("paid_at", "COALESCE(n.paid_at, t.paid_at)"),
            ("shipped_at", "COALESCE(n.shipped_at, t.shipped_at)"),
            ("completed_at", "COALESCE(n.completed_at, t.completed_at)"),
            ("closed_at", "COALESCE(n.closed_at, t.closed_at)"),
        ];
        let changes: Vec<_> = batch.changes().iter().collect();
        for chunk in chunks(&changes) {
            let mut values = Arguments::with_capacity(chunk.len() * columns.len());
            for (order, change) in chunk {
                let Standing { status, version, sequence, updated_at, milestones, close_reason, limit_returned } = change.progress;
                values.extend([
                    order.get().into(),
                    change.from_version.into(),
                    (status as u8).into(),
                    (status.payment() as u8).into(),
                    close_reason.map(close_reason_number).into(),
                    limit_returned.into(),
                    version.into(),
                    sequence.0.into(),
                    updated_at.into(),
                    milestones.paid_at.into(),
                    milestones.shipped_at.into(),
                    milestones.completed_at.into(),
                    milestones.closed_at.into(),
                ]);
            }
            self.update("orders", &columns, &change, "t.id = n.id AND t.version = n.from_version", chunk.len(), values).await?;
        }
        Ok(())
    }

    async fn change_skus(&mut self, batch: &TradeFold) -> Result<(), WriteError> {
        let columns = ["id", "available", "held", "sold", "last_adjustment", "first_record", "last_record"].map(Column::Int);
        let change = [
            ("available", "t.available + n.available"),
            ("held", "t.held + n.held"),
            ("sold", "t.sold + n.sold"),
            ("last_adjustment_id", "COALESCE(n.last_adjustment, t.last_adjustment_id)"),
            ("version", "n.last_record"),
        ];
        let skus: Vec<_> = batch.skus().iter().collect();
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

    async fn change_items(&mut self, batch: &TradeFold) -> Result<(), WriteError> {
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
        let items: Vec<_> = batch.items().iter().collect();
        for chunk in chunks(&items) {
            let row = |(item, change): &(&mallcore_actors::ids::FlashItemId, &ItemChange)| -> [Value; 6] {
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

    async fn change_products(&mut self, batch: &TradeFold, skus: &HashMap<SkuId, Described>) -> Result<(), WriteError> {
        let mut products = BTreeMap::<u64, (i64, i64)>::new();
        for (sku, change) in batch.skus() {
            let described = skus.get(sku).ok_or(WriteError::UnknownSku(*sku))?;
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

    async fn insert_adjustments(&mut self, batch: &TradeFold) -> Result<(), WriteError> {
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

    async fn note_ids(&mut self, batch: &TradeFold) -> Result<(), WriteError> {
        let Some(next) = batch.next_id() else { return Ok(()) };
        let matched = self.tx.execute("UPDATE id_blocks SET next_id = ? WHERE name = 'orders'", vec![next.into()]).await?;
        if matched == 0 {
            self.tx.execute("INSERT INTO id_blocks (name, next_id) VALUES ('orders', ?)", vec![next.into()]).await?;
        }
        Ok(())
    }

    async fn update(
        &mut self,
        table: &'static str,
        columns: &[Column],
        change: &[(&str, &str)],
        fits: &str,
        rows: usize,
        values: Arguments,
    ) -> Result<(), WriteError> {
        let text = Rows::update(self.tx.engine(), table, columns, change, fits, rows);
        let matched = self.tx.execute(text, values).await?;
        self.span.expect(table, rows as u64, matched)
    }
}

/// The first [`PLACED_COLUMNS`].
fn bind_placed(order: &NewOrder, values: &mut Arguments) {
    let NewOrder { placed, placed_at, progress } = order;
    let Standing { status, version, sequence, updated_at, .. } = *progress;
    values.extend([
        placed.order.get().into(),
        placed.no.to_string().into(),
        placed.user.get().into(),
        placed.payable.fen().into(),
        placed.payable.fen().into(),
        (status as u8).into(),
        (status.payment() as u8).into(),
        placed.address.map(|address| address.get()).into(),
        (*placed.key.as_bytes()).into(),
        placed.body.get().into(),
        placed.expires_at.into(),
        placed.lines.iter().find_map(|line| line.flash).map(|flash| flash.activity.get()).into(),
        version.into(),
        sequence.0.into(),
        (*placed_at).into(),
        updated_at.into(),
    ]);
}

/// The others.
fn bind_progress(progress: &Standing, values: &mut Arguments) {
    let Standing { milestones, close_reason, limit_returned, .. } = *progress;
    values.extend([
        close_reason.map(close_reason_number).into(),
        limit_returned.into(),
        milestones.paid_at.into(),
        milestones.shipped_at.into(),
        milestones.completed_at.into(),
        milestones.closed_at.into(),
    ]);
}

/// Cuts a slice into pieces of the lengths in [`ROWS`].
fn chunks<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = ROWS.into_iter().find(|&length| length <= rest.len())?;
        let (chunk, after) = rest.split_at(length);
        rest = after;
        Some(chunk)
    })
}
