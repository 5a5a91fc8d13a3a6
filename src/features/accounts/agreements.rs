//! Texts that shoppers accept, and who accepted which version when.
//! - G1 The highest version of a kind is in force; only that one can be accepted.
//! - G2 The first acceptance of a version stands: accepting it again changes nothing.

use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;

use super::refusals::{AGREEMENT_OUTDATED, AccountError, UNKNOWN_AGREEMENT, UNKNOWN_USER};
use super::repository;
use super::service::Accounts;
use crate::platform::database::{Database, Error, Row, Rows, Tx};
use crate::platform::reads::ANSWER_WITHIN;

/// A text in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Which: `terms`, `privacy`.
    pub kind: String,
    /// Grows with each text of this kind.
    pub version: u32,
    /// Heading of the text, 1 to 100 characters.
    pub title: String,
    /// The text itself, at most 60 kB.
    pub content: String,
    /// Since when it is in force.
    pub published_at: Timestamp,
}

/// That somebody accepted a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Kind of the text: `terms`, `privacy`.
    pub kind: String,
    /// The version that was accepted.
    pub version: u32,
    /// When they accepted it first.
    pub accepted_at: Timestamp,
}

/// Texts of other kinds than these few are a mistake; bounds the list.
const KINDS_MAX: u32 = 32;

fn agreement(row: &Row) -> Result<Agreement, Error> {
    Ok(Agreement { kind: row.text(0)?, version: row.pieces(1)?, title: row.text(2)?, content: row.text(3)?, published_at: row.time(4)? })
}

/// All texts in force.
pub async fn in_force(database: &Database) -> Result<Vec<Agreement>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT a.kind, a.version, a.title, a.content, a.published_at FROM agreements a \
                JOIN (SELECT kind, MAX(version) AS newest FROM agreements GROUP BY kind) n ON n.kind = a.kind AND n.newest = a.version \
                ORDER BY a.kind LIMIT ?";
    let rows = tx.all(text, vec![KINDS_MAX.into()]).await?;
    tx.commit().await?;
    rows.iter().map(agreement).collect()
}

/// Puts the next version of a text into force; which one that is.
pub async fn publish(database: &Database, kind: &str, title: &str, content: &str, now: Timestamp) -> Result<u32, Error> {
    let mut tx = database.begin().await?;
    let version = newest(&mut tx, kind).await?.map_or(1, |newest| newest.saturating_add(1));
    let text = "INSERT INTO agreements (kind, version, title, content, published_at) VALUES (?, ?, ?, ?, ?)";
    let values = vec![kind.to_owned().into(), version.into(), title.to_owned().into(), content.to_owned().into(), now.into()];
    tx.execute(text, values).await?;
    tx.commit().await?;
    Ok(version)
}

async fn newest(tx: &mut Tx, kind: &str) -> Result<Option<u32>, Error> {
    let row = tx.first("SELECT MAX(version) FROM agreements WHERE kind = ?", vec![kind.to_owned().into()]).await?;
    match row {
        Some(row) if row.int_or_null(0)?.is_some() => row.pieces(0).map(Some),
        _ => Ok(None),
    }
}

async fn accept(tx: &mut Tx, user: UserId, kind: &str, version: u32, now: Timestamp) -> Result<Timestamp, Error> {
    let keys = ["user_id", "kind", "version"];
    let text = Rows::insert_or_keep(tx.engine(), "agreement_acceptances", &keys, &["user_id", "kind", "version", "accepted_at"]);
    let key = || vec![user.get().into(), kind.to_owned().into(), version.into()];
    let mut values = key();
    values.push(now.into());
    tx.execute(text, values).await?;
    let text = "SELECT accepted_at FROM agreement_acceptances WHERE user_id = ? AND kind = ? AND version = ?";
    tx.first(text, key()).await?.map_or(Ok(now), |row| row.time(0))
}

impl Accounts {
    /// The texts in force, by kind.
    pub async fn agreements(&self) -> Result<Vec<Agreement>, AccountError> {
        Ok(self.reads.ask(ANSWER_WITHIN, async |database| in_force(database).await).await?)
    }

    /// Notes that somebody accepts a version.
    pub async fn accept_agreement(&self, user: UserId, kind: &str, version: u32) -> Result<Acceptance, AccountError> {
        let now = self.now();
        let accepted_at = self
            .writes
            .transaction(async |tx: &mut Tx| -> Result<_, AccountError> {
                let newest = newest(tx, kind).await?.filter(|newest| version <= *newest && version > 0);
                if newest.ok_or(AccountError::Rule(&UNKNOWN_AGREEMENT))? > version {
                    return Err(AccountError::Rule(&AGREEMENT_OUTDATED));
                }
                let owner = repository::lock(tx, user).await?.filter(|owner| !owner.is_cancelled);
                owner.ok_or(AccountError::Rule(&UNKNOWN_USER))?;
                Ok(accept(tx, user, kind, version, now).await?)
            })
            .await?;
        Ok(Acceptance { kind: kind.to_owned(), version, accepted_at })
    }
}
