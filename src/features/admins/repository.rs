//! The tables of administrators, statement by statement. Commands change accounts and roles in `edits`.

use mallcore_actors::time::Timestamp;

use super::menus::{Kind, Permission};
use super::rights::{Rights, Role};
use super::username::Username;
use crate::platform::database::{Database, Error, Row, Tx};

const COLUMNS: &str = "id, username, password, real_name, email, phone, avatar, status, last_login_time, last_login_ip, created_at";
/// Permissions of one administrator, at most: whatever is above that is not permitted.
const PERMISSIONS_MAX: u32 = 2_000;
/// Roles of one administrator, at most.
const ROLES_MAX: u32 = 100;
/// `status` of an account that may log in.
pub const ON: u8 = 1;
/// `status` of an account that is off.
pub const OFF: u8 = 0;

/// A row of `admins`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Primary key of `admins`.
    pub id: u64,
    /// The name that they log in with.
    pub username: String,
    /// Their password's hash by bcrypt.
    pub hash: String,
    /// What they are called.
    pub real_name: Option<String>,
    /// The mask of their mail address.
    pub email: Option<String>,
    /// The mask of their phone number.
    pub phone: Option<String>,
    /// Address of their picture.
    pub avatar: Option<String>,
    /// Whether they may log in.
    pub is_on: bool,
    /// When they logged in last.
    pub last_login_time: Option<Timestamp>,
    /// From where they logged in last.
    pub last_login_ip: Option<String>,
    /// Since when the account exists.
    pub created_at: Timestamp,
}

pub(super) fn admin(row: &Row) -> Result<Admin, Error> {
    Ok(Admin {
        id: row.count(0)?,
        username: row.text(1)?,
        hash: row.text(2)?,
        real_name: row.text_or_null(3)?,
        email: row.text_or_null(4)?,
        phone: row.text_or_null(5)?,
        avatar: row.text_or_null(6)?,
        is_on: row.int(7)? == i64::from(ON),
        last_login_time: row.time_or_null(8)?,
        last_login_ip: row.text_or_null(9)?,
        created_at: row.time(10)?,
    })
}

/// The administrator of this name, whether or not the account is on.
pub async fn by_name(database: &Database, name: &Username) -> Result<Option<Admin>, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first(format!("SELECT {COLUMNS} FROM admins WHERE username = ?"), vec![name.as_str().to_owned().into()]).await?;
    tx.commit().await?;
    row.as_ref().map(admin).transpose()
}

/// The administrator with this id.
pub async fn by_id(database: &Database, id: u64) -> Result<Option<Admin>, Error> {
    let mut tx = database.snapshot().await?;
    let row = tx.first(format!("SELECT {COLUMNS} FROM admins WHERE id = ?"), vec![id.into()]).await?;
    tx.commit().await?;
    row.as_ref().map(admin).transpose()
}

/// The administrator with this id, whose row nobody else changes before the transaction ends.
pub async fn lock(tx: &mut Tx, id: u64) -> Result<Option<Admin>, Error> {
    let rows = tx.lock(format!("SELECT {COLUMNS} FROM admins WHERE id = ?"), vec![id.into()]).await?;
    rows.first().map(admin).transpose()
}

/// The administrator of this name, whose row nobody else changes before the transaction ends.
pub async fn lock_by_name(tx: &mut Tx, name: &Username) -> Result<Option<Admin>, Error> {
    let rows = tx.lock(format!("SELECT {COLUMNS} FROM admins WHERE username = ?"), vec![name.as_str().to_owned().into()]).await?;
    rows.first().map(admin).transpose()
}

