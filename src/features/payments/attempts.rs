//! An attempt is looked after until it is over: WeChat Pay is asked, what it says is recorded, and an attempt that has to end is ended there
//! before its order is let go. What to do next is `mallcore_actors::orders::next_step`; here is only the asking.

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::kernel::Provenance;
use mallcore_actors::orders::{AttemptNumber, Changed, Heard, Order, Step, Trade, TradeNo, next_step};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::error::PaymentError;
use super::handle::Payments;
use super::watch::Watched;
use super::{metrics, reading};
use crate::platform::error_chain;
use crate::platform::wechat::pay::{Closing, PayCode, TradeRef, WechatPay};

/// Steps of one look: more are needed only while WeChat Pay says first this and then that.
const STEPS_MAX: usize = 10;
/// How often is looked whether an attempt is due.
const TICK: Duration = Duration::from_millis(200);
/// Attempts that are looked at together.
const TOGETHER: usize = 16;
/// Ticks between two measurements.
const MEASURED_EVERY: u32 = 10;

/// How money was heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// By a notification.
    Notification,
    /// The shop asked for it.
    Query,
}

impl Source {
    const fn name(self) -> &'static str {
        match self {
            Self::Notification => "notification",
            Self::Query => "query",
        }
    }
}

impl Payments {
    /// Finds out how an attempt stands and records it; ends it where it has to end, or is `wanted` to. The order as it stands afterwards.
    pub(super) async fn settle(&self, user: UserId, id: OrderId, attempt: AttemptNumber, wanted: bool) -> Result<Order, PaymentError> {
        let wechat = self.wechat()?;
        let mut heard = Heard::Nothing;
        for _ in 0..STEPS_MAX {
            let order = self.orders.look(user, id).await??;
            let number = order.trade_no(attempt);
            heard = match next_step(&order, attempt, heard, wanted, self.now()) {
                Step::Done => {
                    self.forget(&order);
                    return Ok(order);
                }
                Step::Wait => return Ok(order),
                Step::Ask => ask(wechat, number).await?,
                Step::End => match wechat.close(&number.to_string()).await? {
                    Closing::Closed => Heard::Over,
                    Closing::AlreadyPaid => Heard::PaidMeanwhile,
                    Closing::UserPaying => Heard::Paying,
                },
                Step::Take(trade) => {
                    self.take(Source::Query, user, id, &trade).await?;
                    Heard::Nothing
                }
                Step::NoteEnd => {
                    self.orders.end_payment(Provenance::SYSTEM, user, id, attempt).await??;
                    Heard::Nothing
                }
            };
        }
        tracing::warn!("WeChat Pay contradicts itself about attempt {attempt:?} of order {id}");
        Ok(self.orders.look(user, id).await??)
    }

    /// Hands money to its order, which takes it or calls it stray. Returns when that is durable.
    pub(super) async fn take(&self, source: Source, user: UserId, id: OrderId, trade: &Trade) -> Result<Changed, PaymentError> {
        let changed = match self.orders.take_trade(Provenance::SYSTEM, user, id, trade).await? {
            Ok(changed) => changed,
            Err(refusal) => {
                // Money that no order wants and nobody gives back: people have to look.
                tracing::error!("order {id} refuses transaction {}: {}", trade.transaction.as_str(), refusal.code());
                return Err(refusal.into());
            }
        };
        let is_taken = changed
            .order
            .paying
            .as_ref()
            .and_then(|paying| paying.taken.as_ref())
            .is_some_and(|taken| taken.transaction == trade.transaction);
        let outcome = match (changed.repeat, is_taken) {
            (true, _) => "repeat",
            (false, true) => "paid",
            (false, false) => "stray",
        };
        metrics::TAKEN_TOTAL.with(&[("source", source.name()), ("outcome", outcome)]).increment(1);
        self.forget(&changed.order);
        Ok(changed)
    }
}

/// What WeChat Pay says of an attempt.
async fn ask(wechat: &WechatPay, number: TradeNo) -> Result<Heard, PaymentError> {
    match wechat.trade(TradeRef::OutTradeNo(&number.to_string())).await {
        Ok(trade) => match reading::heard(&trade, number, wechat) {
            Ok(heard) => Ok(heard),
            Err(bad) => {
                tracing::error!("what WeChat Pay says of attempt {number} cannot be: {bad}");
                Ok(Heard::Paying)
            }
        },
        // It was never prepaid, so nobody can pay it.
        Err(error) if error.refusal() == Some(&PayCode::OrderNotExist) => Ok(Heard::Over),
        Err(error) => Err(error.into()),
    }
}

/// Looks after every open attempt, for ever.
pub(super) async fn keep_looking(payments: Arc<Payments>) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut looks, mut ticks) = (JoinSet::new(), 0_u32);
    loop {
        tick.tick().await;
        while looks.try_join_next().is_some() {}
        // A time that is wrong ends nothing.
        if payments.engine.clock().frozen() {
            continue;
        }
        let now = payments.now();
        for watched in payments.watch.take_due(now, TOGETHER.saturating_sub(looks.len())) {
            let payments = Arc::clone(&payments);
            looks.spawn(async move { look(&payments, watched).await });
        }
        if ticks.is_multiple_of(MEASURED_EVERY) {
            let (open, overdue_millis) = payments.watch.overdue(now);
            metrics::OPEN.get().set(open as f64);
            metrics::OVERDUE_SECONDS.get().set(overdue_millis as f64 / 1000.0);
        }
        ticks = ticks.wrapping_add(1);
    }
}

async fn look(payments: &Payments, Watched { user, order, attempt, .. }: Watched) {
    let _turn = payments.turns.of(order).await;
    // It has its next time already.
    if let Err(error) = payments.settle(user, order, attempt, false).await {
        tracing::warn!("attempt {attempt:?} of order {order} is looked at again later: {}", error_chain::of(&error));
    }
}
