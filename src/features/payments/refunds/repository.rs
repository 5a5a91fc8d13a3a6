//! Rows of refunds.

use mallcore_actors::ids::{OrderId, RefundId};
use mallcore_actors::ledger::OwedFor;
use mallcore_actors::money::Money;
use mallcore_actors::orders::Transaction;
use mallcore_actors::time::Timestamp;

use super::model::{Reason, Refund, RefundState};
use crate::features::ledger;
use crate::platform::database::{Arguments, Database, Error, Row, Tx};

const COLUMNS: &str = "refund_no, order_id, refund_id, transaction_id, amount_fen, total_fen, reason, state, round, tries, next_at, problem, \
     created_at, done_at";
/// Characters that a problem's column takes.
const PROBLEM_CHARACTERS_MAX: usize = 255;

/// Refunds that are not done, by state: how many, and when the oldest was decided.
pub type Backlog = Vec<(RefundState, u64, Timestamp)>;

/// Makes a row, unless there is one with this number.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn note(tx: &mut Tx, refund: &Refund, now: Timestamp) -> Result<(), Error> {
    if tx.first("SELECT 1 FROM wechat_refunds WHERE refund_no = ?", vec![refund.no.clone().into()]).await?.is_some() {
        return Ok(());
    }
    let text = "INSERT INTO wechat_refunds (refund_no, order_id, refund_id, transaction_id, amount_fen, total_fen, reason, state, round, \
         tries, next_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?)";
    let values: Arguments = vec![
        refund.no.clone().into(),
        refund.order.get().into(),
        refund.refund.map(RefundId::get).into(),
        refund.transaction.as_str().to_owned().into(),
        refund.amount.fen().into(),
        refund.total.fen().into(),
        (refund.reason as u8).into(),
        (refund.state as u8).into(),
        refund.next_at.into(),
        refund.created_at.into(),
        now.into(),
    ];
    tx.execute(text, values).await.map(drop)
}

/// Notes where a refund stands; one that is done is booked in the ledger, too. One that is done stays so, and one that was asked for anew is another one by then.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn update(tx: &mut Tx, refund: &Refund, now: Timestamp) -> Result<bool, Error> {
    let text = "UPDATE wechat_refunds SET state = ?, round = ?, tries = ?, next_at = ?, problem = ?, done_at = ?, updated_at = ? \
         WHERE refund_no = ? AND state <> ? AND round <= ?";
    let problem = refund.problem.as_ref().map(|problem| problem.chars().take(PROBLEM_CHARACTERS_MAX).collect::<String>());
    let values: Arguments = vec![
        (refund.state as u8).into(),
        refund.round.into(),
        refund.tries.into(),
        refund.next_at.into(),
        problem.into(),
        refund.done_at.into(),
        now.into(),
        refund.no.clone().into(),
        (RefundState::Done as u8).into(),
        refund.round.into(),
    ];
    let is_noted = tx.execute(text, values).await? > 0;
    if is_noted && refund.state == RefundState::Done {
        let owed_for = if refund.reason == Reason::Refunded { OwedFor::Refund } else { OwedFor::Stray };
        ledger::book_paid_back(tx, &refund.no, owed_for, refund.amount, refund.done_at.unwrap_or(now)).await?;
    }
    Ok(is_noted)
}

/// The same in a transaction of its own.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn save(database: &Database, refund: &Refund, now: Timestamp) -> Result<bool, Error> {
    let mut tx = database.begin().await?;
    let is_changed = update(&mut tx, refund, now).await?;
    tx.commit().await?;
    Ok(is_changed)
}

/// One by its number in the shop.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn by_no(tx: &mut Tx, no: &str) -> Result<Option<Refund>, Error> {
    let text = format!("SELECT {COLUMNS} FROM wechat_refunds WHERE refund_no = ?");
    tx.first(text, vec![no.to_owned().into()]).await?.map(|row| refund(&row)).transpose()
}