/// What an administrator may do; none if there is none with this id, or the account is off.
pub async fn rights(database: &Database, id: u64) -> Result<Option<Rights>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT username, password FROM admins WHERE id = ? AND status = ?";
    let Some(account) = tx.first(text, vec![id.into(), ON.into()]).await? else { return Ok(None) };
    let text = "SELECT r.code, r.name FROM admin_roles ar JOIN roles r ON r.id = ar.role_id \
                WHERE ar.admin_id = ? AND r.status = ? ORDER BY r.code LIMIT ?";
    let roles = tx.all(text, vec![id.into(), ON.into(), ROLES_MAX.into()]).await?;
    let text = "SELECT DISTINCT p.id, p.parent_id, p.code, p.name, p.type, p.path, p.component, p.icon, p.sort_order \
                FROM admin_roles ar JOIN roles r ON r.id = ar.role_id JOIN role_permissions rp ON rp.role_id = r.id \
                JOIN permissions p ON p.id = rp.permission_id \
                WHERE ar.admin_id = ? AND r.status = ? AND p.status = ? ORDER BY p.id LIMIT ?";
    let permissions = tx.all(text, vec![id.into(), ON.into(), ON.into(), PERMISSIONS_MAX.into()]).await?;
    tx.commit().await?;
    let roles = roles.iter().map(|row| Ok(Role { code: row.text(0)?, name: row.text(1)? })).collect::<Result<Vec<_>, Error>>()?;
    let permissions = permissions.iter().map(permission).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Rights::new(account.text(0)?, &account.text(1)?, roles, &permissions)))
}

fn permission(row: &Row) -> Result<Permission, Error> {
    let number = row.int(4)?;
    let kind = Kind::of_number(number).ok_or_else(|| Error::Unexpected { column: 4, found: number.to_string() })?;
    Ok(Permission {
        id: row.count(0)?,
        parent: row.count(1)?,
        code: row.text(2)?,
        name: row.text(3)?,
        kind,
        path: row.text_or_null(5)?,
        component: row.text_or_null(6)?,
        icon: row.text_or_null(7)?,
        sort_order: row.int(8)?,
    })
}

/// An attempt to log in, for the log.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Whose account it was; none for a name that nobody has.
    pub admin: Option<u64>,
    /// The name, as it was typed or as the account has it.
    pub username: String,
    /// From where it came.
    pub ip: String,
    /// What the client says it is.
    pub user_agent: Option<String>,
    /// Whether it succeeded.
    pub is_success: bool,
    /// How it ended, for people.
    pub message: &'static str,
}

/// Writes a line of the log of log-ins. Returns its id.
pub async fn log_attempt(tx: &mut Tx, attempt: &Attempt, now: Timestamp) -> Result<u64, Error> {
    let text =
        "INSERT INTO admin_login_logs (admin_id, username, ip, user_agent, status, message, login_time) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        attempt.admin.into(),
        attempt.username.clone().into(),
        attempt.ip.clone().into(),
        attempt.user_agent.clone().into(),
        attempt.is_success.into(),
        attempt.message.into(),
        now.into(),
    ];
    tx.insert(text, values).await
}

/// Notes in the line of a log-in that its session was ended by its owner.
pub async fn log_logout(tx: &mut Tx, line: u64, now: Timestamp) -> Result<(), Error> {
    let text = "UPDATE admin_login_logs SET logout_time = ? WHERE id = ? AND logout_time IS NULL";
    tx.execute(text, vec![now.into(), line.into()]).await.map(drop)
}

/// Notes when and from where somebody has logged in.
pub async fn note_login(tx: &mut Tx, id: u64, ip: &str, now: Timestamp) -> Result<(), Error> {
    let text = "UPDATE admins SET last_login_time = ?, last_login_ip = ? WHERE id = ?";
    tx.execute(text, vec![now.into(), ip.to_owned().into(), id.into()]).await.map(drop)
}

/// Sets the hash of somebody's password.
pub async fn set_hash(tx: &mut Tx, id: u64, hash: &str, now: Timestamp) -> Result<(), Error> {
    let text = "UPDATE admins SET password = ?, updated_at = ? WHERE id = ?";
    tx.execute(text, vec![hash.to_owned().into(), now.into(), id.into()]).await.map(drop)
}

/// Sets what administrators say of themselves.
pub async fn set_profile(tx: &mut Tx, admin: &Admin, now: Timestamp) -> Result<(), Error> {
    let text = "UPDATE admins SET real_name = ?, email = ?, phone = ?, avatar = ?, updated_at = ? WHERE id = ?";
    let values = vec![
        admin.real_name.clone().into(),
        admin.email.clone().into(),
        admin.phone.clone().into(),
        admin.avatar.clone().into(),
        now.into(),
        admin.id.into(),
    ];
    tx.execute(text, values).await.map(drop)
}
