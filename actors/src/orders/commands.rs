//! Commands to orders that exist, without waiting: the handle that loads and waits (`handle`) and the simulator carry out the same ones.

use super::attempts::Trade;
use super::changes::{Lane, change_in};
use super::facts::CloseReason;
use super::fulfilment::{Parcel, Payment};
use super::order::{Decided, Order};
use super::receiving::ReceivedBy;
use super::refunding::RefundCommand;
use super::status::Status;
use super::trade_no::AttemptNumber;
use crate::engine::{Engine, Rules};
use crate::ids::{OrderId, SkuId, UserId};
use crate::journal::Sequence;
use crate::kernel::Provenance;
use crate::refusal::{Answer, Refusal};
use crate::time::Timestamp;

/// A command to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Take a verified payment; see [`Order::decide_pay`].
    Pay(Payment),
    /// Begin an attempt to pay; see [`Order::decide_start`].
    StartPayment,
    /// Note that an attempt cannot be paid any more; see [`Order::decide_end`].
    EndPayment(AttemptNumber),
    /// Take money that came through an attempt; see [`Order::decide_take`].
    Take(Trade),
    /// Look at it: nothing changes.
    Look,
    /// Send a parcel; see [`Order::decide_ship`].
    Ship(Parcel),
    /// The shopper has received it; see [`Order::decide_complete`].
    ConfirmReceipt,
    /// It was sent long enough ago; see [`Order::decide_complete`].
    AutoComplete,
    /// Give money back; see [`Order::decide_refund`].
    Refund(RefundCommand),
    /// Hide it from its owner's list; see [`Order::decide_hide`].
    Hide,
    /// Close it unpaid; see [`Order::decide_close`]. Where [`closed_by`] names a SKU, that one has to be asked.
    Close(CloseReason),
}

/// An order after a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it stands.
    pub order: Order,
    /// Nothing was recorded: the command had been carried out before.
    pub repeat: bool,
}

/// An order as the database has it, none if there is none, and the last record that it had.
pub type Read = (Option<Order>, Sequence);

impl Command {
    /// What the order says to it.
    ///
    /// # Errors
    /// What the order's own decision refuses.
    pub fn decide(&self, order: &Order, rules: &Rules, now: Timestamp) -> Result<Decided, Refusal> {
        match self {
            Self::Pay(payment) => order.decide_pay(payment, now),
            Self::Look => Ok(Decided::Repeat),
            Self::StartPayment => order.decide_start(now),
            Self::EndPayment(attempt) => order.decide_end(*attempt),
            Self::Take(trade) => order.decide_take(trade, now),
            Self::Ship(parcel) => order.decide_ship(parcel, now),
            Self::ConfirmReceipt => order.decide_complete(ReceivedBy::Shopper, now),
            Self::AutoComplete => order.decide_complete(ReceivedBy::Time { after_millis: rules.auto_complete_after_millis }, now),
            Self::Refund(refund) => order.decide_refund(refund, now),
            Self::Hide => order.decide_hide(),
            Self::Close(reason) => order.decide_close(*reason, now),
        }
    }
}

/// The SKU that has to be asked to close the order: an open flash order is closed in its SKU's turn.
pub fn closed_by(engine: &Engine, user: UserId, order: OrderId) -> Option<SkuId> {
    let shard = engine.orders.shard(user);
    let order = shard.order(user, order).filter(|order| order.is_flash() && order.status == Status::PendingPayment)?;
    order.lines.first().map(|line| line.sku)
}

/// Everything that needs the shard's lock, in one turn: `read`, if it was read just now, is taken in, the command decided, committed and
/// applied. The answer relies on the order's last record. None: the order is not in memory, and what was read does not say enough; it has to
/// be read again.
pub fn carry_out(
    engine: &Engine,
    lane: &dyn Lane,
    by: Provenance,
    (user, id): (UserId, OrderId),
    read: Option<Read>,
    command: &Command,
) -> Option<Answer<Changed>> {
    let mut shard = engine.orders.shard(user);
    match read {
        Some((Some(order), read_at)) => {
            assert_eq!((order.user, order.id), (user, id), "the loader gave another order");
            let _stale_or_not = shard.take_in(order, read_at);
        }
        Some((None, read_at)) if shard.is_current(read_at) && shard.order(user, id).is_none() => {
            return Some(Ok(Err(Refusal::UnknownOrder)));
        }
        Some((None, _)) | None => {}
    }
    let order = shard.order(user, id)?;
    // The time is read under the lock: an order's records are in the order of their times.
    let mut scratch = Vec::new();
    let mut transaction = engine.recorder.begin(by, &mut scratch);
    let fact = match command.decide(order, &engine.rules, transaction.now()) {
        Ok(Decided::Fresh(fact)) => fact,
        Ok(Decided::Repeat) => return Some(Ok(Ok(Changed { order: order.clone(), repeat: true }))),
        Err(refusal) => return Some(Ok(Err(refusal))),
    };
    let committed = change_in(&mut shard, lane, None, &mut transaction, |_, _| Ok(Ok(fact)));
    Some(committed.map(|committed| {
        committed.and_then(|_| {
            // It was found above under the same lock, and no change removes it.
            let order = shard.order(user, id).cloned().ok_or(Refusal::UnknownOrder)?;
            Ok(Changed { order, repeat: false })
        })
    }))
}
