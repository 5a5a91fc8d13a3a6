//! Payments as handlers ask for them: paying an order, how its payment stands, ending an attempt for a shopper who wants to cancel.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::engine::Engine;
use mallcore_actors::ids::{OrderId, PaymentId, UserId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{AttemptNumber, Order, OrdersHandle, PAYMENT_OPEN, Payment, PaymentChannel, Status};
use mallcore_actors::refusal::Refusal;
use mallcore_actors::time::Timestamp;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::error::{PAYER_UNKNOWN, PaymentError};
use super::reading;
use super::refunds::{Refund, repository};
use super::turns::Turns;
use super::watch::Watch;
use crate::platform::database::Database;
use crate::platform::reads::{ANSWER_WITHIN, Reads};
use crate::platform::wechat::pay::{Cashier, PayCode, Prepay, PrepayId, WechatPay};
use crate::platform::writes::Writes;

/// A shopper who cancels waits so long for WeChat Pay to end the attempt.
const ENDING_WITHIN: Duration = Duration::from_secs(8);
/// A shopper who looks waits so long for WeChat Pay to tell.
const LOOKING_WITHIN: Duration = Duration::from_secs(3);
/// WeChat Pay's reference is good for two hours; a shopper needs a while for the cashier.
const PREPAID_MILLIS: u64 = 110 * 60 * 1_000;
/// A second attempt, where the first cannot be prepaid any more.
const ATTEMPTS_AT_ONCE: usize = 2;

/// A reference of WeChat Pay to an attempt, for as long as it is good.
struct Prepaid {
    attempt: AttemptNumber,
    reference: PrepayId,
    until: Timestamp,
}

/// Payments of all orders.
pub struct Payments {
    pub(super) engine: Arc<Engine>,
    pub(super) orders: OrdersHandle,
    pub(super) reads: Arc<Reads>,
    pub(super) writes: Arc<Writes>,
    wechat: Option<Arc<WechatPay>>,
    pub(super) watch: Watch,
    pub(super) turns: Turns,
    /// Of open attempts only. Whoever pays after a restart gets another reference to the same attempt.
    prepaid: Mutex<HashMap<OrderId, Prepaid>>,
}

/// What a shopper who wants to pay gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paying {
    /// Nothing had to be paid: the order is paid.
    Free(Box<Order>),
    /// The cashier of the mini-program takes it from here.
    Cashier(Box<Order>, Cashier),
}

impl Payments {
    pub(super) fn new(
        engine: Arc<Engine>,
        orders: OrdersHandle,
        (reads, writes): (Arc<Reads>, Arc<Writes>),
        wechat: Option<Arc<WechatPay>>,
    ) -> Self {
        let (watch, turns, prepaid) = (Watch::default(), Turns::default(), Mutex::default());
        Self { engine, orders, reads, writes, wechat, watch, turns, prepaid }
    }

    pub(super) fn wechat(&self) -> Result<&WechatPay, PaymentError> {
        self.wechat.as_deref().ok_or(PaymentError::NoMerchant)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.engine.clock().now()
    }

    /// Begins to pay one's own order, or goes on with the attempt that is open. An order that costs nothing is paid at once.
    ///
    /// # Errors
    /// [`PaymentError`].
    pub async fn pay(&self, user: UserId, id: OrderId) -> Result<Paying, PaymentError> {
        let order = self.orders.look(user, id).await??;
        if order.payable == Money::ZERO && order.status == Status::PendingPayment {
            // Its id follows from the order: sent twice, it is the same payment.
            let payment = Payment {
                id: PaymentId::new(id.get()).unwrap_or(PaymentId::MAX),
                channel: PaymentChannel::Free,
                amount: Money::ZERO,
                payer: None,
            };
            let paid = self.orders.pay(Provenance::SHOPPER, user, id, &payment).await??;
            return Ok(Paying::Free(Box::new(paid.order)));
        }
        let wechat = self.wechat()?;
        let openid = self.openid(user).await?.ok_or(Refusal::Rule(&PAYER_UNKNOWN))?;
        let _turn = self.turns.of(id).await;
        for _ in 0..ATTEMPTS_AT_ONCE {
            let order = self.orders.start_payment(Provenance::SHOPPER, user, id).await??.order;
            self.watch.add(&order, self.now());
            // It was begun just now, or was open before.
            let Some(attempt) = order.open_attempt().copied() else { continue };
            let reference = match self.prepaid_before(id, attempt.number) {
                Some(reference) => reference,
                None => match self.prepay(wechat, &order, attempt.number, attempt.expires_at, &openid).await? {
                    Some(reference) => reference,
                    None => continue,
                },
            };
            let cashier = wechat.cashier(&reference, crate::platform::wechat::pay::wall_clock())?;
            return Ok(Paying::Cashier(Box::new(order), cashier));
        }
        Err(Refusal::Rule(&PAYMENT_OPEN).into())
    }

