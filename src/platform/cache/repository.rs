//! Products as they are cached, on the shelf or not, with the version that tells older from newer.

use std::collections::HashMap;

use crate::platform::database::{Database, Error, Rows};

/// A product of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub id: u64,
    pub name: String,
    pub description: Option<String>,
    pub category: Option<u64>,
    pub price_fen: u64,
    /// A JSON list of addresses.
    pub images: Option<String>,
    pub on_sale: bool,
    /// When it was edited last, in milliseconds: each edit sets it under the row's lock.
    pub version: u64,
    /// Those on the shelf: id, spec, price.
    pub skus: Vec<(u64, String, u64)>,
}

const PRODUCTS: &str = "SELECT id, name, description, category_id, price_fen, images, status, updated_at FROM products \
     WHERE id > ? ORDER BY id LIMIT ?";

/// The products after this one, at most so many, by id.
pub(super) async fn after(database: &Database, after: u64, count: u32) -> Result<Vec<Row>, Error> {
    let mut tx = database.snapshot().await?;
    let mut products = Vec::new();
    for row in tx.all(PRODUCTS, vec![after.into(), u64::from(count).into()]).await? {
        products.push(Row {
            id: row.count(0)?,
            name: row.text(1)?,
            description: row.text_or_null(2)?,
            category: row.id_or_null(3, Ok::<_, Error>)?,
            price_fen: row.count(4)?,
            images: row.text_or_null(5)?,
            on_sale: row.int(6)? == 1,
            version: row.time(7)?.millis(),
            skus: Vec::new(),
        });
    }
    if products.is_empty() {
        return Ok(products);
    }
    let text = format!(
        "SELECT product_id, id, spec, price_fen FROM skus WHERE product_id IN ({}) AND status = 1 ORDER BY product_id, id",
        Rows::places(products.len())
    );
    let mut skus = HashMap::<u64, Vec<_>>::new();
    for row in tx.all(text, products.iter().map(|product| product.id.into()).collect()).await? {
        skus.entry(row.count(0)?).or_default().push((row.count(1)?, row.text(2)?, row.count(3)?));
    }
    tx.commit().await?;
    for product in &mut products {
        product.skus = skus.remove(&product.id).unwrap_or_default();
    }
    Ok(products)
}

/// The row of one product, if it exists.
pub(super) async fn one(database: &Database, id: u64) -> Result<Option<Row>, Error> {
    Ok(after(database, id.saturating_sub(1), 1).await?.pop().filter(|row| row.id == id))
}
