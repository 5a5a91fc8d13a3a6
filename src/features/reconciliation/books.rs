//! The shop's side of a day: payments, stray money and refunds of the day, and what is known of everything that its bill has.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use mallcore_actors::ids::OrderId;
use mallcore_actors::money::Money;
use mallcore_actors::reconciliation::{Action, Bill, OurPayment, OurRefund, Ours};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;

use super::settling::id_of_refund;
use crate::platform::database::{Arguments, Error, Row, Rows, Tx, Value, chunks};

/// The column `wechat_refunds.state` of a refund that the payer has.
const DONE: u8 = 3;

/// A refund's number in the shop, without the round behind it.
fn no_of(number: &str) -> &str {
    number.split_once('-').map_or(number, |(no, _)| no)
}

/// Looks everything up, in the caller's snapshot. Refunds in `earlier` stand in the bill of a day before.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn ours(tx: &mut Tx, day: BusinessDay, bill: &Bill, earlier: &HashSet<String>) -> Result<Ours, Error> {
    let mut ours = Ours::default();
    // Other systems may have numbers with other letters, which none of ours has.
    let numbers: BTreeSet<&str> = bill.payments.iter().map(|payment| payment.number.as_str()).filter(|number| number.is_ascii()).collect();
    let numbers: Vec<&str> = numbers.into_iter().collect();
    for row in rows_in(tx, "SELECT trade_no, order_id FROM payment_attempts WHERE trade_no IN", texts(&numbers)).await? {
        ours.attempts.insert(row.text(0)?, row.id(1, OrderId::new)?);
    }
    payments(tx, day, &mut ours).await?;
    refunds(tx, day, bill, earlier, &mut ours).await?;
    own_refunds(tx, bill, &mut ours).await?;
    Ok(ours)
}

/// Rows whose key is one of these, a bounded number a statement.
async fn rows_in(tx: &mut Tx, text: &str, keys: Arguments) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for some in chunks(&keys) {
        rows.extend(tx.all(format!("{text} ({})", Rows::places(some.len())), some.to_vec()).await?);
    }
    Ok(rows)
}

fn texts(keys: &[&str]) -> Arguments {
    keys.iter().map(|key| Value::from((*key).to_owned())).collect()
}

/// Orders keep what they took in `payments`, and what they did not want in `stray_payments`.
async fn payments(tx: &mut Tx, day: BusinessDay, ours: &mut Ours) -> Result<(), Error> {
    let (begins, ends) = (day.begins_at(), day.ends_at());
    let orders: BTreeSet<OrderId> = ours.attempts.values().copied().collect();
    let orders: Arguments = orders.into_iter().map(|order| order.get().into()).collect();
    for table in ["payments", "stray_payments"] {
        let columns = format!("SELECT transaction_id, order_id, amount_fen, traded_at FROM {table} WHERE transaction_id IS NOT NULL AND");
        let mut rows = rows_in(tx, &format!("{columns} order_id IN"), orders.clone()).await?;
        rows.extend(tx.all(format!("{columns} traded_at >= ? AND traded_at < ?"), vec![begins.into(), ends.into()]).await?);
        for row in rows {
            let (order, amount, at) = (row.id(1, OrderId::new)?, row.id(2, Money::from_fen)?, row.time(3)?);
            ours.payments.insert(row.text(0)?, OurPayment { order, amount, is_due: (begins..ends).contains(&at) });
        }
    }
    Ok(())
}

async fn refunds(tx: &mut Tx, day: BusinessDay, bill: &Bill, earlier: &HashSet<String>, ours: &mut Ours) -> Result<(), Error> {
    let (begins, ends) = (day.begins_at(), day.ends_at());
    let mut rounds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for refund in bill.refunds.iter().filter(|refund| refund.number.is_ascii()) {
        rounds.entry(no_of(&refund.number)).or_default().push(&refund.number);
    }
    let billed: Vec<&str> = rounds.keys().copied().collect();
    let columns = "SELECT refund_no, order_id, amount_fen, state, round, done_at FROM wechat_refunds WHERE";
    let mut rows = rows_in(tx, &format!("{columns} refund_no IN"), texts(&billed)).await?;
    rows.extend(tx.all(format!("{columns} done_at >= ? AND done_at < ?"), vec![begins.into(), ends.into()]).await?);
    for row in rows {
        let (no, order, amount) = (row.text(0)?, row.id(1, OrderId::new)?, row.id(2, Money::from_fen)?);
        let (is_done, round) = (row.int(3)? == i64::from(DONE), row.count(4)?);
        let done_at: Option<Timestamp> = row.time_or_null(5)?;
        let number = if round == 0 { no.clone() } else { format!("{no}-{round}") };
        // A round that was given up is in bills, too: money that went by it went besides what the shop knows.
        for given_up in rounds.get(no.as_str()).into_iter().flatten().filter(|billed| **billed != number) {
            let given_back = OurRefund { order: Some(order), amount, is_done: false, is_due: false };
            ours.refunds.insert((*given_up).to_owned(), given_back);
        }
        let is_due = is_done && done_at.is_some_and(|at| (begins..ends).contains(&at)) && !earlier.contains(&number);
        ours.refunds.insert(number, OurRefund { order: Some(order), amount, is_done, is_due });
    }
    Ok(())
}

/// Refunds of money that no order wanted: somebody has settled a difference so.
async fn own_refunds(tx: &mut Tx, bill: &Bill, ours: &mut Ours) -> Result<(), Error> {
    let ids: Vec<Value> = bill.refunds.iter().filter_map(|refund| id_of_refund(&refund.number)).map(Into::into).collect();
    let text = format!("SELECT id, reference, bill_fen FROM payment_differences WHERE action = {} AND id IN", Action::Refund as u8);
    for row in rows_in(tx, &text, ids).await? {
        let (id, transaction, amount) = (row.count(0)?, row.text(1)?, row.id(2, Money::from_fen)?);
        let number = super::settling::number_of_refund(id, &transaction);
        // The bill says whether it was done.
        ours.refunds.insert(number, OurRefund { order: None, amount, is_done: true, is_due: false });
    }
    Ok(())
}
