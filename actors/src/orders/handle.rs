//! Commands to orders that exist: the one way for the server, for policies and for the simulator. An order that left memory is loaded first.
//! - W1 A command is decided, committed and applied under the lock of its user's shard, by an order that has every change (U4).
//! - W2 An answer leaves when what it tells of is durable.
//!
//! Every command can be repeated: a payment, a refund and a parcel are known by their id or key, also after a restart and after the order
//! left memory, for they are part of the order; completing, hiding and closing for the same reason lead nowhere twice. A repeat is answered
//! with the order as it is.

use std::sync::Arc;
use std::time::Duration;

use super::changes::change_in;
use super::facts::CloseReason;
use super::fulfilment::{Parcel, Payment};
use super::loading::OrderLoader;
use super::order::{Decided, Order};
use super::placing::Skus;
use super::receiving::ReceivedBy;
use super::refunding::RefundCommand;
use super::status::Status;
use crate::engine::Engine;
use crate::ids::{OrderId, UserId};
use crate::journal::Sequence;
use crate::kernel::Provenance;
use crate::refusal::{Answer, Refusal, Unavailable};
use crate::replies::when_durable;
use crate::stock::CloseOrder;
use crate::time::Timestamp;

/// How often an order is read that may lack changes, before the caller is told `warming`.
const READS_MAX: usize = 5;
/// Pause before it is read again: the database has to catch up.
const READ_AGAIN_PAUSE: Duration = Duration::from_millis(20);

/// An order after a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it stands.
    pub order: Order,
    /// Nothing was recorded: the command had been carried out before.
    pub repeat: bool,
}

/// Commands to orders.
#[derive(Clone)]
pub struct OrdersHandle {
    engine: Arc<Engine>,
    skus: Arc<dyn Skus>,
    loader: Arc<dyn OrderLoader>,
}

/// An order as the database has it, none if there is none, and the last record that it had.
type Read = (Option<Order>, Sequence);

impl OrdersHandle {
    /// Over these orders and SKUs.
    pub fn new(engine: Arc<Engine>, skus: Arc<dyn Skus>, loader: Arc<dyn OrderLoader>) -> Self {
        Self { engine, skus, loader }
    }

    /// Takes a verified payment; see [`Order::decide_pay`].
    ///
    /// # Errors
    /// As every command here: `Ok(Err(_))` when the order refuses, `Err(_)` when it cannot be asked, or the journal cannot record.
    pub async fn pay(&self, by: Provenance, user: UserId, order: OrderId, payment: &Payment) -> Answer<Changed> {
        self.change(by, user, order, |order, now| order.decide_pay(payment, now)).await
    }

    /// Sends a parcel; see [`Order::decide_ship`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn ship(&self, by: Provenance, user: UserId, order: OrderId, parcel: &Parcel) -> Answer<Changed> {
        self.change(by, user, order, |order, now| order.decide_ship(parcel, now)).await
    }

    /// The shopper has received the order; see [`Order::decide_complete`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn confirm_receipt(&self, by: Provenance, user: UserId, order: OrderId) -> Answer<Changed> {
        self.change(by, user, order, |order, now| order.decide_complete(ReceivedBy::Shopper, now)).await
    }

    /// Completes an order that was sent long enough ago; see [`Order::decide_complete`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn auto_complete(&self, by: Provenance, user: UserId, order: OrderId) -> Answer<Changed> {
        let by_time = ReceivedBy::Time { after_millis: self.engine.rules.auto_complete_after_millis };
        self.change(by, user, order, |order, now| order.decide_complete(by_time, now)).await
    }

    /// Refunds pieces and freight; see [`Order::decide_refund`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn refund(&self, by: Provenance, user: UserId, order: OrderId, refund: &RefundCommand) -> Answer<Changed> {
        self.change(by, user, order, |order, now| order.decide_refund(refund, now)).await
    }

    /// Hides an order from its owner's list; see [`Order::decide_hide`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn hide(&self, by: Provenance, user: UserId, order: OrderId) -> Answer<Changed> {
        self.change(by, user, order, |order, _| order.decide_hide()).await
    }

    /// Closes an open order, a basket by itself and a flash order in its SKU's turn.
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn close(&self, by: Provenance, user: UserId, order: OrderId, reason: CloseReason) -> Answer<Changed> {
        let of_sku = self.engine.orders.shard(user).order(user, order).and_then(|order| {
            let line = order.lines.first().filter(|_| order.is_flash() && order.status == Status::PendingPayment)?;
            Some(line.sku)
        });
        if let Some(sku) = of_sku {
            let closed = self.skus.close(sku, by, CloseOrder { user, order, reason }).await?;
            return Ok(closed.map(|closed| Changed { order: closed.order, repeat: false }));
        }
        let answer = self.change(by, user, order, |order, now| order.decide_close(reason, now)).await;
        if matches!(&answer, Ok(Ok(changed)) if !changed.repeat) {
            self.engine.meters.closed.increment(1);
        }
        answer
    }

    async fn change(
        &self,
        by: Provenance,
        user: UserId,
        id: OrderId,
        decide: impl Fn(&Order, Timestamp) -> Result<Decided, Refusal>,
    ) -> Answer<Changed> {
        let mut read = None;
        for reads in 0..=READS_MAX {
            match self.attempt(by, user, id, read.take(), &decide) {
                Some(Ok(Ok(changed))) => {
                    when_durable(&**self.engine.journal(), changed.order.sequence).await?;
                    return Ok(Ok(changed));
                }
                Some(answer) => return answer,
                None if reads == READS_MAX => break,
                None if reads > 0 => tokio::time::sleep(READ_AGAIN_PAUSE).await,
                None => {}
            }
            read = Some(self.loader.load(user, id).await.map_err(|error| {
                tracing::warn!(%error, "cannot load the order {id}; its command is answered `warming`");
                Unavailable::Warming
            })?);
        }
        Err(Unavailable::Warming)
    }

    /// Everything that needs the shard's lock, in one turn. None: the order is not in memory, and what was read does not say enough.
    fn attempt(
        &self,
        by: Provenance,
        user: UserId,
        id: OrderId,
        read: Option<Read>,
        decide: impl Fn(&Order, Timestamp) -> Result<Decided, Refusal>,
    ) -> Option<Answer<Changed>> {
        let mut shard = self.engine.orders.shard(user);
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
        let mut transaction = self.engine.recorder.begin(by, &mut scratch);
        let fact = match decide(order, transaction.now()) {
            Ok(Decided::Fresh(fact)) => fact,
            Ok(Decided::Repeat) => return Some(Ok(Ok(Changed { order: order.clone(), repeat: true }))),
            Err(refusal) => return Some(Ok(Err(refusal))),
        };
        let committed = change_in(&mut shard, &*self.skus, None, &mut transaction, |_, _| Ok(Ok(fact)));
        Some(committed.map(|committed| {
            committed.and_then(|_| {
                // It was found above under the same lock, and no change removes it.
                let order = shard.order(user, id).cloned().ok_or(Refusal::UnknownOrder)?;
                Ok(Changed { order, repeat: false })
            })
        }))
    }
}

impl std::fmt::Debug for OrdersHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrdersHandle").finish_non_exhaustive()
    }
}
