//! The rows of `shipping_uploads`: what WeChat has to be told.

use mallcore_actors::ids::{OrderId, UserId};
use mallcore_actors::time::Timestamp;

use super::schedule::Next;
use crate::platform::database::{Arguments, Database, Error, Row, Tx, Value};

/// Characters of the column for people.
const PROBLEM_CHARACTERS_MAX: usize = 500;
/// Rows that are counted; more are "that many".
const COUNTED_MAX: u64 = 10_000;

/// Where a note stands. Numbers are those of the column `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum UploadStatus {
    /// WeChat is still to be told.
    Waiting = 1,
    /// WeChat knows all of it.
    Done = 2,
    /// A person has to act.
    Failed = 3,
    /// There is nothing to tell.
    Nothing = 4,
}

impl UploadStatus {
    /// From the column.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Waiting),
            2 => Some(Self::Done),
            3 => Some(Self::Failed),
            4 => Some(Self::Nothing),
            _ => None,
        }
    }

    /// The word for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Nothing => "nothing",
        }
    }
}

/// What WeChat is to be told of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The order that is meant.
    pub order: OrderId,
    /// The shopper who owns it.
    pub user: UserId,
    /// The version of the order that has to be told, at least.
    pub wanted_version: u32,
    /// What was told last.
    pub fingerprint: Option<[u8; 16]>,
    /// Where it stands.
    pub status: UploadStatus,
    /// It was sent, and nobody knows whether it arrived.
    pub is_uncertain: bool,
    /// Calls for this version.
    pub attempts: u32,
    /// When it is tried again.
    pub next_at: Timestamp,
    /// What went wrong last.
    pub problem: Option<String>,
    /// Since when it waits.
    pub wanted_at: Timestamp,
}

const COLUMNS: &str = "order_id, user_id, wanted_version, fingerprint, status, is_uncertain, attempts, next_at, problem, wanted_at";

fn upload(row: &Row) -> Result<Upload, Error> {
    let status = row.int(4)?;
    let fingerprint = row.bytes_or_null(3)?.map(|bytes| bytes.try_into().map_err(|_| unexpected(3, "other than 16 bytes"))).transpose()?;
    Ok(Upload {
        order: row.id(0, OrderId::new)?,
        user: row.id(1, UserId::new)?,
        wanted_version: row.pieces(2)?,
        fingerprint,
        status: UploadStatus::from_number(status).ok_or_else(|| unexpected(4, status))?,
        is_uncertain: row.flag(5)?,
        attempts: row.pieces(6)?,
        next_at: row.time(7)?,
        problem: row.text_or_null(8)?,
        wanted_at: row.time(9)?,
    })
}

fn unexpected(column: usize, found: impl std::fmt::Display) -> Error {
    Error::Unexpected { column, found: found.to_string() }
}

/// One statement as a transaction.
async fn change(database: &Database, text: impl Into<String>, values: Arguments) -> Result<(), Error> {
    let mut tx = database.begin().await?;
    tx.execute(text, values).await?;
    tx.commit().await
}

/// Notes that WeChat has to know this version of an order. An older one than is noted changes nothing.
pub async fn want(database: &Database, of: (UserId, OrderId), version: u32, now: Timestamp) -> Result<(), Error> {
    let mut tx = database.begin().await?;
    note(&mut tx, of, version, now).await?;
    tx.commit().await
}

async fn note(tx: &mut Tx, (user, order): (UserId, OrderId), version: u32, now: Timestamp) -> Result<(), Error> {
    let known = tx.lock("SELECT wanted_version FROM shipping_uploads WHERE order_id = ?", vec![order.get().into()]).await?;
    match known.first().map(|row| row.pieces(0)).transpose()? {
        Some(known) if known >= version => Ok(()),
        Some(_) => {
            // What was sent without an answer stays uncertain: it may have been taken.
            let text = "UPDATE shipping_uploads SET wanted_version = ?, status = 1, attempts = 0, next_at = ?, problem = NULL, wanted_at = ?, \
                 updated_at = ? WHERE order_id = ?";
            let values = vec![version.into(), now.into(), now.into(), now.into(), order.get().into()];
            tx.execute(text, values).await.map(drop)
        }
        None => {
            let text = "INSERT INTO shipping_uploads (order_id, user_id, wanted_version, next_at, wanted_at, updated_at) \
                 VALUES (?, ?, ?, ?, ?, ?)";
            let values: Arguments = vec![order.get().into(), user.get().into(), version.into(), now.into(), now.into(), now.into()];
            tx.execute(text, values).await.map(drop)
        }
    }
}

/// The order whose turn it is, the one that waits longest first.
pub async fn due(database: &Database, now: Timestamp) -> Result<Option<Upload>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT {COLUMNS} FROM shipping_uploads WHERE status = 1 AND next_at <= ? ORDER BY next_at, order_id LIMIT 1");
    let row = tx.first(text, vec![now.into()]).await?;
    tx.commit().await?;
    row.as_ref().map(upload).transpose()
}

