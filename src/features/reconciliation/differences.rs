//! Rows of differences: found once, open until somebody settles them or the books agree.

use std::collections::{BTreeMap, HashSet};

use mallcore_actors::ids::OrderId;
use mallcore_actors::reconciliation::{Action, Bill, Class, Difference, Subject};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;

use crate::platform::database::{Arguments, Database, Error, Row, Rows, Tx};

/// Characters that a note's column takes.
pub const NOTE_CHARACTERS_MAX: usize = 255;

/// Where a difference stands. Numbers are those of the column `payment_differences.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Somebody has to look.
    Open = 1,
    /// A running shop carries its action out.
    Wanted = 2,
    /// An action has been taken.
    Settled = 3,
}

impl State {
    const ALL: [Self; 3] = [Self::Open, Self::Wanted, Self::Settled];

    /// The word on the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Wanted => "wanted",
            Self::Settled => "settled",
        }
    }
}

/// A difference as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// By what people call it.
    pub id: u64,
    /// The day whose bill it is.
    pub day: BusinessDay,
    /// What is different.
    pub difference: Difference,
    /// Where it stands.
    pub state: State,
    /// What was done about it, or is wanted.
    pub action: Option<Action>,
    /// What the person who settled it wrote.
    pub note: Option<String>,
    /// Who has settled it.
    pub settled_by: Option<String>,
    /// When it was found first.
    pub found_at: Timestamp,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
}

const COLUMNS: &str =
    "id, bill_day, class, subject, reference, order_id, bill_fen, our_fen, state, action, note, settled_by, found_at, settled_at";

fn noted(row: &Row) -> Result<Noted, Error> {
    let unexpected = |column, number: i64| Error::Unexpected { column, found: number.to_string() };
    let (class, subject, state, action) = (row.int(2)?, row.int(3)?, row.int(8)?, row.int_or_null(9)?);
    Ok(Noted {
        id: row.count(0)?,
        day: BusinessDay::of_number(row.pieces(1)?),
        difference: Difference {
            class: Class::from_number(class).ok_or_else(|| unexpected(2, class))?,
            subject: Subject::from_number(subject).ok_or_else(|| unexpected(3, subject))?,
            reference: row.text(4)?,
            order: row.id_or_null(5, OrderId::new)?,
            bill_fen: row.int_or_null(6)?,
            our_fen: row.int_or_null(7)?,
        },
        state: State::ALL.into_iter().find(|known| i64::from(*known as u8) == state).ok_or_else(|| unexpected(8, state))?,
        action: action.map(|number| Action::from_number(number).ok_or_else(|| unexpected(9, number))).transpose()?,
        note: row.text_or_null(10)?,
        settled_by: row.text_or_null(11)?,
        found_at: row.time(12)?,
        settled_at: row.time_or_null(13)?,
    })
}

/// Those of a day, in the order of their ids.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn of_day(tx: &mut Tx, day: BusinessDay) -> Result<Vec<Noted>, Error> {
    let text = format!("SELECT {COLUMNS} FROM payment_differences WHERE bill_day = ? ORDER BY id");
    tx.all(text, vec![day.number().into()]).await?.iter().map(noted).collect()
}

/// One by its id.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn find(tx: &mut Tx, id: u64) -> Result<Option<Noted>, Error> {
    let text = format!("SELECT {COLUMNS} FROM payment_differences WHERE id = ?");
    tx.first(text, vec![id.into()]).await?.as_ref().map(noted).transpose()
}

/// Those in this state, the oldest day first, at most so many.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn in_state(database: &Database, state: State, most: u32) -> Result<Vec<Noted>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT {COLUMNS} FROM payment_differences WHERE state = ? ORDER BY bill_day, id LIMIT {most}");
    let rows = tx.all(text, vec![(state as u8).into()]).await?;
    tx.commit().await?;
    rows.iter().map(noted).collect()
}

/// How many are not settled, by class.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn unsettled(database: &Database) -> Result<Vec<(Class, u64)>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT class, COUNT(*) FROM payment_differences WHERE state IN (1, 2) GROUP BY class";
    let rows = tx.all(text, Arguments::new()).await?;
    tx.commit().await?;
    let counted = |row: &Row| {
        let class = row.int(0)?;
        let class = Class::from_number(class).ok_or_else(|| Error::Unexpected { column: 0, found: class.to_string() })?;
        Ok((class, row.count(1)?))
    };
    rows.iter().map(counted).collect()
}

