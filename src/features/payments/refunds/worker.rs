//! Asks WeChat Pay for what goes back and follows it until it is done. What fails is tried again after pauses that grow; what WeChat Pay has
//! given up waits for a person (`mallcore refund list`).

use std::sync::Arc;
use std::time::Duration;

use mallcore_actors::time::Timestamp;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::super::error::PaymentError;
use super::super::handle::Payments;
use super::super::metrics;
use super::model::{Refund, RefundState};
use super::repository;
use crate::platform::database::{Database, Error};
use crate::platform::error_chain;
use crate::platform::reads::ANSWER_WITHIN;
use crate::platform::wechat::pay::{self, PayCode, PayError, RefundRequest, WechatRefund};

/// How often is looked for refunds that are due.
const TICK: Duration = Duration::from_millis(500);
/// Refunds of one look, in each state.
const AT_A_TIME: u32 = 32;
/// Refunds that are asked for together.
const TOGETHER: usize = 8;
/// Ticks between two measurements.
const MEASURED_EVERY: u32 = 10;
/// First and longest pause after a request that did not work, and between two questions about one that is on its way.
const PAUSE_FIRST_MILLIS: u64 = 2_000;
const PAUSE_LONGEST_MILLIS: u64 = 600_000;
/// A refund that somebody has to act upon is asked about so often.
const ABNORMAL_PAUSE_MILLIS: u64 = 3_600_000;

/// Executes refunds, for ever.
pub(in super::super) async fn keep_refunding(payments: Arc<Payments>) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ticks = 0_u32;
    loop {
        tick.tick().await;
        let now = payments.now();
        match payments.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::due(database, now, AT_A_TIME).await).await {
            Ok(due) => work_on(&payments, due).await,
            Err(error) => tracing::debug!("refunds that are due cannot be asked for: {}", error_chain::of(&error)),
        }
        if ticks.is_multiple_of(MEASURED_EVERY) {
            measure(&payments, now).await;
        }
        ticks = ticks.wrapping_add(1);
    }
}

async fn measure(payments: &Payments, now: Timestamp) {
    let Ok(backlog) = payments.reads.ask(ANSWER_WITHIN, async |database: &Database| repository::backlog(database).await).await else {
        return;
    };
    for state in RefundState::ALL.into_iter().filter(|state| *state != RefundState::Done) {
        let count = backlog.iter().find(|(found, ..)| *found == state).map_or(0, |(_, count, _)| *count);
        metrics::REFUNDS.with(&[("state", state.name())]).set(count as f64);
    }
    let oldest = backlog.iter().map(|(.., since)| now.millis_since(*since)).max().unwrap_or_default();
    metrics::REFUND_OLDEST_SECONDS.get().set(oldest as f64 / 1000.0);
}

/// A step of each, a few at a time.
async fn work_on(payments: &Arc<Payments>, due: Vec<Refund>) {
    let mut steps = JoinSet::new();
    for refund in due {
        if steps.len() >= TOGETHER {
            steps.join_next().await;
        }
        steps.spawn(work(Arc::clone(payments), refund));
    }
    while steps.join_next().await.is_some() {}
}

/// One step of one refund.
async fn work(payments: Arc<Payments>, refund: Refund) {
    let no = refund.no.clone();
    if let Err(error) = step(&payments, refund).await {
        // It is due all the same, and taken up at the next look.
        tracing::warn!("refund {no} cannot be followed now: {}", error_chain::of(&error));
    }
}

async fn step(payments: &Payments, refund: Refund) -> Result<(), PaymentError> {
    let wechat = payments.wechat()?;
    let number = refund.number();
    let answer = match refund.state {
        RefundState::Wanted => {
            let request = RefundRequest {
                transaction_id: refund.transaction.as_str(),
                out_refund_no: &number,
                reason: refund.reason.words(),
                refund: refund.amount,
                total: refund.total,
            };
            wechat.refund(&request).await
        }
        _ => wechat.refund_status(&number).await,
    };
    let now = payments.now();
    let next = match answer {
        Ok(said) => after(refund, said.state, said.success_time, now),
        Err(error) => failed(refund, &error, now),
    };
    payments.writes.write(async |database| repository::save(database, &next, now).await).await?;
    Ok(())
}

