//! The tables `favorites` and `footprints`.

use mallcore_actors::ids::UserId;
use mallcore_actors::time::Timestamp;

use crate::features::catalog::visits::{FOOTPRINTS_MAX, Footprint};
use crate::platform::database::{Database, Error, Row};

/// Favourites that one shopper may have.
pub const FAVORITES_MAX: u64 = 1_000;

/// A product that a shopper wants to find again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Favorite {
    /// Id of the product.
    pub product: u64,
    /// When the shopper marked it.
    pub created_at: Timestamp,
}

/// A shopper's favourites, newest first.
pub async fn favorites(database: &Database, user: UserId) -> Result<Vec<Favorite>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT product_id, created_at FROM favorites WHERE user_id = ? ORDER BY created_at DESC, product_id DESC LIMIT ?";
    let rows = tx.all(text, vec![user.get().into(), FAVORITES_MAX.into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row: &Row| Ok(Favorite { product: row.count(0)?, created_at: row.time(1)? })).collect()
}

/// Whether there was room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is a favourite now, or was one before.
    Kept,
    /// The shopper has [`FAVORITES_MAX`] others.
    Full,
}

/// Makes a product a favourite; one that is one stays where it is.
pub async fn add(database: &Database, user: UserId, product: u64, now: Timestamp) -> Result<Added, Error> {
    let mut tx = database.begin().await?;
    let is_there = "SELECT product_id FROM favorites WHERE user_id = ? AND product_id = ?";
    if tx.first(is_there, vec![user.get().into(), product.into()]).await?.is_some() {
        return Ok(Added::Kept);
    }
    let count = tx.first("SELECT COUNT(*) FROM favorites WHERE user_id = ?", vec![user.get().into()]).await?;
    if count.map_or(Ok(0), |row| row.count(0))? >= FAVORITES_MAX {
        return Ok(Added::Full);
    }
    // Two requests at once: the second one's row is the first one's.
    let text = crate::platform::database::Rows::upsert(
        tx.engine(),
        "favorites",
        &["user_id", "product_id"],
        &["user_id", "product_id", "created_at"],
        &[],
        1,
    );
    tx.execute(text, vec![user.get().into(), product.into(), now.into()]).await?;
    tx.commit().await?;
    Ok(Added::Kept)
}

/// Makes a product no favourite.
pub async fn remove(database: &Database, user: UserId, product: u64) -> Result<(), Error> {
    let mut tx = database.begin().await?;
    tx.execute("DELETE FROM favorites WHERE user_id = ? AND product_id = ?", vec![user.get().into(), product.into()]).await?;
    tx.commit().await
}

/// A shopper's footprints that are written, newest first.
pub async fn footprints(database: &Database, user: UserId) -> Result<Vec<Footprint>, Error> {
    let mut tx = database.snapshot().await?;
    let text = "SELECT product_id, viewed_at FROM footprints WHERE user_id = ? ORDER BY viewed_at DESC, product_id DESC LIMIT ?";
    let rows = tx.all(text, vec![user.get().into(), FOOTPRINTS_MAX.into()]).await?;
    tx.commit().await?;
    rows.iter().map(|row: &Row| Ok(Footprint { product: row.count(0)?, viewed_at: row.time(1)? })).collect()
}
