//! What somebody has decided about a difference and only a running shop can do: ask WeChat Pay again and have the order decide.

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::orders::UNKNOWN_ATTEMPT;
use mallcore_actors::reconciliation::Action;
use mallcore_actors::refusal::Refusal;
use mallcore_actors::time::Timestamp;

use super::differences::{self, Noted, Settling, State};
use crate::features::payments::{PaymentError, Payments};
use crate::platform::database::{Database, Error};
use crate::platform::error_chain;

/// Differences that are carried out at a time.
const AT_A_TIME: u32 = 32;

/// Carries out what is wanted. What cannot be done now is tried again; what can never be done is open again, with the reason.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub(super) async fn carry_out(database: &Database, payments: &Payments, now: Timestamp) -> Result<(), Error> {
    for row in differences::in_state(database, State::Wanted, AT_A_TIME).await? {
        let done = take(database, payments, &row).await;
        let mut tx = database.begin().await?;
        match done {
            Ok(()) => {
                let note = row.note.as_deref().unwrap_or_default();
                let settling = Settling { state: State::Settled, action: Action::Take, note, by: None, at: now };
                differences::settle(&mut tx, row.id, &settling).await?;
            }
            Err(error) if error.is_transient() => {
                tracing::warn!("difference {} is carried out later: {}", row.id, error_chain::of(&error));
                continue;
            }
            Err(error) => {
                tracing::error!("difference {} cannot be carried out: {}", row.id, error_chain::of(&error));
                differences::reopen(&mut tx, row.id, &error_chain::of(&error)).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn take(database: &Database, payments: &Payments, row: &Noted) -> Result<(), PaymentError> {
    let unknown = || PaymentError::Refused(Refusal::Rule(&UNKNOWN_ATTEMPT));
    let order = row.difference.order.ok_or_else(unknown)?;
    let user = owner(database, order).await?.ok_or_else(unknown)?;
    payments.take_billed(user, order, &row.difference.reference).await
}

async fn owner(database: &Database, order: OrderId) -> Result<Option<UserId>, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first("SELECT user_id FROM orders WHERE id = ?", vec![order.get().into()]).await?;
    tx.commit().await?;
    row.map(|row| row.id(0, UserId::new)).transpose()
}
