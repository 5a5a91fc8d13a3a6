//! The policy that makes a row for all money that goes back: of a refund of an order that was paid through WeChat Pay, and of stray money.

use std::sync::Arc;

use mallcore_actors::facts::Record;
use mallcore_actors::ids::OrderId;
use mallcore_actors::journal::Sequence;
use mallcore_actors::kernel::Fact;
use mallcore_actors::kernel::facts::Kind;
use mallcore_actors::orders::{OrderFact, OrderRefunded, PaymentStrayed, Stray, Trade};
use mallcore_actors::refusal::Unavailable;
use mallcore_actors::time::Timestamp;

use super::super::handle::Payments;
use super::model::{Reason, Refund, RefundState, number_of_refund, number_of_stray};
use super::repository;
use crate::platform::database::Error;
use crate::platform::error_chain;
use crate::platform::policy::Policy;

/// The numbers of the facts that it looks at within their family.
const REFUNDED: u8 = 9;
const STRAYED: u8 = 13;

/// What an order gives back is asked for at WeChat Pay.
pub(in super::super) struct GiveBack(pub Arc<Payments>);

impl Policy for GiveBack {
    const NAME: &'static str = "payments-refunds";
    const THREAD: &'static str = "policy-refunds";

    fn takes(kind: Kind) -> bool {
        kind.is_of::<OrderFact>() && matches!(kind.number, REFUNDED | STRAYED)
    }

    async fn act(&self, _: Sequence, record: &Record) -> Result<(), Unavailable> {
        let at = record.header.at;
        let refund = match &record.fact {
            Fact::Orders(OrderFact::Refunded(refunded)) => self.refund(refunded, at).await?,
            Fact::Orders(OrderFact::PaymentStrayed(strayed)) => self.stray(strayed, at).await?,
            _ => None,
        };
        let Some(refund) = refund else { return Ok(()) };
        let now = self.0.now();
        let noted = self.0.writes.transaction::<_, Error>(async |tx| repository::note(tx, &refund, now).await).await;
        noted.map_err(|error| {
            tracing::warn!("refund {} waits for the database: {}", refund.no, error_chain::of(&error));
            Unavailable::Warming
        })
    }
}

impl GiveBack {
    /// None if nothing goes back through WeChat Pay.
    async fn refund(&self, refunded: &OrderRefunded, at: Timestamp) -> Result<Option<Refund>, Unavailable> {
        let OrderRefunded { order, user, refund, .. } = refunded;
        let Ok(found) = self.0.orders.look(*user, *order).await? else { return Ok(None) };
        let Some(trade) = found.paying.as_ref().and_then(|paying| paying.taken.as_ref()) else { return Ok(None) };
        // What is recorded was checked to be an amount; goods that cost nothing give nothing back.
        let amount = refund.amount().unwrap_or_default();
        if amount.fen() == 0 {
            return Ok(None);
        }
        let no = number_of_refund(found.no, refund.id);
        Ok(Some(Refund { refund: Some(refund.id), amount, ..wanted(no, *order, Reason::Refunded, trade, at) }))
    }

    async fn stray(&self, strayed: &PaymentStrayed, at: Timestamp) -> Result<Option<Refund>, Unavailable> {
        let PaymentStrayed { order, user, trade, stray, .. } = strayed;
        let Ok(found) = self.0.orders.look(*user, *order).await? else { return Ok(None) };
        let reason = match stray {
            Stray::Late => Reason::Late,
            Stray::Double => Reason::Double,
        };
        let no = number_of_stray(found.trade_no(trade.attempt), &trade.transaction);
        Ok(Some(wanted(no, *order, reason, trade, at)))
    }
}

/// All of a trade's money, to be asked for at once.
fn wanted(no: String, order: OrderId, reason: Reason, trade: &Trade, at: Timestamp) -> Refund {
    Refund {
        no,
        order,
        refund: None,
        transaction: trade.transaction.clone(),
        amount: trade.amount,
        total: trade.amount,
        reason,
        state: RefundState::Wanted,
        round: 0,
        tries: 0,
        next_at: at,
        problem: None,
        created_at: at,
        done_at: None,
    }
}
