//! What happened to orders after they were placed: `order_events`, `payments`, `parcels`, `refunds` and their items. Attempts to pay are in
//! `attempts`.

use mallcore_actors::orders::fold::{Happened, OrderEvent};
use mallcore_actors::orders::{Payment, Trade};
use serde_json::json;

use super::super::model::{EventKind, close_reason_name, stray_name};
use crate::platform::database::{Arguments, Value, chunks};
use crate::platform::projection::{TableWriter, WriteError};

pub(super) async fn insert(writer: &mut TableWriter<'_>, events: &[OrderEvent]) -> Result<(), WriteError> {
    let mut parts = Parts::default();
    events.iter().for_each(|event| parts.take(event));
    let Parts { events, payments, parcels, parcel_items, refunds, refund_items } = parts;
    rows(writer, "order_events", ["order_id", "version", "kind", "happened_at", "data"], events).await?;
    let columns =
        ["order_id", "payment_id", "channel", "amount_fen", "payer", "version", "paid_at", "attempt_no", "transaction_id", "traded_at"];
    rows(writer, "payments", columns, payments).await?;
    rows(writer, "parcels", ["order_id", "version", "key_hash", "carrier", "tracking_no", "shipped_at"], parcels).await?;
    rows(writer, "parcel_items", ["order_id", "version", "item_no", "sku_id", "quantity"], parcel_items).await?;
    let columns = ["order_id", "version", "refund_id", "freight_fen", "amount_fen", "restock", "refunded_at"];
    rows(writer, "refunds", columns, refunds).await?;
    rows(writer, "refund_items", ["order_id", "version", "item_no", "sku_id", "quantity", "amount_fen"], refund_items).await
}

pub(super) async fn rows<const COLUMNS: usize>(
    writer: &mut TableWriter<'_>,
    table: &str,
    columns: [&str; COLUMNS],
    rows: Vec<[Value; COLUMNS]>,
) -> Result<(), WriteError> {
    for chunk in chunks(&rows) {
        let values: Arguments = chunk.iter().flatten().cloned().collect();
        writer.insert(table, &columns, chunk.len(), values).await?;
    }
    Ok(())
}

#[derive(Default)]
struct Parts {
    events: Vec<[Value; 5]>,
    payments: Vec<[Value; 10]>,
    parcels: Vec<[Value; 6]>,
    parcel_items: Vec<[Value; 5]>,
    refunds: Vec<[Value; 7]>,
    refund_items: Vec<[Value; 6]>,
}

impl Parts {
    fn take(&mut self, event: &OrderEvent) {
        let OrderEvent { order, version, at, what, .. } = event;
        let (order, version, at) = (order.get(), *version, *at);
        let (kind, data) = match what {
            Happened::Paid(payment) => {
                if let Some(payment) = payment {
                    self.pay(event, payment, None);
                }
                (EventKind::Paid, payment.as_ref().map(|payment| json!({ "amount_fen": payment.amount.fen() })))
            }
            Happened::Traded(trade) => {
                self.pay(event, &trade.payment(), Some(trade));
                (EventKind::Paid, Some(json!({ "amount_fen": trade.amount.fen() })))
            }
            Happened::PaymentStarted(..) => (EventKind::PaymentStarted, None),
            Happened::PaymentEnded(_) => (EventKind::PaymentEnded, None),
            Happened::Strayed(stray, trade) => {
                let data = json!({ "amount_fen": trade.amount.fen(), "reason": stray_name(*stray) });
                (EventKind::PaymentStrayed, Some(data))
            }
            Happened::Shipped(None) => (EventKind::Shipped, None),
            Happened::Shipped(Some(parcel)) => {
                let (carrier, tracking) = (parcel.carrier.as_str(), parcel.tracking.as_str());
                self.parcels.push([
                    order.into(),
                    version.into(),
                    (*parcel.key.as_bytes()).into(),
                    carrier.to_owned().into(),
                    tracking.to_owned().into(),
                    at.into(),
                ]);
                let items = parcel.pieces.iter().zip(1u32..);
                self.parcel_items.extend(items.map(|(pieces, number)| {
                    [order.into(), version.into(), number.into(), pieces.sku.get().into(), pieces.quantity.get().into()]
                }));
                (EventKind::Shipped, Some(json!({ "carrier": carrier, "tracking_no": tracking })))
            }
            Happened::Completed => (EventKind::Completed, None),
            Happened::Closed(reason) => (EventKind::Closed, Some(json!({ "reason": close_reason_name(*reason) }))),
            Happened::Refunded(refund) => {
                // What is recorded was checked to be an amount.
                let amount = refund.amount().unwrap_or_default().fen();
                self.refunds.push([
                    order.into(),
                    version.into(),
                    refund.id.get().into(),
                    refund.freight.fen().into(),
                    amount.into(),
                    refund.restock.into(),
                    at.into(),
                ]);
                self.refund_items.extend(refund.lines.iter().zip(1u32..).map(|(line, number)| {
                    let (pieces, fen) = (line.quantity.get(), line.amount.fen());
                    [order.into(), version.into(), number.into(), line.sku.get().into(), pieces.into(), fen.into()]
                }));
                (EventKind::Refunded, Some(json!({ "amount_fen": amount })))
            }
            Happened::Hidden => (EventKind::Hidden, None),
        };
        self.events.push([order.into(), version.into(), (kind as u8).into(), at.into(), data.map(|data| data.to_string()).into()]);
    }

    fn pay(&mut self, event: &OrderEvent, payment: &Payment, trade: Option<&Trade>) {
        self.payments.push([
            event.order.get().into(),
            payment.id.get().into(),
            (payment.channel as u8).into(),
            payment.amount.fen().into(),
            payment.payer.as_ref().map(|payer| payer.as_str().to_owned()).into(),
            event.version.into(),
            event.at.into(),
            trade.map(|trade| trade.attempt.get()).into(),
            trade.map(|trade| trade.transaction.as_str().to_owned()).into(),
            trade.map(|trade| trade.paid_at).into(),
        ]);
    }
}
