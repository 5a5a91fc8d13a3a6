//! The table `orders`, and the ids that are set aside for orders.

use mallcore_actors::orders::Status;
use mallcore_actors::orders::fold::{NewOrder, Placing, Standing, TradeFold};

use super::super::model::close_reason_number;
use crate::platform::database::{Arguments, Column, Value, chunks};
use crate::platform::projection::{TableWriter, WriteError};

const COLUMNS: [&str; 29] = [
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
    // From here on the defaults are right for a purchase that has not moved on.
    "close_reason",
    "limit_returned",
    "paid_at",
    "shipped_at",
    "completed_at",
    "closed_at",
    "is_hidden",
    "discount_fen",
    "freight_fen",
    "is_basket",
    "from_cart",
    "remark",
    "delivery",
];
/// How many of them an order needs that was only placed, by a purchase, as most are when they are stored.
const PLACED_COLUMNS: usize = 16;

pub(super) async fn insert(writer: &mut TableWriter<'_>, orders: &[NewOrder]) -> Result<(), WriteError> {
    let is_plain = |order: &&NewOrder| order.progress.version == 1 && order.placed.basket().is_none();
    let (plain, others): (Vec<&NewOrder>, Vec<&NewOrder>) = orders.iter().partition(is_plain);
    for (orders, columns) in [(plain, &COLUMNS[..PLACED_COLUMNS]), (others, &COLUMNS[..])] {
        for chunk in chunks(&orders) {
            let mut values = Arguments::with_capacity(chunk.len() * columns.len());
            for order in chunk {
                bind_placed(order, &mut values);
                if columns.len() > PLACED_COLUMNS {
                    bind_progress(&order.progress, &mut values);
                    bind_basket(&order.placed, &mut values);
                }
            }
            writer.insert("orders", columns, chunk.len(), values).await?;
        }
    }
    Ok(())
}

pub(super) async fn change(writer: &mut TableWriter<'_>, batch: &TradeFold) -> Result<(), WriteError> {
    let columns = [
        Column::Int("id"),
        Column::Int("from_version"),
        Column::Int("status"),
        Column::Int("payment_status"),
        Column::Int("close_reason"),
        Column::Int("limit_returned"),
        Column::Int("is_hidden"),
        Column::Int("version"),
        Column::Int("sequence"),
        Column::Time("updated_at"),
        Column::Time("paid_at"),
        Column::Time("shipped_at"),
        Column::Time("completed_at"),
        Column::Time("closed_at"),
    ];
    let change = [
        ("status", "COALESCE(n.status, t.status)"),
        ("payment_status", "COALESCE(n.payment_status, t.payment_status)"),
        ("close_reason", "COALESCE(n.close_reason, t.close_reason)"),
        ("limit_returned", "CASE WHEN n.limit_returned = 1 THEN 1 ELSE t.limit_returned END"),
        ("is_hidden", "CASE WHEN n.is_hidden = 1 THEN 1 ELSE t.is_hidden END"),
        ("version", "n.version"),
        ("sequence", "n.sequence"),
        ("updated_at", "n.updated_at"),
        ("paid_at", "COALESCE(n.paid_at, t.paid_at)"),
        ("shipped_at", "COALESCE(t.shipped_at, n.shipped_at)"),
        ("completed_at", "COALESCE(n.completed_at, t.completed_at)"),
        ("closed_at", "COALESCE(n.closed_at, t.closed_at)"),
    ];
    let changes: Vec<_> = batch.changes().iter().collect();
    for chunk in chunks(&changes) {
        let mut values = Arguments::with_capacity(chunk.len() * columns.len());
        for (order, change) in chunk {
            let Standing { status, version, sequence, updated_at, milestones, close_reason, limit_returned, is_hidden } = change.progress;
            values.extend([
                order.get().into(),
                change.from_version.into(),
                status.map(|status| status as u8).into(),
                status.map(|status| status.payment() as u8).into(),
                close_reason.map(close_reason_number).into(),
                limit_returned.into(),
                is_hidden.into(),
                version.into(),
                sequence.0.into(),
                updated_at.into(),
                milestones.paid_at.into(),
                milestones.shipped_at.into(),
                milestones.completed_at.into(),
                milestones.closed_at.into(),
            ]);
        }
        writer.update("orders", &columns, &change, "t.id = n.id AND t.version = n.from_version", chunk.len(), values).await?;
    }
    Ok(())
}

pub(super) async fn note_ids(writer: &mut TableWriter<'_>, batch: &TradeFold) -> Result<(), WriteError> {
    let Some(next) = batch.next_id() else { return Ok(()) };
    let matched = writer.tx.execute("UPDATE id_blocks SET next_id = ? WHERE name = 'orders'", vec![next.into()]).await?;
    if matched == 0 {
        writer.tx.execute("INSERT INTO id_blocks (name, next_id) VALUES ('orders', ?)", vec![next.into()]).await?;
    }
    Ok(())
}

/// The first [`PLACED_COLUMNS`].
fn bind_placed(order: &NewOrder, values: &mut Arguments) {
    let NewOrder { placed, placed_at, progress } = order;
    let Standing { version, sequence, updated_at, .. } = *progress;
    // A new order has a status from its first record on.
    let status = progress.status.unwrap_or(Status::PendingPayment);
    let (no, user, total, payable, address, key, body, expires_at, activity) = match placed {
        Placing::Purchase(placed) => {
            let activity = placed.lines.iter().find_map(|line| line.flash).map(|flash| flash.activity.get());
            (placed.no, placed.user, placed.payable, placed.payable, placed.address, placed.key, placed.body, placed.expires_at, activity)
        }
        Placing::Basket(placed) => {
            let address = placed.delivery.as_ref().map(|delivery| delivery.address);
            let amounts = placed.amounts;
            (placed.no, placed.user, amounts.goods, amounts.payable, address, placed.key, placed.body, placed.expires_at, None)
        }
    };
    values.extend([
        placed.order().get().into(),
        no.to_string().into(),
        user.get().into(),
        total.fen().into(),
        payable.fen().into(),
        (status as u8).into(),
        (status.payment() as u8).into(),
        address.map(|address| address.get()).into(),
        (*key.as_bytes()).into(),
        body.get().into(),
        expires_at.into(),
        activity.into(),
        version.into(),
        sequence.0.into(),
        (*placed_at).into(),
        updated_at.into(),
    ]);
}

fn bind_progress(progress: &Standing, values: &mut Arguments) {
    let Standing { milestones, close_reason, limit_returned, is_hidden, .. } = *progress;
    values.extend([
        close_reason.map(close_reason_number).into(),
        limit_returned.into(),
        milestones.paid_at.into(),
        milestones.shipped_at.into(),
        milestones.completed_at.into(),
        milestones.closed_at.into(),
        is_hidden.into(),
    ]);
}

fn bind_basket(placed: &Placing, values: &mut Arguments) {
    let Some(basket) = placed.basket() else {
        return values.extend([0u32.into(), 0u32.into(), false.into(), false.into(), Value::Null, Value::Null]);
    };
    values.extend([
        basket.amounts.discount.fen().into(),
        basket.amounts.freight.fen().into(),
        true.into(),
        basket.from_cart.into(),
        basket.remark.as_ref().map(|remark| remark.as_str().to_owned()).into(),
        basket.delivery.as_ref().map(|delivery| delivery.snapshot.as_bytes().to_vec()).into(),
    ]);
}
