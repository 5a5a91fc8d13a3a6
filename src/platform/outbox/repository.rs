//! The rows of the outbox.

use mallcore_actors::time::Timestamp;

use super::{Backlog, Destination, Message};
use crate::platform::database::{Database, Error, Row, Rows, Tx, Value};

/// Bytes of a payload, as many as MySQL's TEXT has: the prices of a thousand SKUs.
pub const PAYLOAD_BYTES_MAX: usize = 65_535;
/// Characters of the columns for people.
const TEXT_CHARACTERS_MAX: usize = 500;
/// Rows of a backlog that are counted; more are "that many".
const COUNTED_MAX: u64 = 10_000;

/// Why nothing was appended; the transaction has to be given up.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] Error),
    /// The message cannot be stored.
    #[error("failed to write the message of kind {kind}")]
    Message {
        /// Kind of the message.
        kind: &'static str,
        /// Why it cannot be written.
        #[source]
        cause: serde_json::Error,
    },
    /// The message is too long.
    #[error("a message of kind {kind} has {bytes} bytes, at most {PAYLOAD_BYTES_MAX} are allowed")]
    Long {
        /// Kind of the message.
        kind: &'static str,
        /// Length of the payload.
        bytes: usize,
    },
}

impl AppendError {
    /// Whether the same transaction may work later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Database(cause) if cause.is_transient())
    }
}

/// Appends a message within the transaction of the cold write that it belongs to; returns its id. To be called last: from here to the
/// commit nobody else appends, which is what makes ids follow the commits.
pub async fn append(tx: &mut Tx, message: &Message, now: Timestamp) -> Result<u64, AppendError> {
    let kind = message.kind();
    let payload = message.payload().map_err(|cause| AppendError::Message { kind, cause })?;
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(AppendError::Long { kind, bytes: payload.len() });
    }
    tx.execute("UPDATE outbox_order SET last_id = last_id + 1", Vec::new()).await?;
    let row = tx.first("SELECT last_id FROM outbox_order", Vec::new()).await?;
    let id =
        row.map_or_else(|| Err(Error::Unexpected { column: 0, found: "an outbox without its order".to_owned() }), |row| row.count(0))?;
    let mut values: Vec<Value> = vec![id.into(), kind.into(), message.aggregate().into(), payload.into(), now.into()];
    // A destination that need not know has had it.
    values.extend(Destination::ALL.map(|destination| (!message.goes_to(destination)).then_some(now).into()));
    let text =
        "INSERT INTO outbox (id, kind, aggregate, payload, created_at, shop_at, events_at, cache_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    tx.execute(text, values).await?;
    Ok(id)
}

/// A row on its way to a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Id of the row.
    pub id: u64,
    /// What it asks for.
    pub kind: String,
    /// Whose order it keeps.
    pub aggregate: String,
    /// The message as JSON.
    pub payload: String,
    /// When it was committed.
    pub created_at: Timestamp,
}

/// The next rows after `after` that the destination does not have, without those that wait behind a parked one.
pub async fn pending(database: &Database, destination: Destination, after: u64, rows: u64) -> Result<Vec<Pending>, Error> {
    let column = destination.column();
    let text = format!(
        "SELECT o.id, o.kind, o.aggregate, o.payload, o.created_at FROM outbox o WHERE o.{column} IS NULL AND o.id > ? \
         AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.parked_at IS NOT NULL AND p.aggregate = o.aggregate AND p.id <= o.id) \
         ORDER BY o.id LIMIT ?"
    );
    let mut tx = database.snapshot().await?;
    let rows = tx.all(text, vec![after.into(), rows.into()]).await?;
    tx.commit().await?;
    let pending = |row: &Row| {
        Ok(Pending { id: row.count(0)?, kind: row.text(1)?, aggregate: row.text(2)?, payload: row.text(3)?, created_at: row.time(4)? })
    };
    rows.iter().map(pending).collect()
}

/// What a destination told about a row, for whoever waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// `done`, or the code of the refusal.
    pub outcome: &'static str,
    /// More about it: a JSON object.
    pub detail: String,
}

/// Notes that the destination has had the row; the last one makes it processed.
pub async fn mark(database: &Database, id: u64, destination: Destination, told: Option<Told>, now: Timestamp) -> Result<(), Error> {
    let column = destination.column();
    let others = Destination::ALL.iter().filter(|other| **other != destination);
    let others = others.map(|other| format!("{} IS NOT NULL", other.column())).collect::<Vec<_>>().join(" AND ");
    let (outcome, detail) = told.map_or((None, None), |told| (Some(told.outcome), Some(short(&told.detail))));
    let text = format!(
        "UPDATE outbox SET {column} = ?, outcome = COALESCE(?, outcome), detail = COALESCE(?, detail), \
         processed_at = CASE WHEN {others} THEN ? ELSE processed_at END WHERE id = ? AND {column} IS NULL"
    );
    let mut tx = database.begin().await?;
    tx.execute(text, vec![now.into(), outcome.into(), detail.into(), now.into(), id.into()]).await?;
    tx.commit().await
}

/// Notes that carrying the row out did not work.
pub async fn note_attempt(database: &Database, id: u64) -> Result<(), Error> {
    change(database, "UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", vec![id.into()]).await.map(drop)
}

/// Puts the row aside for a person, and with it what comes later of its aggregate.
pub async fn park(database: &Database, id: u64, reason: &str, now: Timestamp) -> Result<(), Error> {
    let text = "UPDATE outbox SET parked_at = ?, parked_reason = ?, attempts = attempts + 1 WHERE id = ? AND processed_at IS NULL";
    change(database, text, vec![now.into(), short(reason).into(), id.into()]).await.map(drop)
}

