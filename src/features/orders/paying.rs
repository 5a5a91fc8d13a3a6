//! How an order was being paid through channels outside the shop, as its rows say it.

use mallcore_actors::ids::OrderId;
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Attempt, AttemptNumber, AttemptState, Paying, Trade, Transaction};

use super::model::stray;
use super::stored::{text_or_none, unexpected};
use crate::platform::database::{Error, Row, Tx};

/// Attempts, what came of them, and stray money; none for an order that nobody has tried to pay so. `paid`: its row of `payments`, with
/// `amount_fen`, `payer`, `attempt_no`, `transaction_id`, `traded_at` in columns 2 to 6.
pub(super) async fn of(tx: &mut Tx, order: OrderId, paid: Option<&Row>) -> Result<Option<Paying>, Error> {
    let text = "SELECT attempt_no, state, started_at, expires_at FROM payment_attempts WHERE order_id = ? ORDER BY attempt_no";
    let rows = tx.all(text, vec![order.get().into()]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let attempts = rows.iter().map(attempt).collect::<Result<_, _>>()?;
    let taken = match paid.map(|row| row.int_or_null(4)).transpose()?.flatten().zip(paid) {
        Some((_, row)) => Some(trade(row, [4, 5, 2, 3, 6])?),
        None => None,
    };
    let text = "SELECT attempt_no, transaction_id, amount_fen, payer, traded_at, received_at, reason FROM stray_payments \
         WHERE order_id = ? ORDER BY version";
    let mut strays = Vec::new();
    for row in tx.all(text, vec![order.get().into()]).await? {
        let number = row.int(6)?;
        let why = stray(number).ok_or_else(|| unexpected(6, number))?;
        strays.push((row.time(5)?, why, trade(&row, [0, 1, 2, 3, 4])?));
    }
    Ok(Some(Paying { attempts, taken, strays }))
}

fn attempt(row: &Row) -> Result<Attempt, Error> {
    let state = row.int(1)?;
    let known = u8::try_from(state).ok().and_then(AttemptState::from_number).ok_or_else(|| unexpected(1, state))?;
    Ok(Attempt { number: number(row, 0)?, started_at: row.time(2)?, expires_at: row.time(3)?, state: known })
}

fn number(row: &Row, column: usize) -> Result<AttemptNumber, Error> {
    let found = row.int(column)?;
    u8::try_from(found).ok().and_then(|number| AttemptNumber::try_from(number).ok()).ok_or_else(|| unexpected(column, found))
}

/// A trade whose attempt, transaction, amount, payer and time are in these columns.
fn trade(row: &Row, [attempt, transaction, amount, payer, paid_at]: [usize; 5]) -> Result<Trade, Error> {
    let transaction: Transaction = text_or_none(row, transaction)?.ok_or_else(|| unexpected(transaction, "no transaction"))?;
    Ok(Trade {
        attempt: number(row, attempt)?,
        transaction,
        amount: row.id(amount, Money::from_fen)?,
        payer: text_or_none(row, payer)?,
        paid_at: row.time(paid_at)?,
    })
}
