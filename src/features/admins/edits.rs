//! Changes of accounts and their roles, as commands make them. Each is one transaction whose last statement is the row of the outbox by which
//! a running server hears of it.

use mallcore_actors::time::Timestamp;

use super::repository::{self, Admin, OFF, ON};
use super::username::Username;
use crate::platform::database::{Database, Error, Rows, TransactionError, Tx};
use crate::platform::outbox::{self, AppendError, Message, Topic};

/// Administrators that are listed, the first ones.
const LISTED_MAX: u32 = 1_000;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such administrator.
    #[error("there is no administrator {0:?}")]
    UnknownAdmin(String),
    /// There is no such role.
    #[error("there is no role {0:?}; `mallcore admin role list` shows all of them")]
    UnknownRole(String),
    /// Somebody has the name.
    #[error("there is an administrator {0:?} already")]
    Taken(String),
    /// The database did not do it.
    #[error("the database did not do it")]
    Database(#[from] Error),
    /// The row of the outbox was not written.
    #[error("the change cannot be announced")]
    Outbox(#[from] AppendError),
}

impl TransactionError for EditError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Database(cause) => cause.is_transient(),
            Self::Outbox(cause) => cause.is_transient(),
            Self::UnknownAdmin(_) | Self::UnknownRole(_) | Self::Taken(_) => false,
        }
    }
}

async fn locked(tx: &mut Tx, name: &Username) -> Result<Admin, EditError> {
    repository::lock_by_name(tx, name).await?.ok_or_else(|| EditError::UnknownAdmin(name.as_str().to_owned()))
}

async fn role_id(tx: &mut Tx, role: &str) -> Result<u64, EditError> {
    let row = tx.first("SELECT id FROM roles WHERE code = ?", vec![role.to_owned().into()]).await?;
    Ok(row.ok_or_else(|| EditError::UnknownRole(role.to_owned()))?.count(0)?)
}

async fn announce(tx: &mut Tx, id: u64, now: Timestamp) -> Result<u64, EditError> {
    Ok(outbox::append(tx, &Message::changed(Topic::Admin, id), now).await?)
}

/// Adds an administrator with a role. Returns the id, and the row of the outbox.
///
/// # Errors
/// [`EditError::Taken`], [`EditError::UnknownRole`], and those of the database.
pub async fn create(database: &Database, name: &Username, hash: &str, role: &str, now: Timestamp) -> Result<(u64, u64), EditError> {
    let created = database
        .transaction(async |tx: &mut Tx| -> Result<_, EditError> {
            let role = role_id(tx, role).await?;
            if repository::lock_by_name(tx, name).await?.is_some() {
                return Err(EditError::Taken(name.as_str().to_owned()));
            }
            let text = "INSERT INTO admins (username, password, created_at, updated_at) VALUES (?, ?, ?, ?)";
            let id = tx.insert(text, vec![name.as_str().to_owned().into(), hash.to_owned().into(), now.into(), now.into()]).await?;
            grant_id(tx, id, role, now).await?;
            Ok((id, announce(tx, id, now).await?))
        })
        .await;
    match created {
        // Somebody else was quicker.
        Err(EditError::Database(cause)) if cause.is_duplicate() => Err(EditError::Taken(name.as_str().to_owned())),
        created => created,
    }
}

async fn grant_id(tx: &mut Tx, admin: u64, role: u64, now: Timestamp) -> Result<(), Error> {
    let text = Rows::insert_or_keep(tx.engine(), "admin_roles", &["admin_id", "role_id"], &["admin_id", "role_id", "created_at"]);
    tx.execute(text, vec![admin.into(), role.into(), now.into()]).await.map(drop)
}

/// Sets the hash of a password; all sessions end. Returns the row of the outbox.
///
/// # Errors
/// [`EditError::UnknownAdmin`], and those of the database.
pub async fn set_password(database: &Database, name: &Username, hash: &str, now: Timestamp) -> Result<u64, EditError> {
    database
        .transaction(async |tx: &mut Tx| {
            let admin = locked(tx, name).await?;
            repository::set_hash(tx, admin.id, hash, now).await?;
            announce(tx, admin.id, now).await
        })
        .await
}

