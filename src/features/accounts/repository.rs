//! The table `users`, statement by statement. Who calls has begun the transaction.

use std::collections::HashMap;

use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::phone::PhoneNumber;
use rand::Rng;

use crate::platform::database::{Database, Error, Row, Rows, Tx, Value};
use crate::platform::vault::{BlindIndex, Sealed};

/// Ids of shoppers are drawn from here up to 2^53: above all ids that were given in order, and 16 digits long.
const USER_ID_MIN: u64 = 1 << 52;
const USER_ID_END: u64 = 1 << 53;

const COLUMNS: &str = "id, nickname, avatar_url, gender, phone, token_version, cancelled_at, created_at";

/// A row of `users`: a shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Primary key of `users`.
    pub id: UserId,
    /// How they want to be called.
    pub nickname: Option<String>,
    /// Address of their picture.
    pub avatar_url: Option<String>,
    /// 0 unknown, 1 male, 2 female.
    pub gender: u8,
    /// The mask of their phone number.
    pub phone: Option<String>,
    /// Access tokens of a lower version do not count.
    pub token_version: u32,
    /// Whether the account was cancelled.
    pub is_cancelled: bool,
    /// When they logged in first.
    pub created_at: Timestamp,
}

/// A name by which somebody logs in.
#[derive(Debug, Clone)]
pub enum Identity {
    /// The user that WeChat names.
    Wechat {
        /// The user in this mini-program.
        openid: String,
        /// The user in all programs of the same owner.
        unionid: Option<String>,
    },
    /// A phone that a code was sent to.
    Phone(PhoneNumber, BlindIndex),
}

fn user(row: &Row) -> Result<User, Error> {
    Ok(User {
        id: row.id(0, UserId::new)?,
        nickname: row.text_or_null(1)?,
        avatar_url: row.text_or_null(2)?,
        gender: row.id(3, u8::try_from)?,
        phone: row.text_or_null(4)?,
        token_version: row.pieces(5)?,
        is_cancelled: row.time_or_null(6)?.is_some(),
        created_at: row.time(7)?,
    })
}

async fn one(tx: &mut Tx, condition: &str, value: Value) -> Result<Option<User>, Error> {
    tx.first(format!("SELECT {COLUMNS} FROM users WHERE {condition} = ?"), vec![value]).await?.as_ref().map(user).transpose()
}

/// The versions of tokens of the users from `first` to `last`; those who are left out, whether or not they exist, have version 0.
pub async fn token_versions(database: &Database, first: u64, last: u64) -> Result<HashMap<UserId, u32>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT id, token_version FROM users WHERE id BETWEEN ? AND ? AND token_version > 0";
    let rows = tx.all(text, vec![first.into(), last.into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((row.id(0, UserId::new)?, row.pieces(1)?))).collect()
}

/// The shopper of this id, if the account was not cancelled.
pub async fn active(database: &Database, id: UserId) -> Result<Option<User>, Error> {
    let mut tx = database.snapshot().await?;
    let found = one(&mut tx, "id", id.get().into()).await?;
    tx.commit().await?;
    Ok(found.filter(|user| !user.is_cancelled))
}

/// The shopper of this id, whose row nobody else changes before the transaction ends.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<User>, Error> {
    let rows = tx.lock(format!("SELECT {COLUMNS} FROM users WHERE id = ?"), vec![id.get().into()]).await?;
    rows.first().map(user).transpose()
}

/// The shopper of this name.
pub async fn find(tx: &mut Tx, identity: &Identity) -> Result<Option<User>, Error> {
    match identity {
        Identity::Wechat { openid, .. } => one(tx, "openid", openid.clone().into()).await,
        Identity::Phone(_, index) => one(tx, "phone_index", (*index).into()).await,
    }
}

