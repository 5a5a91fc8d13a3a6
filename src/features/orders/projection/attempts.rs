//! Attempts to pay orders and what came of them: `payment_attempts` and `stray_payments`.

use std::collections::BTreeMap;

use mallcore_actors::ids::OrderId;
use mallcore_actors::orders::fold::{Happened, OrderEvent};
use mallcore_actors::orders::{AttemptNumber, AttemptState, TradeNo};
use mallcore_actors::time::Timestamp;

use super::super::model::stray_number;
use super::parts::rows;
use crate::platform::database::{Column, Value, chunks};
use crate::platform::projection::{TableWriter, WriteError};

const COLUMNS: [&str; 6] = ["order_id", "attempt_no", "trade_no", "state", "started_at", "expires_at"];

/// What a batch changes in the rows of attempts.
#[derive(Default)]
struct Attempts {
    /// Begun in this batch, with number, times and where they stand by now.
    begun: BTreeMap<(OrderId, AttemptNumber), (AttemptState, TradeNo, Timestamp, Timestamp)>,
    /// Begun before, with where they stand by now.
    changed: BTreeMap<(OrderId, AttemptNumber), AttemptState>,
    strays: Vec<[Value; 9]>,
}

impl Attempts {
    fn settle(&mut self, order: OrderId, attempt: AttemptNumber, state: AttemptState) {
        match self.begun.get_mut(&(order, attempt)) {
            Some((stands, ..)) => *stands = state,
            None => drop(self.changed.insert((order, attempt), state)),
        }
    }

    fn take(&mut self, event: &OrderEvent) {
        let OrderEvent { order, version, at, what, .. } = event;
        match what {
            Happened::PaymentStarted(number, expires_at) => {
                self.begun.insert((*order, number.attempt), (AttemptState::Open, *number, *at, *expires_at));
            }
            Happened::PaymentEnded(attempt) => self.settle(*order, *attempt, AttemptState::Ended),
            Happened::Traded(trade) => self.settle(*order, trade.attempt, AttemptState::Paid),
            Happened::Strayed(stray, trade) => {
                self.settle(*order, trade.attempt, AttemptState::Paid);
                self.strays.push([
                    order.get().into(),
                    (*version).into(),
                    trade.attempt.get().into(),
                    trade.transaction.as_str().to_owned().into(),
                    trade.amount.fen().into(),
                    trade.payer.as_ref().map(|payer| payer.as_str().to_owned()).into(),
                    stray_number(*stray).into(),
                    trade.paid_at.into(),
                    (*at).into(),
                ]);
            }
            _ => {}
        }
    }
}

/// Writes them, in the projection's transaction.
pub(super) async fn write(writer: &mut TableWriter<'_>, events: &[OrderEvent]) -> Result<(), WriteError> {
    let mut attempts = Attempts::default();
    events.iter().for_each(|event| attempts.take(event));
    let Attempts { begun, changed, strays } = attempts;
    let begun: Vec<_> = begun.into_iter().collect();
    for chunk in chunks(&begun) {
        type Begun = ((OrderId, AttemptNumber), (AttemptState, TradeNo, Timestamp, Timestamp));
        let row = |((order, attempt), (state, number, started_at, expires_at)): &Begun| -> [Value; 6] {
            let number = number.to_string();
            let state = *state as u8;
            [order.get().into(), attempt.get().into(), number.into(), state.into(), (*started_at).into(), (*expires_at).into()]
        };
        writer.insert("payment_attempts", &COLUMNS, chunk.len(), chunk.iter().flat_map(row).collect()).await?;
    }
    let columns = ["order_id", "attempt_no", "state"].map(Column::Int);
    let changed: Vec<_> = changed.into_iter().collect();
    for chunk in chunks(&changed) {
        let row = |((order, attempt), state): &((OrderId, AttemptNumber), AttemptState)| -> [Value; 3] {
            [order.get().into(), attempt.get().into(), (*state as u8).into()]
        };
        let (values, fits) = (chunk.iter().flat_map(row).collect(), "t.order_id = n.order_id AND t.attempt_no = n.attempt_no");
        writer.update("payment_attempts", &columns, &[("state", "n.state")], fits, chunk.len(), values).await?;
    }
    let columns = ["order_id", "version", "attempt_no", "transaction_id", "amount_fen", "payer", "reason", "traded_at", "received_at"];
    rows(writer, "stray_payments", columns, strays).await
}
