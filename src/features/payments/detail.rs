//! The refunds in the detail of an order: how far WeChat Pay is with each of them.

use futures_util::future::LocalBoxFuture;
use mallcore_actors::orders::Order;

use super::handle::Payments;
use super::refunds::{Refund, RefundState, number_of_refund, repository};
use super::views::{PROCESSING, reason, state};
use crate::features::orders::{OrderDetail, RefundView, Supplement};
use crate::platform::database::Database;
use crate::platform::reads::ANSWER_WITHIN;

impl Supplement for Payments {
    fn add<'a>(&'a self, order: &'a Order, detail: &'a mut OrderDetail) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            let has_strays = order.paying.as_ref().is_some_and(|paying| !paying.strays.is_empty());
            if detail.refunds.is_empty() && !has_strays {
                return;
            }
            let rows = self.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::of_order(database, order.id).await).await;
            if let Ok(rows) = rows {
                tell(order, &rows, &mut detail.refunds);
            }
        })
    }
}

/// Says of each refund of the order how far it is, and adds the money that the order did not want.
fn tell(order: &Order, rows: &[Refund], refunds: &mut Vec<RefundView>) {
    let is_through_wechat = order.paying.as_ref().is_some_and(|paying| paying.taken.is_some());
    for view in refunds.iter_mut() {
        let row = rows.iter().find(|row| row.refund.is_some() && row.refund == view.id);
        (view.refund_no, view.state, view.done_at) = match (row, view.id) {
            (Some(row), _) => (Some(row.number()), Some(state(row.state)), row.done_at.map(Into::into)),
            // The policy makes its row in a moment.
            (None, Some(id)) if is_through_wechat && view.amount_fen > 0 => (Some(number_of_refund(order.no, id)), Some(PROCESSING), None),
            // No money goes back through WeChat Pay: it was back when the order decided it.
            (None, _) => (None, Some(state(RefundState::Done)), Some(view.refunded_at)),
        };
    }
    refunds.extend(rows.iter().filter(|row| row.refund.is_none()).map(|row| RefundView {
        id: None,
        refund_no: Some(row.number()),
        reason: reason(row.reason),
        amount_fen: row.amount.fen(),
        freight_fen: 0,
        state: Some(state(row.state)),
        refunded_at: row.created_at.into(),
        done_at: row.done_at.map(Into::into),
        items: Vec::new(),
    }));
}
