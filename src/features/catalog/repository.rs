//! Products on the shelf, and the category tree.

use std::collections::HashMap;

use mallcore_actors::ids::SkuId;
use mallcore_actors::money::Money;
use sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement};

use super::model::{CategoryRow, ON_SALE, ProductRow, SkuRow};
use super::query::ProductQuery;
use crate::platform::database::{Database, Error, Row, Rows, Tx};

/// At most `query.size` products and one more, which tells whether there is a next page; newest first.
pub async fn page(database: &Database, query: &ProductQuery) -> Result<Vec<ProductRow>, Error> {
    let mut tx = database.snapshot().await?;
    let below = match query.category {
        None => None,
        Some(category) => match path(&mut tx, category).await? {
            None => return Ok(Vec::new()),
            path => path,
        },
    };
    let rows = tx.select(&select(query, below)).await?;
    let products = with_skus(&mut tx, rows).await?;
    tx.commit().await?;
    Ok(products)
}

/// One product on the shelf.
pub async fn by_id(database: &Database, id: u64) -> Result<Option<ProductRow>, Error> {
    let mut tx = database.snapshot().await?;
    let mut statement = products();
    statement.and_where(Expr::col("id").eq(id as i64));
    let rows = tx.select(&statement).await?;
    let product = with_skus(&mut tx, rows).await?.pop();
    tx.commit().await?;
    Ok(product)
}

/// All categories in use, parents before children, each level in the shop's order.
pub async fn categories(database: &Database) -> Result<Vec<CategoryRow>, Error> {
    let mut tx = database.snapshot().await?;
    let rows =
        tx.all("SELECT id, parent_id, level, name FROM categories WHERE status = 1 ORDER BY level, sort_order, id", Vec::new()).await?;
    tx.commit().await?;
    let category = |row: &Row| {
        let level = row.int(2)?;
        let level = u8::try_from(level).map_err(|_| Error::Unexpected { column: 2, found: level.to_string() })?;
        Ok(CategoryRow { id: row.count(0)?, parent: row.id_or_null(1, Ok::<_, Error>)?, level, name: row.text(3)? })
    };
    rows.iter().map(category).collect()
}

fn products() -> SelectStatement {
    let mut statement = Query::select();
    statement
        .columns(["id", "name", "description", "category_id", "price_fen", "images"].map(Alias::new))
        .from(Alias::new("products"))
        .and_where(Expr::col("status").eq(ON_SALE));
    statement
}

fn select(query: &ProductQuery, below: Option<String>) -> SelectStatement {
    let mut statement = products();
    if let Some(after) = query.after {
        statement.and_where(Expr::col("id").lt(after as i64));
    }
    if let Some(path) = below {
        let descendants = Query::select()
            .column(Alias::new("id"))
            .from(Alias::new("categories"))
            .and_where(Expr::col("path").gte(path.clone()))
            .and_where(Expr::col("path").lt(after_descendants(&path)))
            .to_owned();
        statement.and_where(Expr::col("category_id").in_subquery(descendants));
    }
    if let Some(word) = &query.keyword {
        let found = Func::cust("INSTR").arg(Func::lower(Expr::col("name"))).arg(Func::lower(Expr::val(word.clone())));
        statement.and_where(Expr::from(found).gt(0));
    }
    statement.order_by("id", Order::Desc).limit(u64::from(query.size) + 1).to_owned()
}

/// The first path behind those that begin with `path`, which ends in `/`: `0` follows `/`.
fn after_descendants(path: &str) -> String {
    format!("{}0", path.trim_end_matches('/'))
}

async fn path(tx: &mut Tx, category: u64) -> Result<Option<String>, Error> {
    let row = tx.first("SELECT path FROM categories WHERE id = ?", vec![category.into()]).await?;
    row.map(|row| row.text(0)).transpose()
}

async fn with_skus(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<ProductRow>, Error> {
    let mut products = rows.iter().map(product).collect::<Result<Vec<_>, _>>()?;
    if products.is_empty() {
        return Ok(products);
    }
    let text = format!(
        "SELECT product_id, id, spec, price_fen, available FROM skus WHERE product_id IN ({}) AND status = 1 ORDER BY product_id, id",
        Rows::places(products.len())
    );
    let mut skus = HashMap::<u64, Vec<SkuRow>>::new();
    for row in tx.all(text, products.iter().map(|product| product.id.into()).collect()).await? {
        skus.entry(row.count(0)?).or_default().push(sku(&row)?);
    }
    for product in &mut products {
        product.skus = skus.remove(&product.id).unwrap_or_default();
    }
    Ok(products)
}

fn product(row: &Row) -> Result<ProductRow, Error> {
    Ok(ProductRow {
        id: row.count(0)?,
        name: row.text(1)?,
        description: row.text_or_null(2)?,
        category: row.id_or_null(3, Ok::<_, Error>)?,
        price: row.id(4, Money::from_fen)?,
        images: row.text_or_null(5)?,
        skus: Vec::new(),
    })
}

fn sku(row: &Row) -> Result<SkuRow, Error> {
    Ok(SkuRow { id: row.id(1, SkuId::new)?, spec: row.text(2)?, price: row.id(3, Money::from_fen)?, available: row.pieces(4)? })
}
