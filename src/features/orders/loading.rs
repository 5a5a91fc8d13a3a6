//! Brings back an order that left memory, with its payment, parcels and refunds.

use std::collections::BTreeMap;
use std::sync::Arc;

use mallcore_actors::idempotency::KeyHash;
use mallcore_actors::ids::{OrderId, PaymentId, RefundId, SkuId, UserId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::{BoxFuture, LoadFailed};
use mallcore_actors::orders::{
    LinePieces, Order, OrderLoader, Parcel, Part, Payment, PaymentChannel, Progress, Refund, RefundedLine, Status,
};
use mallcore_actors::time::Timestamp;

use super::model::EventKind;
use super::paying;
use super::stored::{COLUMNS, Stored, money, quantity, text_or_none, unexpected};
use crate::platform::database::{Database, Error, Loaded, Row, Tx};
use crate::platform::error_chain;
use crate::platform::projection::{self, checkpoint};
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// The port, over the readers' connections.
pub struct StoredOrders(pub Arc<Reads>);

impl OrderLoader for StoredOrders {
    fn load(&self, user: UserId, order: OrderId) -> BoxFuture<Result<(Option<Order>, Sequence), LoadFailed>> {
        let reads = Arc::clone(&self.0);
        Box::pin(async move {
            let loaded = reads.ask(ANSWER_WITHIN, async |database| load(database, user, order).await).await;
            loaded.map(|loaded| (loaded.value, loaded.checkpoint)).map_err(|error| LoadFailed(error_chain::of(&error)))
        })
    }
}

/// An order of this user with all that happened to it, as memory had it when the database had its last record.
pub async fn load(database: &Database, user: UserId, id: OrderId) -> Result<Loaded<Option<Order>>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx, projection::NAME).await?;
    let text = format!(
        "SELECT {COLUMNS} FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = ? AND o.user_id = ? ORDER BY i.line_no"
    );
    let mut found = Vec::new();
    for row in tx.all(text, vec![id.get().into(), user.get().into()]).await? {
        Stored::take(&mut found, &row)?;
    }
    let value = match found.pop() {
        None => None,
        Some(stored) => Some(with_progress(&mut tx, stored).await?),
    };
    tx.commit().await?;
    Ok(Loaded { checkpoint, value })
}

/// The order with its attempts, payment, parcels and refunds.
pub(super) async fn with_progress(tx: &mut Tx, Stored { mut order, shipped_at }: Stored) -> Result<Order, Error> {
    let parts = parts(tx, &order).await?;
    let text = "SELECT payment_id, channel, amount_fen, payer, attempt_no, transaction_id, traded_at FROM payments WHERE order_id = ?";
    let paid = tx.first(text, vec![order.id.get().into()]).await?;
    let payment = paid.as_ref().map(payment).transpose()?;
    order.paying = paying::of(tx, order.id, paid.as_ref()).await?.map(Box::new);
    let knows_when_shipped = parts.iter().any(|(_, part)| !matches!(part, Part::Refund(_)));
    // Sent before parcels and events were stored: as a whole, at the time in its row.
    let whole = shipped_at.filter(|_| !knows_when_shipped).map(|at| (at, Part::Whole));
    if payment.is_some() || whole.is_some() || !parts.is_empty() {
        let status = std::mem::replace(&mut order.status, Status::Paid);
        let progress = Progress::restored(&order, payment, whole.into_iter().chain(parts));
        (order.progress, order.status) = (Some(Box::new(progress)), status);
    }
    match order.broken() {
        None => Ok(order),
        Some(broken) => Err(unexpected(0, format!("order {}: {broken}", order.id))),
    }
}

/// What was sent and refunded, in the order of the records.
async fn parts(tx: &mut Tx, order: &Order) -> Result<Vec<(Timestamp, Part)>, Error> {
    let by_order = || vec![order.id.get().into()];
    let mut found = BTreeMap::<u32, (Timestamp, Part)>::new();
    let text = format!(
        "SELECT version, happened_at FROM order_events WHERE order_id = ? AND kind = {} ORDER BY version",
        EventKind::Shipped as u8
    );
    for row in tx.all(text, by_order()).await? {
        found.insert(row.pieces(0)?, (row.time(1)?, Part::Whole));
    }
    for row in tx.all("SELECT version, key_hash, carrier, tracking_no, shipped_at FROM parcels WHERE order_id = ?", by_order()).await? {
        let carrier = text_or_none(&row, 2)?.ok_or_else(|| unexpected(2, "no carrier"))?;
        let tracking = text_or_none(&row, 3)?.ok_or_else(|| unexpected(3, "no number"))?;
        let parcel = Parcel { key: KeyHash::from_bytes(row.hash(1)?), carrier, tracking, pieces: Default::default() };
        found.insert(row.pieces(0)?, (row.time(4)?, Part::Parcel(parcel)));
    }
    let text = "SELECT version, sku_id, quantity FROM parcel_items WHERE order_id = ? ORDER BY version, item_no";
    for row in tx.all(text, by_order()).await? {
        let pieces = LinePieces { sku: row.id(1, SkuId::new)?, quantity: quantity(&row, 2)? };
        match found.get_mut(&row.pieces(0)?) {
            Some((_, Part::Parcel(parcel))) => parcel.pieces.push(pieces),
            _ => return Err(unexpected(0, "an item without its parcel")),
        }
    }
    for row in tx.all("SELECT version, refund_id, freight_fen, restock, refunded_at FROM refunds WHERE order_id = ?", by_order()).await? {
        let (id, restock) = (row.id(1, RefundId::new)?, row.flag(3)?);
        let refund = Refund { id, lines: Default::default(), freight: money(&row, 2)?, restock };
        found.insert(row.pieces(0)?, (row.time(4)?, Part::Refund(refund)));
    }
    let text = "SELECT version, sku_id, quantity, amount_fen FROM refund_items WHERE order_id = ? ORDER BY version, item_no";
    for row in tx.all(text, by_order()).await? {
        let sku = row.id(1, SkuId::new)?;
        let flash = order.lines.iter().find(|line| line.sku == sku).and_then(|line| line.flash);
        let line = RefundedLine { sku, flash, quantity: quantity(&row, 2)?, amount: money(&row, 3)? };
        match found.get_mut(&row.pieces(0)?) {
            Some((_, Part::Refund(refund))) => refund.lines.push(line),
            _ => return Err(unexpected(0, "an item without its refund")),
        }
    }
    Ok(found.into_values().collect())
}

fn payment(row: &Row) -> Result<Payment, Error> {
    let number = row.int(1)?;
    let channel = u8::try_from(number).ok().and_then(PaymentChannel::from_number).ok_or_else(|| unexpected(1, number))?;
    Ok(Payment { id: row.id(0, PaymentId::new)?, channel, amount: money(row, 2)?, payer: text_or_none(row, 3)? })
}