/// Those whose time has come, at most so many. Those that somebody has to act upon are looked at, too: perhaps somebody has.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn due(database: &Database, now: Timestamp, most: u32) -> Result<Vec<Refund>, Error> {
    let states = [RefundState::Wanted, RefundState::Processing, RefundState::Abnormal];
    let mut found = Vec::new();
    let mut tx = database.snapshot().await?;
    for state in states {
        let text = format!("SELECT {COLUMNS} FROM wechat_refunds WHERE state = ? AND next_at <= ? ORDER BY next_at LIMIT {most}");
        for row in tx.all(text, vec![(state as u8).into(), now.into()]).await? {
            found.push(refund(&row)?);
        }
    }
    tx.commit().await?;
    Ok(found)
}

/// The refunds of an order, the oldest first.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn of_order(database: &Database, order: OrderId) -> Result<Vec<Refund>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT {COLUMNS} FROM wechat_refunds WHERE order_id = ? ORDER BY created_at, refund_no");
    let rows = tx.all(text, vec![order.get().into()]).await?;
    tx.commit().await?;
    rows.iter().map(refund).collect()
}

/// Refunds that are not done, those first that have waited longest; only those that do not get on by themselves if `stuck`.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn unfinished(database: &Database, stuck: bool, most: u64) -> Result<Vec<Refund>, Error> {
    let mut tx = database.snapshot().await?;
    let fits = if stuck { "state IN (4, 5) OR (state = 1 AND problem IS NOT NULL)" } else { "state IN (1, 2, 4, 5)" };
    let text = format!("SELECT {COLUMNS} FROM wechat_refunds WHERE {fits} ORDER BY created_at, refund_no LIMIT {most}");
    let rows = tx.all(text, Vec::new()).await?;
    tx.commit().await?;
    rows.iter().map(refund).collect()
}

/// How many are not done, by state.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn backlog(database: &Database) -> Result<Backlog, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT state, COUNT(*), MIN(created_at) FROM wechat_refunds WHERE state IN (1, 2, 4, 5) GROUP BY state";
    let rows = tx.all(text, Vec::new()).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((state(row, 0)?, row.count(1)?, row.time(2)?))).collect()
}

fn state(row: &Row, column: usize) -> Result<RefundState, Error> {
    let number = row.int(column)?;
    RefundState::from_number(number).ok_or_else(|| Error::Unexpected { column, found: number.to_string() })
}

fn refund(row: &Row) -> Result<Refund, Error> {
    let unexpected = |column: usize, found: String| Error::Unexpected { column, found };
    let reason = row.int(6)?;
    Ok(Refund {
        no: row.text(0)?,
        order: row.id(1, OrderId::new)?,
        refund: row.id_or_null(2, RefundId::new)?,
        transaction: Transaction::parse(&row.text(3)?).map_err(|bad| unexpected(3, bad.to_string()))?,
        amount: row.id(4, Money::from_fen)?,
        total: row.id(5, Money::from_fen)?,
        reason: Reason::from_number(reason).ok_or_else(|| unexpected(6, reason.to_string()))?,
        state: state(row, 7)?,
        round: row.pieces(8)?,
        tries: row.pieces(9)?,
        next_at: row.time(10)?,
        problem: row.text_or_null(11)?,
        created_at: row.time(12)?,
        done_at: row.time_or_null(13)?,
    })
}

/// Has a refund that is not done asked for again at once: under another number if WeChat Pay has closed it, because a closed one stays closed.
/// False if there is none.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn retry(database: &Database, no: &str, now: Timestamp) -> Result<bool, Error> {
    let mut tx = database.begin().await?;
    let Some(refund) = by_no(&mut tx, no).await?.filter(|refund| refund.state != RefundState::Done) else { return Ok(false) };
    let (state, round) = match refund.state {
        RefundState::Closed => (RefundState::Wanted, refund.round.saturating_add(1)),
        RefundState::Abnormal => (RefundState::Wanted, refund.round),
        state => (state, refund.round),
    };
    let done = update(&mut tx, &Refund { state, round, tries: 0, next_at: now, ..refund }, now).await?;
    tx.commit().await?;
    Ok(done)
}
