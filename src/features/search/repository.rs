//! The table `search_history`.

use std::collections::BTreeSet;

use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;

use crate::platform::database::{Arguments, Database, Error, Row, Rows, Tx};

/// Words that a shopper's history has.
pub const HISTORY_MAX: u64 = 20;
/// Rows of a statement.
const ROWS: usize = 64;

/// A search of a shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    /// What was searched for, folded.
    pub word: String,
    /// When it was searched for last.
    pub searched_at: Timestamp,
}

/// What a shopper searched for, newest first.
pub async fn of_user(database: &Database, user: UserId) -> Result<Vec<Searched>, Error> {
    let text = "SELECT word, searched_at FROM search_history WHERE user_id = ? ORDER BY searched_at DESC, word DESC LIMIT ?";
    read(database, text, vec![user.get().into(), HISTORY_MAX.into()]).await
}

/// What all shoppers searched for and found something, newest first, at most so many.
pub async fn latest_found(database: &Database, most: u64) -> Result<Vec<Searched>, Error> {
    let text = "SELECT word, searched_at FROM search_history WHERE found = 1 ORDER BY searched_at DESC LIMIT ?";
    read(database, text, vec![most.into()]).await
}

async fn read(database: &Database, text: &str, values: Arguments) -> Result<Vec<Searched>, Error> {
    let mut tx = database.snapshot().await?;
    let rows = tx.all(text, values).await?;
    tx.commit().await?;
    rows.iter().map(|row: &Row| Ok(Searched { word: row.text(0)?, searched_at: row.time(1)? })).collect()
}

/// Whose search it was, and for what.
pub type Key = (UserId, String);

/// Writes searches, each with its time and whether it found something, and removes what is beyond the last [`HISTORY_MAX`] of a shopper. They
/// are in the order of their keys, so that two writers wait for each other and never in a circle.
pub async fn write(database: &Database, searches: &[(&Key, Timestamp, bool)]) -> Result<(), Error> {
    let mut tx = database.begin().await?;
    let columns = ["user_id", "word", "searched_at", "found"];
    for chunk in searches.chunks(ROWS) {
        let values = chunk
            .iter()
            .flat_map(|((user, word), at, found)| [user.get().into(), word.clone().into(), (*at).into(), u64::from(*found).into()]);
        let text = Rows::upsert(tx.engine(), "search_history", &columns[..2], &columns, &["searched_at"], chunk.len());
        tx.execute(text, values.collect()).await?;
    }
    let users: BTreeSet<UserId> = searches.iter().map(|((user, _), ..)| *user).collect();
    for user in users {
        trim(&mut tx, user).await?;
    }
    tx.commit().await
}

async fn trim(tx: &mut Tx, user: UserId) -> Result<(), Error> {
    let text = "SELECT word FROM search_history WHERE user_id = ? ORDER BY searched_at DESC, word DESC LIMIT 1000 OFFSET ?";
    let beyond = tx.all(text, vec![user.get().into(), HISTORY_MAX.into()]).await?;
    for row in beyond {
        let key = vec![user.get().into(), row.text(0)?.into()];
        tx.execute("DELETE FROM search_history WHERE user_id = ? AND word = ?", key).await?;
    }
    Ok(())
}

/// Forgets what a shopper searched for.
pub async fn forget(database: &Database, user: UserId) -> Result<(), Error> {
    let mut tx = database.begin().await?;
    tx.execute("DELETE FROM search_history WHERE user_id = ?", vec![user.get().into()]).await?;
    tx.commit().await
}