fn pause(tries: u32) -> u64 {
    PAUSE_FIRST_MILLIS.saturating_mul(1 << tries.min(16)).min(PAUSE_LONGEST_MILLIS)
}

/// A refund after WeChat Pay has said where it stands.
fn after(refund: Refund, said: pay::RefundState, success_time: Option<Timestamp>, now: Timestamp) -> Refund {
    let (state, pause_millis) = match said {
        pay::RefundState::Success => (RefundState::Done, 0),
        pay::RefundState::Processing => (RefundState::Processing, pause(refund.tries)),
        pay::RefundState::Abnormal => (RefundState::Abnormal, ABNORMAL_PAUSE_MILLIS),
        pay::RefundState::Closed => (RefundState::Closed, 0),
    };
    let problem = match state {
        RefundState::Abnormal => Some("微信退款异常：请在商户平台处理 / WeChat Pay: abnormal".to_owned()),
        RefundState::Closed => Some("微信已关闭退款：请重新发起 / WeChat Pay: closed".to_owned()),
        _ => None,
    };
    if problem.is_some() && state != refund.state {
        tracing::error!("refund {} of order {} is {} at WeChat Pay: see `mallcore refund list`", refund.no, refund.order, state.name());
    }
    // Questions about one that is on its way become seldom.
    let tries = if state == refund.state { refund.tries.saturating_add(1) } else { 0 };
    let done_at = (state == RefundState::Done).then(|| success_time.unwrap_or(now));
    Refund { state, tries, next_at: now.plus_millis(pause_millis), problem, done_at, ..refund }
}

/// A refund after a request that did not work.
fn failed(refund: Refund, error: &PayError, now: Timestamp) -> Refund {
    metrics::REFUND_RETRIES_TOTAL.get().increment(1);
    if error.is_transient() {
        tracing::warn!("refund {} is tried again: {error}", refund.no);
    } else {
        tracing::error!("refund {} is tried again: {error}", refund.no);
    }
    // Asked about one that WeChat Pay does not know: it was never accepted.
    let state = if error.refusal() == Some(&PayCode::ResourceNotExists) { RefundState::Wanted } else { refund.state };
    let (tries, next_at) = (refund.tries.saturating_add(1), now.plus_millis(pause(refund.tries)));
    Refund { state, tries, next_at, problem: Some(error.to_string()), ..refund }
}

impl Payments {
    /// WeChat Pay reports where a refund stands. False if it is none of ours, or another one than ours.
    ///
    /// # Errors
    /// [`PaymentError::Database`] if it cannot be recorded now.
    pub(in super::super) async fn refunded(&self, said: &WechatRefund) -> Result<bool, PaymentError> {
        let (no, round) = Refund::of_number(&said.out_refund_no);
        let now = self.now();
        let done = self.writes.transaction::<_, Error>(async |tx| {
            let Some(refund) = repository::by_no(tx, no).await? else { return Ok(false) };
            let is_ours = refund.transaction.as_str() == said.transaction_id && refund.amount == said.refund && refund.total == said.total;
            // A report about an earlier round tells nothing any more.
            if !is_ours || round > refund.round {
                return Ok(false);
            }
            if round == refund.round && refund.state != RefundState::Done {
                repository::update(tx, &after(refund, said.state, said.success_time, now), now).await?;
            }
            Ok(true)
        });
        Ok(done.await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let pauses: Vec<u64> = [0, 1, 2, 8, 9, 60].into_iter().map(|tries| pause(tries) / 1_000).collect();
        assert_eq!(pauses, [2, 4, 8, 512, 600, 600]);
    }
}
