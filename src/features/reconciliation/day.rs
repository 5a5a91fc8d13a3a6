//! One day: its bills against the shop's books, its differences as rows, its fees in the ledger. Repeating it changes nothing that is right.

use std::collections::HashSet;

use mallcore_actors::ledger::{Entry, EntrySource, OwedFor, wechat_fees};
use mallcore_actors::reconciliation::{Bill, BilledState, Difference, compare};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;

use super::bills::{BillError, Bills};
use super::books;
use super::differences::{self, Noted, State};
use super::settling::id_of_refund;
use crate::features::ledger;
use crate::platform::database::{Database, Error, Rows, Tx};

/// What was compared, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The day that was compared.
    pub day: BusinessDay,
    /// False if WeChat Pay says that the day had no trades.
    pub has_bill: bool,
    /// Payments in the bill.
    pub payments: u64,
    /// Refunds in the bill.
    pub refunds: u64,
    /// Fees by the bill of trades, in fen.
    pub fees_fen: i64,
    /// Every difference of the day, also those that are settled.
    pub differences: Vec<Noted>,
}

impl Outcome {
    /// Differences that are not settled.
    pub fn unsettled(&self) -> usize {
        self.differences.iter().filter(|row| row.state != State::Settled).count()
    }
}

/// Fetches the day's bills, unless they are kept, and compares.
///
/// # Errors
/// [`BillError`].
pub async fn reconcile(bills: &Bills<'_>, day: BusinessDay, now: Timestamp) -> Result<Outcome, BillError> {
    let bill = bills.of(day, now).await?;
    let earlier = bills.refunds_before(day).await?;
    Ok(compare_with(bills.database, day, bill.as_ref(), &earlier, now).await?)
}

/// Compares with a bill that is at hand; none if the day had no trades. Refunds in `earlier` stand in the bills of the days before.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn compare_with(
    database: &Database,
    day: BusinessDay,
    bill: Option<&Bill>,
    earlier: &HashSet<String>,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let empty = Bill::default();
    let (has_bill, bill) = (bill.is_some(), bill.unwrap_or(&empty));
    // What takes long is only read.
    let mut tx = database.snapshot().await?;
    let ours = books::ours(&mut tx, day, bill, earlier).await?;
    tx.commit().await?;
    let found = compare(bill, &ours);
    let mut tx = database.begin().await?;
    write(&mut tx, day, bill, &found, now).await?;
    let differences = differences::of_day(&mut tx, day).await?;
    let (payments, refunds, fees_fen) = (bill.payments.len() as u64, bill.refunds.len() as u64, bill.fees_fen);
    let outcome = Outcome { day, has_bill, payments, refunds, fees_fen, differences };
    remember(&mut tx, &outcome, now).await?;
    tx.commit().await?;
    Ok(outcome)
}

async fn write(tx: &mut Tx, day: BusinessDay, bill: &Bill, found: &[Difference], now: Timestamp) -> Result<(), Error> {
    differences::note(tx, day, found, now).await?;
    differences::catch_up(tx, day, bill, now).await?;
    book_fees(tx, day, bill.fees_fen).await?;
    for refund in bill.refunds.iter().filter(|refund| refund.state == BilledState::Done && id_of_refund(&refund.number).is_some()) {
        let is_found = found.iter().any(|difference| difference.reference == refund.number);
        if !is_found {
            ledger::book_paid_back(tx, &refund.number, OwedFor::Stray, refund.amount, day.ends_at()).await?;
        }
    }
    Ok(())
}

/// Books what the fees are more than what is booked of them: all of them the first time, nothing if the bill is the same.
async fn book_fees(tx: &mut Tx, day: BusinessDay, fees_fen: i64) -> Result<(), Error> {
    let (parts, booked) = ledger::fees_of(tx, day).await?;
    let source = EntrySource::Fees(day, parts + 1);
    // Fees are the day's last entry.
    match Entry::new(source, day.ends_at(), &wechat_fees(fees_fen - booked)) {
        Some(entry) => ledger::book(tx, &entry).await.map(drop),
        None => Ok(()),
    }
}

async fn remember(tx: &mut Tx, outcome: &Outcome, now: Timestamp) -> Result<(), Error> {
    let columns = ["bill_day", "has_bill", "payments_count", "refunds_count", "fees_fen", "differences_count", "compared_at"];
    let text = Rows::upsert(tx.engine(), "payment_reconciliations", &["bill_day"], &columns, &[], 1);
    let values = vec![
        outcome.day.number().into(),
        outcome.has_bill.into(),
        outcome.payments.into(),
        outcome.refunds.into(),
        outcome.fees_fen.into(),
        (outcome.differences.len() as u64).into(),
        now.into(),
    ];
    tx.execute(text, values).await.map(drop)
}

/// The last day that was compared.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn last(database: &Database) -> Result<Option<BusinessDay>, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first("SELECT MAX(bill_day) FROM payment_reconciliations", Vec::new()).await?;
    tx.commit().await?;
    let number = row.map(|row| row.int_or_null(0)).transpose()?.flatten();
    Ok(number.and_then(|number| u32::try_from(number).ok()).map(BusinessDay::of_number))
}
