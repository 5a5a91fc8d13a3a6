//! Categories: a tree of three levels, whose `path` names a category with all above it.
//! - G1 `path` is the parent's path and the own id; a move carries everything below along.
//! - G2 Whoever changes the shape of the tree has locked all of it, so that two moves never make a circle.

use mallcore_actors::time::Timestamp;
use mallcore_actors::values::text::Text;

use super::{EditError, write};
use crate::features::catalog::model::{OFF_SALE, ON_SALE};
use crate::features::catalog::snapshot::LEVELS_MAX;
use crate::platform::database::{Arguments, Database, Tx};
use crate::platform::outbox::{self, Message, Topic};

/// A category's name.
pub type CategoryName = Text<50>;

struct Place {
    id: u64,
    parent: Option<u64>,
    level: u64,
    path: String,
}

/// The tree, as nobody else changes it before this transaction ends.
async fn lock(tx: &mut Tx) -> Result<Vec<Place>, EditError> {
    let rows = tx.lock("SELECT id, parent_id, level, path FROM categories ORDER BY id", Vec::new()).await?;
    let place = |row: &crate::platform::database::Row| {
        let parent = row.id_or_null(1, Ok::<_, crate::platform::database::Error>)?;
        Ok(Place { id: row.count(0)?, parent, level: row.count(2)?, path: row.text(3)? })
    };
    rows.iter().map(place).collect()
}

fn find<'a>(tree: &'a [Place], field: &'static str, id: u64) -> Result<&'a Place, EditError> {
    tree.iter().find(|place| place.id == id).ok_or(EditError::Unknown { field, id })
}

async fn told(tx: &mut Tx, id: u64, now: Timestamp) -> Result<u64, EditError> {
    Ok(outbox::append(tx, &Message::changed(Topic::Category, id), now).await?)
}

/// Adds a category below another, or at the first level. Returns its id and the row of the outbox.
///
/// # Errors
/// [`EditError::Unknown`] if there is no such parent, [`EditError::Invalid`] if that is of the third level.
pub async fn create(
    database: &Database,
    name: &CategoryName,
    parent: Option<u64>,
    sort_order: i32,
    now: Timestamp,
) -> Result<(u64, u64), EditError> {
    write(database, async |tx| {
        let tree = lock(tx).await?;
        let (above, level) = match parent {
            None => ("/".to_owned(), 1),
            Some(parent) => {
                let parent = find(&tree, "parent", parent)?;
                (parent.path.clone(), parent.level + 1)
            }
        };
        if level > u64::from(LEVELS_MAX) {
            return Err(too_deep());
        }
        let text = "INSERT INTO categories (parent_id, level, path, name, sort_order, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
        let values: Arguments = vec![
            parent.into(),
            level.into(),
            "".into(),
            name.as_str().to_owned().into(),
            i64::from(sort_order).into(),
            now.into(),
            now.into(),
        ];
        let id = tx.insert(text, values).await?;
        tx.execute("UPDATE categories SET path = ? WHERE id = ?", vec![format!("{above}{id}/").into(), id.into()]).await?;
        Ok((id, told(tx, id, now).await?))
    })
    .await
}

fn too_deep() -> EditError {
    EditError::Invalid { field: "parent", why: format!("categories have {LEVELS_MAX} levels") }
}

/// Puts a category, with all below it, below another or at the first level. Returns the row of the outbox, or none if it is there already.
///
/// # Errors
/// [`EditError::Unknown`]; [`EditError::Invalid`] if it would be below itself, or too deep.
pub async fn set_parent(database: &Database, id: u64, parent: Option<u64>, now: Timestamp) -> Result<Option<u64>, EditError> {
    write(database, async |tx| {
        let tree = lock(tx).await?;
        let moved = find(&tree, "category", id)?;
        if moved.parent == parent {
            return Ok(None);
        }
        let (above, level) = match parent {
            None => ("/".to_owned(), 1),
            Some(parent) => {
                let parent = find(&tree, "parent", parent)?;
                if parent.path.starts_with(&moved.path) {
                    return Err(EditError::Invalid { field: "parent", why: "it is the category itself, or below it".to_owned() });
                }
                (parent.path.clone(), parent.level + 1)
            }
        };
        let below: Vec<&Place> = tree.iter().filter(|place| place.path.starts_with(&moved.path)).collect();
        let depth = below.iter().map(|place| place.level - moved.level).max().unwrap_or(0);
        if level + depth > u64::from(LEVELS_MAX) {
            return Err(too_deep());
        }
        for place in below {
            let path = format!("{above}{id}/{}", place.path.strip_prefix(&moved.path).unwrap_or_default());
            let values = vec![path.into(), (level + place.level - moved.level).into(), now.into(), place.id.into()];
            tx.execute("UPDATE categories SET path = ?, level = ?, updated_at = ? WHERE id = ?", values).await?;
        }
        tx.execute("UPDATE categories SET parent_id = ? WHERE id = ?", vec![parent.into(), id.into()]).await?;
        Ok(Some(told(tx, id, now).await?))
    })
    .await
}

/// Names a category, and says where it stands among those beside it. Returns the row of the outbox.
///
/// # Errors
/// [`EditError::Unknown`].
pub async fn update(
    database: &Database,
    id: u64,
    name: &CategoryName,
    icon_url: Option<&str>,
    sort_order: i32,
    now: Timestamp,
) -> Result<u64, EditError> {
    write(database, async |tx| {
        let text = "UPDATE categories SET name = ?, icon_url = ?, sort_order = ?, updated_at = ? WHERE id = ?";
        let (name, icon_url) = (name.as_str().to_owned(), icon_url.map(str::to_owned));
        let values = vec![name.into(), icon_url.into(), i64::from(sort_order).into(), now.into(), id.into()];
        if tx.execute(text, values).await? == 0 {
            return Err(EditError::Unknown { field: "category", id });
        }
        told(tx, id, now).await
    })
    .await
}

/// Shows a category with all below it, or hides it. Its products stay where they are, and are listed without it. Returns the row of the outbox.
///
/// # Errors
/// [`EditError::Unknown`].
pub async fn set_shown(database: &Database, id: u64, is_shown: bool, now: Timestamp) -> Result<u64, EditError> {
    write(database, async |tx| {
        let status = if is_shown { ON_SALE } else { OFF_SALE };
        let values = vec![status.into(), now.into(), id.into()];
        if tx.execute("UPDATE categories SET status = ?, updated_at = ? WHERE id = ?", values).await? == 0 {
            return Err(EditError::Unknown { field: "category", id });
        }
        told(tx, id, now).await
    })
    .await
}