/// Lets somebody log in, or lets them no more. Returns the row of the outbox.
///
/// # Errors
/// [`EditError::UnknownAdmin`], and those of the database.
pub async fn set_status(database: &Database, name: &Username, is_on: bool, now: Timestamp) -> Result<u64, EditError> {
    database
        .transaction(async |tx: &mut Tx| {
            let admin = locked(tx, name).await?;
            let status = if is_on { ON } else { OFF };
            let text = "UPDATE admins SET status = ?, updated_at = ? WHERE id = ?";
            tx.execute(text, vec![status.into(), now.into(), admin.id.into()]).await?;
            announce(tx, admin.id, now).await
        })
        .await
}

/// Gives somebody a role, or takes it away; twice is once. Returns the row of the outbox.
///
/// # Errors
/// [`EditError::UnknownAdmin`], [`EditError::UnknownRole`], and those of the database.
pub async fn set_role(database: &Database, name: &Username, role: &str, has: bool, now: Timestamp) -> Result<u64, EditError> {
    database
        .transaction(async |tx: &mut Tx| {
            let admin = locked(tx, name).await?;
            let role = role_id(tx, role).await?;
            if has {
                grant_id(tx, admin.id, role, now).await?;
            } else {
                tx.execute("DELETE FROM admin_roles WHERE admin_id = ? AND role_id = ?", vec![admin.id.into(), role.into()]).await?;
            }
            announce(tx, admin.id, now).await
        })
        .await
}

/// An administrator, as a list shows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name that they log in with.
    pub username: String,
    /// Whether they may log in.
    pub is_on: bool,
    /// When they logged in last.
    pub last_login_time: Option<Timestamp>,
    /// Codes of their roles.
    pub roles: Vec<String>,
}

/// All administrators by name, at most a thousand.
pub async fn list(database: &Database) -> Result<Vec<Listed>, Error> {
    let mut tx = database.snapshot().await?;
    let admins =
        tx.all("SELECT id, username, status, last_login_time FROM admins ORDER BY username LIMIT ?", vec![LISTED_MAX.into()]).await?;
    let mut listed = Vec::with_capacity(admins.len());
    for row in admins {
        let text = "SELECT r.code FROM admin_roles ar JOIN roles r ON r.id = ar.role_id WHERE ar.admin_id = ? ORDER BY r.code";
        let roles = tx.all(text, vec![row.count(0)?.into()]).await?;
        let roles = roles.iter().map(|role| role.text(0)).collect::<Result<_, _>>()?;
        listed.push(Listed { username: row.text(1)?, is_on: row.int(2)? == i64::from(ON), last_login_time: row.time_or_null(3)?, roles });
    }
    tx.commit().await?;
    Ok(listed)
}

/// A role, with how many permissions it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRole {
    /// What programs ask for.
    pub code: String,
    /// What people read.
    pub name: String,
    /// How many permissions it gives.
    pub permissions: u64,
}

/// All roles by id, at most a thousand.
pub async fn roles(database: &Database) -> Result<Vec<ListedRole>, Error> {
    let mut tx = database.snapshot().await?;
    let text =
        "SELECT r.code, r.name, (SELECT COUNT(*) FROM role_permissions rp WHERE rp.role_id = r.id) FROM roles r ORDER BY r.id LIMIT ?";
    let rows = tx.all(text, vec![LISTED_MAX.into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok(ListedRole { code: row.text(0)?, name: row.text(1)?, permissions: row.count(2)? })).collect()
}

/// Whether there is no administrator yet.
pub async fn is_without(database: &Database) -> Result<bool, Error> {
    let mut tx = database.snapshot().await?;
    let found = tx.first("SELECT id FROM admins LIMIT 1", Vec::new()).await?;
    tx.commit().await?;
    Ok(found.is_none())
}