    /// A reference of WeChat Pay; none if the attempt is over, or had to end, so that another one has to be begun.
    async fn prepay(
        &self,
        wechat: &WechatPay,
        order: &Order,
        attempt: AttemptNumber,
        time_expire: Timestamp,
        openid: &str,
    ) -> Result<Option<PrepayId>, PaymentError> {
        let (number, attach) = (order.trade_no(attempt).to_string(), reading::attached(order.user, order.id));
        let prepay = Prepay {
            out_trade_no: &number,
            description: &description(order),
            amount: order.payable,
            openid,
            time_expire,
            attach: Some(&attach),
        };
        match wechat.prepay(&prepay).await {
            Ok(reference) => {
                let until = self.now().plus_millis(PREPAID_MILLIS);
                self.prepaid.lock().insert(order.id, Prepaid { attempt, reference: reference.clone(), until });
                Ok(Some(reference))
            }
            Err(error) => match error.refusal() {
                // It is over there: what became of it is found out before the next one is begun.
                Some(PayCode::OrderPaid | PayCode::OrderClosed) => self.settle(order.user, order.id, attempt, false).await.map(|_| None),
                // Of another payer, say: nobody can go on with it.
                Some(PayCode::OutTradeNoUsed) => self.settle(order.user, order.id, attempt, true).await.map(|_| None),
                _ => Err(error.into()),
            },
        }
    }

    fn prepaid_before(&self, order: OrderId, attempt: AttemptNumber) -> Option<PrepayId> {
        let now = self.now();
        let prepaid = self.prepaid.lock();
        let known = prepaid.get(&order).filter(|known| known.attempt == attempt && now < known.until)?;
        Some(known.reference.clone())
    }

    /// Nobody looks after an attempt of the order any more, if none is open.
    pub(super) fn forget(&self, order: &Order) {
        if order.open_attempt().is_none() {
            self.watch.remove(order.id);
            self.prepaid.lock().remove(&order.id);
        }
    }

    /// How the payment of one's own order stands: the order, asked of WeChat Pay first while an attempt is open, and its refunds.
    ///
    /// # Errors
    /// [`PaymentError`], except that WeChat Pay does not answer: then it stands as it is known.
    pub async fn stands(&self, user: UserId, id: OrderId) -> Result<(Order, Vec<Refund>), PaymentError> {
        let mut order = self.orders.look(user, id).await??;
        if let Some(attempt) = order.open_attempt().map(|open| open.number)
            && self.watch.may_ask(id, self.now())
        {
            let asked = timeout(LOOKING_WITHIN, async {
                let _turn = self.turns.of(id).await;
                self.settle(user, id, attempt, false).await
            });
            match asked.await {
                Ok(Ok(settled)) => order = settled,
                Ok(Err(error)) => tracing::warn!("how the payment of order {id} stands is not known now: {error}"),
                Err(_) => {}
            }
        }
        let refunds = self.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::of_order(database, id).await).await?;
        Ok((order, refunds))
    }

    /// Ends the open attempt of one's own order, if it has one, so that the order can be cancelled.
    ///
    /// # Errors
    /// [`PAYMENT_OPEN`] if WeChat Pay does not say in time that it is over, or somebody is paying just now: nothing has changed then.
    pub async fn end_attempt(&self, user: UserId, id: OrderId) -> Result<(), PaymentError> {
        let ended = timeout(ENDING_WITHIN, async {
            let _turn = self.turns.of(id).await;
            let order = self.orders.look(user, id).await??;
            match order.open_attempt().map(|open| open.number) {
                Some(attempt) => self.settle(user, id, attempt, true).await,
                None => Ok(order),
            }
        });
        match ended.await {
            Ok(Ok(order)) if order.open_attempt().is_none() => Ok(()),
            Ok(Err(error)) => Err(error),
            Ok(Ok(_)) | Err(_) => Err(Refusal::Rule(&PAYMENT_OPEN).into()),
        }
    }

    /// The shopper as WeChat knows them; none for somebody who has never logged in there.
    async fn openid(&self, user: UserId) -> Result<Option<String>, PaymentError> {
        let ask = async |database: &Database| {
            let mut tx = database.snapshot().await?;
            let row = tx.first("SELECT openid FROM users WHERE id = ?", vec![user.get().into()]).await?;
            tx.commit().await?;
            row.map(|row| row.text_or_null(0)).transpose()
        };
        let openid = self.reads.ask(ANSWER_WITHIN, ask).await?.flatten();
        // Somebody without one has something with a colon there, which WeChat's never have.
        Ok(openid.filter(|openid| !openid.is_empty() && !openid.contains(':')))
    }
}

/// What the payer sees of an order.
fn description(order: &Order) -> String {
    let lines = order.basket.as_ref().map_or(&[][..], |basket| &basket.lines);
    match lines {
        [] => format!("订单 {}", order.no),
        [line] => line.described.title.as_str().to_owned(),
        [line, ..] => format!("{} 等 {} 种商品", line.described.title.as_str(), lines.len()),
    }
}
