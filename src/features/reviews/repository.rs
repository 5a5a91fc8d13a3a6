//! Reads `reviews` and `product_ratings`. Lists are bounded, and each has its index.

use std::collections::HashSet;

use mallcore_actors::ids::{OrderId, UserId};

use super::model::{Listed, Opinion, Review, Signed, Sort, Status, Sums, Wanted};
use crate::platform::database::{Arguments, Database, Error, Row, Rows, Tx};

/// Products whose sums are read at a time.
pub const CHUNK: u64 = 1_000;

const COLUMNS: &str = "r.id, r.order_id, r.sku_id, r.product_id, r.user_id, r.sku_spec, r.stars, r.content, r.pictures, r.is_anonymous, \
     r.status, r.reply, r.replied_at, r.created_at";
const SUMS: &str = "p.product_id, p.reviews_count, p.stars_sum, p.stars_1, p.stars_2, p.stars_3, p.stars_4, p.stars_5, p.pictures_count";

fn review(row: &Row) -> Result<Review, Error> {
    let unexpected = |column: usize, found: i64| Error::Unexpected { column, found: found.to_string() };
    let (stars, status) = (row.int(6)?, row.int(10)?);
    let reply = match (row.text_or_null(11)?, row.time_or_null(12)?) {
        (Some(reply), Some(at)) => Some((reply, at)),
        _ => None,
    };
    let opinion = Opinion {
        stars: u8::try_from(stars).map_err(|_| unexpected(6, stars))?,
        content: row.text_or_null(7)?,
        // A list that cannot be read shows nothing; the words are shown all the same.
        pictures: row.text_or_null(8)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        is_anonymous: row.flag(9)?,
    };
    Ok(Review {
        id: row.count(0)?,
        order: row.id_or_null(1, Ok::<_, Error>)?,
        sku: row.count(2)?,
        product: row.count(3)?,
        user: row.count(4)?,
        spec: row.text(5)?,
        opinion,
        status: Status::from_number(status).ok_or_else(|| unexpected(10, status))?,
        reply,
        created_at: row.time(13)?,
    })
}

fn sums(row: &Row) -> Result<(u64, Sums), Error> {
    let mut by_stars = [0; 5];
    for (place, count) in by_stars.iter_mut().enumerate() {
        *count = row.count(3 + place)?;
    }
    let sums = Sums { count: row.count(1)?, stars: row.count(2)?, by_stars, with_pictures: row.count(8)? };
    Ok((row.count(0)?, sums))
}

/// The review of an order's line, locked until the transaction ends.
pub async fn of_line(tx: &mut Tx, order: OrderId, sku: u64) -> Result<Option<Review>, Error> {
    let text = format!("SELECT {COLUMNS} FROM reviews r WHERE r.order_id = ? AND r.sku_id = ?");
    tx.lock(text, vec![order.get().into(), sku.into()]).await?.first().map(review).transpose()
}

/// A review by its id, locked until the transaction ends.
pub async fn locked(tx: &mut Tx, id: u64) -> Result<Option<Review>, Error> {
    let text = format!("SELECT {COLUMNS} FROM reviews r WHERE r.id = ?");
    tx.lock(text, vec![id.into()]).await?.first().map(review).transpose()
}

/// A page of a product's shown reviews with their authors' names, at most `size`. Behind a review that there is not, there is nothing.
pub async fn of_product(database: &Database, product: u64, wanted: Wanted, size: u32) -> Result<Vec<Signed>, Error> {
    let mut tx = database.snapshot().await?;
    let mut fits = "r.product_id = ? AND r.status = 2".to_owned();
    let mut values: Arguments = vec![product.into()];
    if let Some(stars) = wanted.stars {
        fits.push_str(" AND r.stars = ?");
        values.push(stars.into());
    }
    if wanted.with_pictures {
        fits.push_str(" AND r.has_pictures = 1");
    }
    let order = match wanted.sort {
        Sort::Newest => "r.id DESC",
        Sort::Best => "r.stars DESC, r.id DESC",
    };
    match (wanted.after, wanted.sort) {
        (None, _) => {}
        (Some(after), Sort::Newest) => {
            fits.push_str(" AND r.id < ?");
            values.push(after.into());
        }
        (Some(after), Sort::Best) => {
            let text = "SELECT stars FROM reviews WHERE id = ? AND product_id = ?";
            let Some(row) = tx.first(text, vec![after.into(), product.into()]).await? else { return Ok(Vec::new()) };
            let stars = row.int(0)?;
            // The first part bounds the index, the second what is equal.
            fits.push_str(" AND r.stars <= ? AND (r.stars < ? OR r.id < ?)");
            values.extend([stars.into(), stars.into(), after.into()]);
        }
    }
    values.push(size.into());
    let text = format!(
        "SELECT {COLUMNS}, u.nickname, u.avatar_url FROM reviews r LEFT JOIN users u ON u.id = r.user_id WHERE {fits} ORDER BY {order} LIMIT ?"
    );
    let rows = tx.all(text, values).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok(Signed { review: review(row)?, nickname: row.text_or_null(14)?, avatar_url: row.text_or_null(15)? })).collect()
}