/// Lets a parked row try again; false if there is none with this id.
pub async fn retry(database: &Database, id: u64) -> Result<bool, Error> {
    let text = "UPDATE outbox SET parked_at = NULL, parked_reason = NULL WHERE id = ? AND parked_at IS NOT NULL";
    Ok(change(database, text, vec![id.into()]).await? == 1)
}

/// Gives a parked row up: nobody will carry it out; false if there is none with this id.
pub async fn discard(database: &Database, id: u64, now: Timestamp) -> Result<bool, Error> {
    let text = "UPDATE outbox SET shop_at = COALESCE(shop_at, ?), events_at = COALESCE(events_at, ?), cache_at = COALESCE(cache_at, ?), \
         outcome = 'discarded', processed_at = ?, parked_at = NULL WHERE id = ? AND parked_at IS NOT NULL";
    Ok(change(database, text, vec![now.into(), now.into(), now.into(), now.into(), id.into()]).await? == 1)
}

async fn change(database: &Database, text: &'static str, values: Vec<Value>) -> Result<u64, Error> {
    let mut tx = database.begin().await?;
    let matched = tx.execute(text, values).await?;
    tx.commit().await?;
    Ok(matched)
}

/// What waits for each destination, and how many rows are parked.
pub async fn backlogs(database: &Database) -> Result<([Backlog; Destination::ALL.len()], u64), Error> {
    let mut tx = database.snapshot().await?;
    let mut backlogs = [Backlog::default(); Destination::ALL.len()];
    for (backlog, destination) in backlogs.iter_mut().zip(Destination::ALL) {
        let column = destination.column();
        let text = format!("SELECT COUNT(*) FROM (SELECT 1 AS one FROM outbox WHERE {column} IS NULL LIMIT {COUNTED_MAX}) waiting");
        backlog.rows = tx.first(text, Vec::new()).await?.map_or(Ok(0), |row| row.count(0))?;
        let text = format!("SELECT created_at FROM outbox WHERE {column} IS NULL ORDER BY id LIMIT 1");
        backlog.since = tx.first(text, Vec::new()).await?.map(|row| row.time(0)).transpose()?;
    }
    let parked = tx.first("SELECT COUNT(*) FROM outbox WHERE parked_at IS NOT NULL", Vec::new()).await?;
    let parked = parked.map_or(Ok(0), |row| row.count(0))?;
    tx.commit().await?;
    Ok((backlogs, parked))
}

/// Removes at most `rows` rows that were processed before this moment; returns how many.
pub async fn remove(database: &Database, before: Timestamp, rows: u64) -> Result<u64, Error> {
    // Looked for without the write lock: mostly there is nothing.
    let mut tx = database.snapshot().await?;
    let text = "SELECT id FROM outbox WHERE processed_at < ? ORDER BY processed_at, id LIMIT ?";
    let found = tx.all(text, vec![before.into(), rows.into()]).await?;
    tx.commit().await?;
    if found.is_empty() {
        return Ok(0);
    }
    let mut tx = database.begin().await?;
    let ids = found.iter().map(|row| row.int(0).map(Value::from)).collect::<Result<Vec<_>, _>>()?;
    let removed = tx.execute(format!("DELETE FROM outbox WHERE id IN ({})", Rows::places(ids.len())), ids).await?;
    tx.commit().await?;
    Ok(removed)
}

/// A row as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Id of the row.
    pub id: u64,
    /// What it asks for.
    pub kind: String,
    /// Whose order it keeps.
    pub aggregate: String,
    /// When it was committed.
    pub created_at: Timestamp,
    /// How often it did not work.
    pub attempts: u64,
    /// When each destination had it.
    pub had_at: [Option<Timestamp>; Destination::ALL.len()],
    /// What became of it.
    pub outcome: Option<String>,
    /// More about that.
    pub detail: Option<String>,
    /// Why it waits for a person, if it does.
    pub parked: Option<String>,
}

impl Entry {
    /// Whether the destination has had it.
    pub const fn has_reached(&self, destination: Destination) -> bool {
        self.had_at[destination as usize].is_some()
    }
}

const ENTRY: &str = "SELECT id, kind, aggregate, created_at, attempts, shop_at, events_at, cache_at, outcome, detail, parked_at, parked_reason \
     FROM outbox";

fn entry(row: &Row) -> Result<Entry, Error> {
    let parked = row.time_or_null(10)?.is_some();
    Ok(Entry {
        id: row.count(0)?,
        kind: row.text(1)?,
        aggregate: row.text(2)?,
        created_at: row.time(3)?,
        attempts: row.count(4)?,
        had_at: [row.time_or_null(5)?, row.time_or_null(6)?, row.time_or_null(7)?],
        outcome: row.text_or_null(8)?,
        detail: row.text_or_null(9)?,
        parked: if parked { Some(row.text_or_null(11)?.unwrap_or_default()) } else { None },
    })
}

/// One row; none if there never was one, or it has been removed.
pub async fn by_id(database: &Database, id: u64) -> Result<Option<Entry>, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first(format!("{ENTRY} WHERE id = ?"), vec![id.into()]).await?;
    tx.commit().await?;
    row.as_ref().map(entry).transpose()
}

/// Rows that are not processed, parked ones first, each oldest first.
pub async fn unprocessed(database: &Database, rows: u64) -> Result<Vec<Entry>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!("{ENTRY} WHERE processed_at IS NULL ORDER BY CASE WHEN parked_at IS NULL THEN 1 ELSE 0 END, id LIMIT ?");
    let found = tx.all(text, vec![rows.into()]).await?;
    tx.commit().await?;
    found.iter().map(entry).collect()
}

/// As many characters as the columns for people have.
fn short(text: &str) -> String {
    text.chars().take(TEXT_CHARACTERS_MAX).collect()
}
