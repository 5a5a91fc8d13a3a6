//! Brands and tags.

use mallcore_actors::time::Timestamp;
use mallcore_actors::values::text::Text;

use super::{EditError, write};
use crate::features::catalog::model::{OFF_SALE, ON_SALE};
use crate::platform::database::{Database, Tx};
use crate::platform::outbox::{self, Message, Topic};

/// A brand's or a tag's name.
pub type LabelName = Text<50>;

/// Another one has this name.
async fn check_free(tx: &mut Tx, table: &'static str, name: &LabelName, id: Option<u64>) -> Result<(), EditError> {
    let found = tx.first(format!("SELECT id FROM {table} WHERE name = ?"), vec![name.as_str().to_owned().into()]).await?;
    match found.map(|row| row.count(0)).transpose()? {
        Some(other) if Some(other) != id => Err(EditError::Invalid { field: "name", why: format!("number {other} has this name") }),
        _ => Ok(()),
    }
}

/// Adds a brand. Returns its id and the row of the outbox.
///
/// # Errors
/// [`EditError::Invalid`] if another one has this name.
pub async fn create_brand(
    database: &Database,
    name: &LabelName,
    logo_url: Option<&str>,
    sort_order: i32,
    now: Timestamp,
) -> Result<(u64, u64), EditError> {
    write(database, async |tx| {
        check_free(tx, "brands", name, None).await?;
        let text = "INSERT INTO brands (name, logo_url, sort_order, created_at, updated_at) VALUES (?, ?, ?, ?, ?)";
        let (name, logo_url) = (name.as_str().to_owned(), logo_url.map(str::to_owned));
        let id = tx.insert(text, vec![name.into(), logo_url.into(), i64::from(sort_order).into(), now.into(), now.into()]).await?;
        Ok((id, outbox::append(tx, &Message::changed(Topic::Brand, id), now).await?))
    })
    .await
}

/// Says anew what a brand is, and whether it is in the list of brands. Returns the row of the outbox.
///
/// # Errors
/// [`EditError::Unknown`]; [`EditError::Invalid`] if another one has this name.
pub async fn update_brand(
    database: &Database,
    id: u64,
    name: &LabelName,
    logo_url: Option<&str>,
    sort_order: i32,
    is_shown: bool,
    now: Timestamp,
) -> Result<u64, EditError> {
    write(database, async |tx| {
        check_free(tx, "brands", name, Some(id)).await?;
        let text = "UPDATE brands SET name = ?, logo_url = ?, sort_order = ?, status = ?, updated_at = ? WHERE id = ?";
        let (name, logo_url) = (name.as_str().to_owned(), logo_url.map(str::to_owned));
        let status = if is_shown { ON_SALE } else { OFF_SALE };
        let values = vec![name.into(), logo_url.into(), i64::from(sort_order).into(), status.into(), now.into(), id.into()];
        if tx.execute(text, values).await? == 0 {
            return Err(EditError::Unknown { field: "brand", id });
        }
        Ok(outbox::append(tx, &Message::changed(Topic::Brand, id), now).await?)
    })
    .await
}

/// The tag with this name, added if there is none. Returns its id, and the row of the outbox if it was added.
///
/// # Errors
/// [`EditError::Database`].
pub async fn tag(database: &Database, name: &LabelName, now: Timestamp) -> Result<(u64, Option<u64>), EditError> {
    write(database, async |tx| {
        let by_name = || vec![name.as_str().to_owned().into()];
        if let Some(row) = tx.first("SELECT id FROM tags WHERE name = ?", by_name()).await? {
            return Ok((row.count(0)?, None));
        }
        let mut values = by_name();
        values.extend([now.into(), now.into()]);
        let id = tx.insert("INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?)", values).await?;
        Ok((id, Some(outbox::append(tx, &Message::changed(Topic::Tag, id), now).await?)))
    })
    .await
}

/// Names a tag. Returns the row of the outbox.
///
/// # Errors
/// [`EditError::Unknown`]; [`EditError::Invalid`] if another one has this name.
pub async fn rename_tag(database: &Database, id: u64, name: &LabelName, now: Timestamp) -> Result<u64, EditError> {
    write(database, async |tx| {
        check_free(tx, "tags", name, Some(id)).await?;
        let values = vec![name.as_str().to_owned().into(), now.into(), id.into()];
        if tx.execute("UPDATE tags SET name = ?, updated_at = ? WHERE id = ?", values).await? == 0 {
            return Err(EditError::Unknown { field: "tag", id });
        }
        Ok(outbox::append(tx, &Message::changed(Topic::Tag, id), now).await?)
    })
    .await
}