/// A shopper's own reviews with ids below `before`, in any status, newest first, at most `size`.
pub async fn of_user(database: &Database, user: UserId, before: Option<u64>, size: u32) -> Result<Vec<Review>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT {COLUMNS} FROM reviews r WHERE r.user_id = ? AND r.id < ? ORDER BY r.id DESC LIMIT ?");
    let below = before.unwrap_or(i64::MAX as u64);
    let rows = tx.all(text, vec![user.get().into(), below.into(), size.into()]).await?;
    tx.commit().await?;
    rows.iter().map(review).collect()
}

/// Which lines of these orders are reviewed, by order and SKU; at most a page of orders.
pub async fn reviewed(database: &Database, orders: &[u64]) -> Result<HashSet<(u64, u64)>, Error> {
    if orders.is_empty() {
        return Ok(HashSet::new());
    }
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT order_id, sku_id FROM reviews WHERE order_id IN ({})", Rows::places(orders.len()));
    let rows = tx.all(text, orders.iter().map(|order| (*order).into()).collect()).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((row.count(0)?, row.count(1)?))).collect()
}

/// When these orders were completed, as far as the database knows.
pub async fn completed(database: &Database, orders: &[u64]) -> Result<Vec<(u64, mallcore_actors::time::Timestamp)>, Error> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT id, completed_at FROM orders WHERE completed_at IS NOT NULL AND id IN ({})", Rows::places(orders.len()));
    let rows = tx.all(text, orders.iter().map(|order| (*order).into()).collect()).await?;
    tx.commit().await?;
    rows.iter().map(|row| Ok((row.count(0)?, row.time(1)?))).collect()
}

/// Reviews for the back office, newest first, at most `size`.
pub async fn listed(database: &Database, listed: Listed, size: u32) -> Result<Vec<Review>, Error> {
    let mut fits = "r.id < ?".to_owned();
    let mut values: Arguments = vec![listed.before.unwrap_or(i64::MAX as u64).into()];
    let numbers = [
        (" AND r.status = ?", listed.status.map(|status| status as u64)),
        (" AND r.product_id = ?", listed.product),
        (" AND r.stars <= ?", listed.stars_max.map(u64::from)),
    ];
    for (part, number) in numbers {
        if let Some(number) = number {
            fits.push_str(part);
            values.push(number.into());
        }
    }
    values.push(size.into());
    let mut tx = database.snapshot().await?;
    let rows = tx.all(format!("SELECT {COLUMNS} FROM reviews r WHERE {fits} ORDER BY r.id DESC LIMIT ?"), values).await?;
    tx.commit().await?;
    rows.iter().map(review).collect()
}

/// The sums of the products after this one that have any, by id, at most [`CHUNK`].
pub async fn sums_after(database: &Database, product: u64) -> Result<Vec<(u64, Sums)>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!("SELECT {SUMS} FROM product_ratings p WHERE p.product_id > ? ORDER BY p.product_id LIMIT ?");
    let rows = tx.all(text, vec![product.into(), CHUNK.into()]).await?;
    tx.commit().await?;
    rows.iter().map(sums).collect()
}

/// The sums of the products that these reviews are of.
pub async fn sums_of(database: &Database, reviews: &[u64]) -> Result<Vec<(u64, Sums)>, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!(
        "SELECT {SUMS} FROM product_ratings p WHERE p.product_id IN (SELECT r.product_id FROM reviews r WHERE r.id IN ({}))",
        Rows::places(reviews.len())
    );
    let rows = tx.all(text, reviews.iter().map(|review| (*review).into()).collect()).await?;
    tx.commit().await?;
    rows.iter().map(sums).collect()
}