/// From now on nobody knows whether WeChat was told, until an answer is noted.
pub async fn begin(database: &Database, order: OrderId, now: Timestamp) -> Result<(), Error> {
    let text = "UPDATE shipping_uploads SET is_uncertain = 1, updated_at = ? WHERE order_id = ?";
    change(database, text, vec![now.into(), order.get().into()]).await
}

/// Notes what came of an attempt at this version; a newer version that was wanted meanwhile goes on waiting.
pub async fn settle(
    database: &Database,
    told: &Upload,
    (next, fingerprint): (&Next, Option<[u8; 16]>),
    now: Timestamp,
) -> Result<(), Error> {
    let (status, attempts, next_at, is_uncertain, problem) = match next {
        Next::Done => (UploadStatus::Done, told.attempts, now, false, None),
        Next::Later { pause_millis, is_uncertain, problem } => {
            (UploadStatus::Waiting, told.attempts + 1, now.plus_millis(*pause_millis), *is_uncertain, Some(problem))
        }
        Next::Failed { problem } => (UploadStatus::Failed, told.attempts + 1, now, false, Some(problem)),
    };
    let problem: Option<String> = problem.map(|problem| problem.chars().take(PROBLEM_CHARACTERS_MAX).collect());
    let set = "status = ?, attempts = ?, next_at = ?, problem = ?, is_uncertain = ?, updated_at = ?";
    let fits = "order_id = ? AND wanted_version = ?";
    let mut values: Arguments =
        vec![(status as u8).into(), attempts.into(), next_at.into(), problem.into(), is_uncertain.into(), now.into()];
    let key: [Value; 2] = [told.order.get().into(), told.wanted_version.into()];
    let text = match (next, fingerprint) {
        (Next::Done, Some(fingerprint)) => {
            values.extend([fingerprint.into(), told.wanted_version.into()]);
            format!("UPDATE shipping_uploads SET {set}, fingerprint = ?, uploaded_version = ? WHERE {fits}")
        }
        _ => format!("UPDATE shipping_uploads SET {set} WHERE {fits}"),
    };
    values.extend(key);
    change(database, text, values).await
}

/// The order has not reached the wanted version in the database: it is looked at again, which is no attempt.
pub async fn postpone(database: &Database, order: OrderId, until: Timestamp) -> Result<(), Error> {
    let text = "UPDATE shipping_uploads SET next_at = ? WHERE order_id = ? AND status = 1";
    change(database, text, vec![until.into(), order.get().into()]).await
}

/// There is nothing to tell of this version.
pub async fn nothing(database: &Database, told: &Upload, now: Timestamp) -> Result<(), Error> {
    let text = "UPDATE shipping_uploads SET status = 4, problem = NULL, updated_at = ? WHERE order_id = ? AND wanted_version = ?";
    change(database, text, vec![now.into(), told.order.get().into(), told.wanted_version.into()]).await
}

/// Notes in this status, those that wait longest first.
pub async fn listed(database: &Database, status: UploadStatus, most: u32) -> Result<Vec<Upload>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT {COLUMNS} FROM shipping_uploads WHERE status = ? ORDER BY next_at, order_id LIMIT ?");
    let rows = tx.all(text, vec![(status as u8).into(), most.into()]).await?;
    tx.commit().await?;
    rows.iter().map(upload).collect()
}

/// Has an order told again, whatever became of it before; notes it first, if nobody has. `version`: that of the order.
pub async fn retry(database: &Database, of: (UserId, OrderId), version: u32, now: Timestamp) -> Result<(), Error> {
    let mut tx = database.begin().await?;
    note(&mut tx, of, version, now).await?;
    // Without what was told last, so that it is told, and asked about first.
    let text = "UPDATE shipping_uploads SET status = 1, attempts = 0, next_at = ?, problem = NULL, fingerprint = NULL, is_uncertain = 1, \
         wanted_at = ?, updated_at = ? WHERE order_id = ?";
    tx.execute(text, vec![now.into(), now.into(), now.into(), of.1.get().into()]).await?;
    tx.commit().await
}

/// What waits, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Orders of which WeChat is still to be told.
    pub waiting: u64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
    /// Orders that wait for a person.
    pub failed: u64,
}

/// Counts what waits.
pub async fn backlog(database: &Database) -> Result<Backlog, Error> {
    let mut tx = database.snapshot().await?;
    let mut counts = [0, 0];
    for (count, status) in counts.iter_mut().zip([UploadStatus::Waiting, UploadStatus::Failed]) {
        let text = "SELECT COUNT(*) FROM (SELECT order_id FROM shipping_uploads WHERE status = ? LIMIT ?) counted";
        let row = tx.first(text, vec![(status as u8).into(), COUNTED_MAX.into()]).await?;
        *count = row.map_or(Ok(0), |row| row.count(0))?;
    }
    let oldest = tx.first("SELECT MIN(wanted_at) FROM shipping_uploads WHERE status = 1", Vec::new()).await?;
    tx.commit().await?;
    let [waiting, failed] = counts;
    Ok(Backlog { waiting, oldest: oldest.map(|row| row.time_or_null(0)).transpose()?.flatten(), failed })
}
