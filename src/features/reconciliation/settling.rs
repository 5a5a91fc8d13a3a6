//! Settling differences by named actions: what is booked, what is asked of WeChat Pay, what a running shop carries out.

use mallcore_actors::ledger::{Entry, EntrySource};
use mallcore_actors::money::Money;
use mallcore_actors::reconciliation::{Action, Difference, MisfitAction, Subject};
use mallcore_actors::time::Timestamp;

use super::differences::{self, Noted, Settling, State};
use crate::features::ledger;
use crate::platform::database::{Database, Error, Tx};
use crate::platform::wechat::pay::{PayError, RefundRequest, WechatPay};

/// What the payer is shown.
const REFUND_REASON: &str = "未找到对应订单，退回付款";

/// Why a difference is not settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// No difference has this id.
    #[error("there is no difference {0}")]
    Unknown(u64),
    /// It is settled.
    #[error("difference {0} is settled already ({1})")]
    Settled(u64, &'static str),
    /// The action does not fit.
    #[error(transparent)]
    Misfit(#[from] MisfitAction),
    /// The amount is none that can be refunded.
    #[error("difference {0} has no amount that can go back")]
    Amount(u64),
    /// No merchant is configured.
    #[error("no merchant of WeChat Pay is configured: see WECHAT_PAY_MCHID")]
    NoMerchant,
    /// WeChat Pay does not give the money back.
    #[error("WeChat Pay does not take the refund")]
    Channel(#[from] PayError),
    /// The database does not do it.
    #[error(transparent)]
    Database(#[from] Error),
}

/// WeChat Pay's number of a refund of money that no order wanted: a repeat asks for the same refund.
pub(super) fn number_of_refund(id: u64, transaction: &str) -> String {
    format!("D{id}S{transaction}")
}

/// The difference that a refund settles; none of a number of another kind.
pub(super) fn id_of_refund(number: &str) -> Option<u64> {
    let (id, _) = number.strip_prefix('D')?.split_once('S')?;
    id.parse().ok()
}

/// What a person says about a difference.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// What is to be done.
    pub action: Action,
    /// What the person gives as the reason.
    pub note: &'a str,
    /// Who says so.
    pub by: &'a str,
}

/// Settles a difference, or has it settled by a running shop; returns the row as it stands afterwards.
///
/// # Errors
/// [`SettleError`]; nothing has changed then, except that WeChat Pay may have accepted a refund, which the same call asks for again.
pub async fn settle(
    database: &Database,
    wechat: Option<&WechatPay>,
    id: u64,
    decision: Decision<'_>,
    now: Timestamp,
) -> Result<Noted, SettleError> {
    let mut tx = database.snapshot().await?;
    let row = unsettled(&mut tx, id).await?;
    tx.commit().await?;
    decision.action.bookings(&row.difference)?;
    if decision.action == Action::Refund {
        give_back(wechat, &row).await?;
    }
    let mut tx = database.begin().await?;
    let row = unsettled(&mut tx, id).await?;
    carry_out(&mut tx, &row, decision, now).await?;
    let settled = differences::find(&mut tx, id).await?.ok_or(SettleError::Unknown(id))?;
    tx.commit().await?;
    Ok(settled)
}

async fn unsettled(tx: &mut Tx, id: u64) -> Result<Noted, SettleError> {
    let row = differences::find(tx, id).await?.ok_or(SettleError::Unknown(id))?;
    match row.state {
        State::Settled => Err(SettleError::Settled(id, row.action.map_or("", Action::name))),
        State::Open | State::Wanted => Ok(row),
    }
}

async fn give_back(wechat: Option<&WechatPay>, row: &Noted) -> Result<(), SettleError> {
    let amount = row.difference.bill_fen.and_then(|fen| u64::try_from(fen).ok()).and_then(|fen| Money::from_fen(fen).ok());
    let amount = amount.filter(|amount| *amount > Money::ZERO).ok_or(SettleError::Amount(row.id))?;
    let transaction = &row.difference.reference;
    let request = RefundRequest {
        transaction_id: transaction,
        out_refund_no: &number_of_refund(row.id, transaction),
        reason: REFUND_REASON,
        refund: amount,
        total: amount,
    };
    wechat.ok_or(SettleError::NoMerchant)?.refund(&request).await?;
    Ok(())
}

async fn carry_out(tx: &mut Tx, row: &Noted, decision: Decision<'_>, now: Timestamp) -> Result<(), SettleError> {
    let Decision { action, note, by } = decision;
    let Difference { subject, reference, .. } = &row.difference;
    let is_for_the_shop = (action, *subject) == (Action::Take, Subject::Payment);
    let state = if is_for_the_shop { State::Wanted } else { State::Settled };
    let amounts = action.bookings(&row.difference)?;
    if (action, *subject) == (Action::Take, Subject::Refund) {
        // Whoever follows refunds asks WeChat Pay about it at once.
        let text = "UPDATE wechat_refunds SET state = 2, next_at = ?, updated_at = ? WHERE refund_no = ? AND state <> 3";
        tx.execute(text, vec![now.into(), now.into(), reference.clone().into()]).await?;
    }
    if !differences::settle(tx, row.id, &Settling { state, action, note, by: Some(by), at: now }).await? {
        return Err(SettleError::Settled(row.id, ""));
    }
    if let Some(entry) = Entry::new(EntrySource::Settled(row.id), now, &amounts) {
        ledger::book(tx, &entry).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refunds_number_leads_back_to_its_difference() {
        let number = number_of_refund(u64::MAX, &"4".repeat(32));
        assert!(number.len() <= 64, "{number} is longer than WeChat Pay takes");
        assert_eq!(id_of_refund(&number), Some(u64::MAX));
        for other in ["2026112400300523456780000000011R5", "DS4200", "D12", "", "DxS1"] {
            assert_eq!(id_of_refund(other), None, "{other}");
        }
    }
}