/// Makes the rows of a day those that were found now: new ones are added, one that is found again stays as it is, and one that is not found
/// any more is resolved.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn note(tx: &mut Tx, day: BusinessDay, found: &[Difference], now: Timestamp) -> Result<(), Error> {
    let key = |difference: &Difference| (difference.class, difference.subject, difference.reference.clone());
    let mut known: BTreeMap<_, Noted> = of_day(tx, day).await?.into_iter().map(|row| (key(&row.difference), row)).collect();
    for difference in found {
        match known.remove(&key(difference)) {
            None => insert(tx, day, difference, now).await?,
            Some(row) if row.state == State::Settled && row.action != Some(Action::Resolved) => {}
            Some(row) if row.state != State::Settled && row.difference == *difference => {}
            Some(row) => renew(tx, &row, difference).await?,
        }
    }
    for row in known.into_values().filter(|row| row.state != State::Settled) {
        // An action that was wanted has done it.
        let action = row.action.filter(|_| row.state == State::Wanted).unwrap_or(Action::Resolved);
        settle_itself(tx, row.id, action, "the books agree", now).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, day: BusinessDay, difference: &Difference, now: Timestamp) -> Result<(), Error> {
    let columns = ["bill_day", "class", "subject", "reference", "order_id", "bill_fen", "our_fen", "state", "found_at"];
    let values = vec![
        day.number().into(),
        (difference.class as u8).into(),
        (difference.subject as u8).into(),
        difference.reference.clone().into(),
        difference.order.map(OrderId::get).into(),
        difference.bill_fen.into(),
        difference.our_fen.into(),
        (State::Open as u8).into(),
        now.into(),
    ];
    tx.execute(Rows::insert(tx.engine(), "payment_differences", &columns, 1), values).await.map(drop)
}

/// Found with other amounts, or again after it was resolved: it is open.
async fn renew(tx: &mut Tx, row: &Noted, difference: &Difference) -> Result<(), Error> {
    let state = if row.state == State::Settled { State::Open } else { row.state };
    let text = "UPDATE payment_differences SET order_id = ?, bill_fen = ?, our_fen = ?, state = ?, action = ?, settled_at = ? WHERE id = ?";
    let action = row.action.filter(|_| state == State::Wanted).map(|action| action as u8);
    let values = vec![
        difference.order.map(OrderId::get).into(),
        difference.bill_fen.into(),
        difference.our_fen.into(),
        (state as u8).into(),
        action.into(),
        None::<Timestamp>.into(),
        row.id.into(),
    ];
    tx.execute(text, values).await.map(drop)
}

async fn settle_itself(tx: &mut Tx, id: u64, action: Action, note: &str, now: Timestamp) -> Result<(), Error> {
    settle(tx, id, &Settling { state: State::Settled, action, note, by: None, at: now }).await.map(drop)
}

/// Settles what bills of other days lacked and this one has: WeChat Pay was late.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn catch_up(tx: &mut Tx, day: BusinessDay, bill: &Bill, now: Timestamp) -> Result<(), Error> {
    let payments: HashSet<&str> = bill.payments.iter().map(|payment| payment.transaction.as_str()).collect();
    let refunds: HashSet<&str> = bill.refunds.iter().map(|refund| refund.number.as_str()).collect();
    let text = format!("SELECT {COLUMNS} FROM payment_differences WHERE state = ? AND bill_day <> ? AND class IN (?, ?)");
    let classes = [Class::NotInBill, Class::RefundMissing].map(|class| (class as u8).into());
    let values = [vec![(State::Open as u8).into(), day.number().into()], classes.into()].concat();
    for row in tx.all(text, values).await? {
        let row = noted(&row)?;
        let has = match row.difference.subject {
            Subject::Payment => payments.contains(row.difference.reference.as_str()),
            Subject::Refund => refunds.contains(row.difference.reference.as_str()),
            Subject::Fees | Subject::Movement => false,
        };
        if has {
            settle_itself(tx, row.id, Action::BankDelay, &format!("the bill of {day} has it"), now).await?;
        }
    }
    Ok(())
}

/// How a difference is settled, or is to be.
#[derive(Debug, Clone, Copy)]
pub struct Settling<'a> {
    /// Where it stands afterwards.
    pub state: State,
    /// What was done, or is wanted.
    pub action: Action,
    /// Why; cut to what the column takes.
    pub note: &'a str,
    /// Who says so; none for the shop itself.
    pub by: Option<&'a str>,
    /// When it was settled.
    pub at: Timestamp,
}

/// Settles one that is not settled, or says that a shop shall. False if it was settled.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn settle(tx: &mut Tx, id: u64, settling: &Settling<'_>) -> Result<bool, Error> {
    let text = "UPDATE payment_differences SET state = ?, action = ?, note = ?, settled_by = COALESCE(?, settled_by), settled_at = ? \
         WHERE id = ? AND state IN (1, 2)";
    let note: String = settling.note.chars().take(NOTE_CHARACTERS_MAX).collect();
    let settled_at = (settling.state == State::Settled).then_some(settling.at);
    let values = vec![
        (settling.state as u8).into(),
        (settling.action as u8).into(),
        note.into(),
        settling.by.map(str::to_owned).into(),
        settled_at.into(),
        id.into(),
    ];
    Ok(tx.execute(text, values).await? > 0)
}

/// What was wanted cannot be done: it is open again, and the note says why.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn reopen(tx: &mut Tx, id: u64, note: &str) -> Result<(), Error> {
    let note: String = note.chars().take(NOTE_CHARACTERS_MAX).collect();
    let text = "UPDATE payment_differences SET state = 1, action = NULL, note = ? WHERE id = ? AND state = 2";
    tx.execute(text, vec![note.into(), id.into()]).await.map(drop)
}
