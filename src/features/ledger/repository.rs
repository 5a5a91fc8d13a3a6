//! Rows of the ledger: entries that no record of the journal tells of, and what is on the accounts.

use mallcore_actors::ledger::{Account, Balances, Entry, EntrySource, OwedFor, Posting, paid_back};
use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;

use crate::platform::database::{Arguments, Database, Error, Rows, Tx, Value};

pub(super) const ENTRIES: &str = "ledger_entries";
pub(super) const ENTRY_COLUMNS: [&str; 4] = ["entry_key", "kind", "order_id", "booked_at"];
pub(super) const POSTINGS: &str = "ledger_postings";
pub(super) const POSTING_COLUMNS: [&str; 4] = ["entry_key", "account", "debit_fen", "credit_fen"];

pub(super) fn entry_values(entry: &Entry) -> [Value; 4] {
    let source = &entry.source;
    [source.to_string().into(), (source.kind() as u8).into(), source.order().map(|order| order.get()).into(), entry.at.into()]
}

pub(super) fn posting_values(entry: &Entry, posting: Posting) -> [Value; 4] {
    [entry.source.to_string().into(), posting.account.number().into(), posting.debit_fen().into(), posting.credit_fen().into()]
}

/// Books an entry, unless it is booked. False if it was.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn book(tx: &mut Tx, entry: &Entry) -> Result<bool, Error> {
    let key = entry.source.to_string();
    if tx.first("SELECT 1 FROM ledger_entries WHERE entry_key = ?", vec![key.into()]).await?.is_some() {
        return Ok(false);
    }
    tx.execute(Rows::insert(tx.engine(), ENTRIES, &ENTRY_COLUMNS, 1), entry_values(entry).into()).await?;
    let values: Arguments = entry.postings.iter().flat_map(|posting| posting_values(entry, *posting)).collect();
    tx.execute(Rows::insert(tx.engine(), POSTINGS, &POSTING_COLUMNS, entry.postings.len()), values).await?;
    Ok(true)
}

/// Books that a payer has money back, unless it is booked; `number` is the shop's number of the refund, of which a repeat is the same.
///
/// # Errors
/// [`Error`] if the database does not do it.
pub async fn book_paid_back(tx: &mut Tx, number: &str, owed_for: OwedFor, amount: Money, at: Timestamp) -> Result<(), Error> {
    match Entry::new(EntrySource::PaidBack(number.to_owned()), at, &paid_back(owed_for, amount)) {
        Some(entry) => book(tx, &entry).await.map(drop),
        None => Ok(()),
    }
}

/// How many entries tell of a day's fees, and what they come to in fen.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn fees_of(tx: &mut Tx, day: BusinessDay) -> Result<(u32, i64), Error> {
    let first = EntrySource::Fees(day, 1).to_string();
    // Keys of further parts go on with a colon, which a semicolon follows.
    let end = format!("{first};");
    let text = format!(
        "SELECT COUNT(*), CAST(COALESCE(SUM(debit_fen - credit_fen), 0) AS SIGNED) FROM ledger_postings \
         WHERE entry_key >= ? AND entry_key < ? AND account = {}",
        Account::Fees.number()
    );
    let row = tx.first(text, vec![first.into(), end.into()]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.pieces(0)?, row.int(1)?)))
}

/// What is on the accounts: debits and credits of each that was ever booked on, by number; and how many entries there are that do not
/// balance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accounts {
    /// Account, debits, credits, in fen.
    pub sums: Vec<(Account, i64, i64)>,
    /// How many entries there are.
    pub entries: u64,
    /// Entries whose debits are not their credits: 0, unless somebody has changed rows.
    pub unbalanced: u64,
}

impl Accounts {
    /// Debits less credits.
    pub fn balances(&self) -> Balances {
        let mut balances = Balances::default();
        for &(account, debit, credit) in &self.sums {
            balances.add(Posting { account, fen: debit - credit });
        }
        balances
    }
}

/// Adds everything up, in one moment. It reads the whole ledger.
///
/// # Errors
/// [`Error`] if the database does not answer.
pub async fn accounts(database: &Database) -> Result<Accounts, Error> {
    let mut tx = database.snapshot().await?;
    let count = |row: Option<crate::platform::database::Row>| row.map_or(Ok(0), |row| row.count(0));
    let entries = count(tx.first("SELECT COUNT(*) FROM ledger_entries", Arguments::new()).await?)?;
    let text = "SELECT COUNT(*) FROM (SELECT e.entry_key FROM ledger_entries e LEFT JOIN ledger_postings p ON p.entry_key = e.entry_key \
         GROUP BY e.entry_key HAVING COALESCE(SUM(p.debit_fen), -1) <> COALESCE(SUM(p.credit_fen), 0)) u";
    let unbalanced = count(tx.first(text, Arguments::new()).await?)?;
    let text = "SELECT account, CAST(SUM(debit_fen) AS SIGNED), CAST(SUM(credit_fen) AS SIGNED) FROM ledger_postings \
         GROUP BY account ORDER BY account";
    let mut sums = Vec::new();
    for row in tx.all(text, Arguments::new()).await? {
        let number = row.int(0)?;
        let account = Account::from_number(number).ok_or_else(|| Error::Unexpected { column: 0, found: number.to_string() })?;
        sums.push((account, row.int(1)?, row.int(2)?));
    }
    tx.commit().await?;
    Ok(Accounts { sums, entries, unbalanced })
}