/// A new shopper of this name, unless somebody else was quicker: whoever has the name afterwards, and whether it is the new one.
pub async fn register(tx: &mut Tx, identity: &Identity, now: Timestamp) -> Result<(User, bool), Error> {
    let id = rand::rng().random_range(USER_ID_MIN..USER_ID_END);
    let columns = ["id", "openid", "unionid", "phone", "phone_index", "created_at", "updated_at"];
    let (key, named): (&str, [Value; 4]) = match identity {
        Identity::Wechat { openid, unionid } => ("openid", [openid.clone().into(), unionid.clone().into(), Value::Null, Value::Null]),
        Identity::Phone(phone, index) => ("phone_index", [nobody("phone").into(), Value::Null, phone.mask().into(), (*index).into()]),
    };
    let mut values = vec![id.into()];
    values.extend(named);
    values.extend([now.into(), now.into()]);
    tx.execute(Rows::insert_or_keep(tx.engine(), "users", &[key], &columns), values).await?;
    let found = find(tx, identity).await?;
    let user = found.ok_or_else(|| Error::Unexpected { column: 0, found: "no row of somebody who has just registered".to_owned() })?;
    let is_new = user.id.get() == id;
    Ok((user, is_new))
}

/// Something that is no openid of WeChat's, for a column that wants one: they have no colon.
fn nobody(why: &str) -> String {
    let random: u128 = rand::rng().random();
    format!("{why}:{random:032x}")
}

/// The shopper's own words about themselves. Whether there was a row.
pub async fn set_profile(
    tx: &mut Tx,
    id: UserId,
    nickname: Option<String>,
    avatar_url: Option<String>,
    gender: u8,
    now: Timestamp,
) -> Result<bool, Error> {
    let text = "UPDATE users SET nickname = ?, avatar_url = ?, gender = ?, updated_at = ? WHERE id = ? AND cancelled_at IS NULL";
    let values = vec![nickname.into(), avatar_url.into(), gender.into(), now.into(), id.get().into()];
    Ok(tx.execute(text, values).await? > 0)
}

/// The shopper's phone.
pub async fn set_phone(
    tx: &mut Tx,
    id: UserId,
    phone: &PhoneNumber,
    index: BlindIndex,
    sealed: Sealed,
    now: Timestamp,
) -> Result<(), Error> {
    let text = "UPDATE users SET phone = ?, phone_index = ?, phone_sealed = ?, updated_at = ? WHERE id = ?";
    tx.execute(text, vec![phone.mask().into(), index.into(), sealed.into(), now.into(), id.get().into()]).await.map(drop)
}

/// Makes all access tokens of a shopper void; the version that new ones need, or none if there is no such row.
pub async fn revoke_tokens(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<Option<u32>, Error> {
    let text = "UPDATE users SET token_version = token_version + 1, tokens_revoked_at = ? WHERE id = ?";
    if tx.execute(text, vec![now.into(), id.get().into()]).await? == 0 {
        return Ok(None);
    }
    let row = tx.first("SELECT token_version FROM users WHERE id = ?", vec![id.get().into()]).await?;
    row.map(|row| row.pieces(0)).transpose()
}

/// Takes everything out of the row that says who it was, and frees openid and phone.
pub async fn erase(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<(), Error> {
    let text = "UPDATE users SET openid = ?, unionid = NULL, nickname = NULL, avatar_url = NULL, phone = NULL, phone_index = NULL, \
                phone_sealed = NULL, gender = 0, cancelled_at = ?, updated_at = ? WHERE id = ?";
    tx.execute(text, vec![nobody("cancelled").into(), now.into(), now.into(), id.get().into()]).await.map(drop)
}

/// Whose tokens were revoked since a moment, with the version that counts.
pub async fn revoked_since(database: &Database, since: Timestamp) -> Result<Vec<(UserId, u32, Timestamp)>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT id, token_version, tokens_revoked_at FROM users WHERE tokens_revoked_at >= ?";
    let rows = tx.all(text, vec![since.into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((row.id(0, UserId::new)?, row.pieces(1)?, row.time(2)?))).collect()
}
