//! Commands to orders that exist: the one way for the server, for policies and for the simulator. An order that left memory is loaded first.
//! - W1 A command is decided, committed and applied under the lock of its user's shard, by an order that has every change (U4).
//! - W2 An answer leaves when what it tells of is durable.
//!
//! Every command can be repeated: a payment, a refund and a parcel are known by their id or key, also after a restart and after the order
//! left memory, for they are part of the order; completing, hiding and closing for the same reason lead nowhere twice. A repeat is answered
//! with the order as it is.

use std::sync::Arc;
use std::time::Duration;

use super::attempts::Trade;
use super::commands::{Changed, Command, carry_out, closed_by};
use super::facts::CloseReason;
use super::fulfilment::{Parcel, Payment};
use super::loading::OrderLoader;
use super::order::Order;
use super::placing::Skus;
use super::refunding::RefundCommand;
use super::trade_no::AttemptNumber;
use crate::engine::Engine;
use crate::ids::{OrderId, UserId};
use crate::kernel::Provenance;
use crate::refusal::{Answer, Unavailable};
use crate::replies::when_durable;
use crate::stock::CloseOrder;

/// How often an order is read that may lack changes, before the caller is told `warming`.
const READS_MAX: usize = 5;
/// Pause before it is read again: the database has to catch up.
const READ_AGAIN_PAUSE: Duration = Duration::from_millis(20);

/// Commands to orders.
#[derive(Clone)]
pub struct OrdersHandle {
    engine: Arc<Engine>,
    skus: Arc<dyn Skus>,
    loader: Arc<dyn OrderLoader>,
}

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
        self.carry_out(by, user, order, Command::Pay(payment.clone())).await
    }

    /// The order as it stands, loaded if it has left memory.
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn look(&self, user: UserId, order: OrderId) -> Answer<Order> {
        Ok(self.carry_out(Provenance::SYSTEM, user, order, Command::Look).await?.map(|changed| changed.order))
    }

    /// Begins an attempt to pay; see [`Order::decide_start`]. The order that is answered has an open one.
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn start_payment(&self, by: Provenance, user: UserId, order: OrderId) -> Answer<Changed> {
        self.carry_out(by, user, order, Command::StartPayment).await
    }

    /// Notes that an attempt cannot be paid any more, as the channel has said; see [`Order::decide_end`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn end_payment(&self, by: Provenance, user: UserId, order: OrderId, attempt: AttemptNumber) -> Answer<Changed> {
        self.carry_out(by, user, order, Command::EndPayment(attempt)).await
    }

    /// Takes money that came through an attempt, as the channel has proved; see [`Order::decide_take`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn take_trade(&self, by: Provenance, user: UserId, order: OrderId, trade: &Trade) -> Answer<Changed> {
        self.carry_out(by, user, order, Command::Take(trade.clone())).await
    }

    /// Sends a parcel; see [`Order::decide_ship`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn ship(&self, by: Provenance, user: UserId, order: OrderId, parcel: &Parcel) -> Answer<Changed> {
        self.carry_out(by, user, order, Command::Ship(parcel.clone())).await
    }

    /// The shopper has received the order; see [`Order::decide_complete`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn confirm_receipt(&self, by: Provenance, user: UserId, order: OrderId) -> Answer<Changed> {
        self.carry_out(by, user, order, Command::ConfirmReceipt).await
    }

    /// Completes an order that was sent long enough ago; see [`Order::decide_complete`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn auto_complete(&self, by: Provenance, user: UserId, order: OrderId) -> Answer<Changed> {
        self.carry_out(by, user, order, Command::AutoComplete).await
    }

    /// Refunds pieces and freight; see [`Order::decide_refund`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn refund(&self, by: Provenance, user: UserId, order: OrderId, refund: &RefundCommand) -> Answer<Changed> {
        self.carry_out(by, user, order, Command::Refund(refund.clone())).await
    }

    /// Hides an order from its owner's list; see [`Order::decide_hide`].
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn hide(&self, by: Provenance, user: UserId, order: OrderId) -> Answer<Changed> {
        self.carry_out(by, user, order, Command::Hide).await
    }

    /// Closes an open order, a basket by itself and a flash order in its SKU's turn.
    ///
    /// # Errors
    /// As [`Self::pay`].
    pub async fn close(&self, by: Provenance, user: UserId, order: OrderId, reason: CloseReason) -> Answer<Changed> {
        if let Some(sku) = closed_by(&self.engine, user, order) {
            let closed = self.skus.close(sku, by, CloseOrder { user, order, reason }).await?;
            return Ok(closed.map(|closed| Changed { order: closed.order, repeat: false }));
        }
        let answer = self.carry_out(by, user, order, Command::Close(reason)).await;
        if matches!(&answer, Ok(Ok(changed)) if !changed.repeat) {
            self.engine.meters.closed.increment(1);
        }
        answer
    }

    async fn carry_out(&self, by: Provenance, user: UserId, id: OrderId, command: Command) -> Answer<Changed> {
        let mut read = None;
        for reads in 0..=READS_MAX {
            match carry_out(&self.engine, &*self.skus, by, (user, id), read.take(), &command) {
                Some(Ok(Ok(changed))) => {
                    debug_assert_eq!((changed.order.user, changed.order.id), (user, id), "W1: another order took the command");
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
}

impl std::fmt::Debug for OrdersHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrdersHandle").finish_non_exhaustive()
    }
}
