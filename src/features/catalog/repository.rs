//! Reads the catalogue for its snapshot: products in bounded chunks or by id, and what they are filed under.

use std::collections::HashMap;

use mallcore_actors::ids::{ProductId, SkuId};
use mallcore_actors::journal::Sequence;
use mallcore_actors::money::Money;
use mallcore_actors::values::discount::DiscountRate;

use super::model::{BrandRow, CategoryRow, ON_SALE, TagRow};
use super::snapshot::{Product, Sku, Spec};
use crate::platform::database::{Arguments, Database, Error, Loaded, Row, Rows, Tx};
use crate::platform::projection;

/// Products of one transaction.
pub const CHUNK: u64 = 500;

/// A product with the counts of its rows.
#[derive(Debug)]
pub struct Read {
    /// As the database has it.
    pub product: Product,
    /// Pieces sold as of the checkpoint.
    pub sales: u64,
    /// Available pieces of each SKU as of the checkpoint.
    pub available: Vec<u32>,
}

const COLUMNS: &str = "id, name, description, category_id, brand_id, price_fen, original_price_fen, discount_rate_bp, is_discount, is_hot, \
     sort_order, status, images, specs, freight_template_id, created_at, updated_at, sales_count";
const SKU_COLUMNS: &str = "product_id, id, spec, spec_values, code, picture, weight_grams, volume_cm3, price_fen, status, available";

/// The products after this one, at most [`CHUNK`], by id, with the id of the last row: a row that makes no sense is told in the log and
/// left out.
pub async fn after(database: &Database, after: u64) -> Result<Loaded<(Vec<Read>, Option<u64>)>, Error> {
    let text = format!("SELECT {COLUMNS} FROM products WHERE id > ? ORDER BY id LIMIT ?");
    read(database, text, vec![after.into(), CHUNK.into()]).await
}

/// The products with these ids that there are, at most [`CHUNK`].
pub async fn by_ids(database: &Database, ids: &[u64]) -> Result<Loaded<(Vec<Read>, Option<u64>)>, Error> {
    let text = format!("SELECT {COLUMNS} FROM products WHERE id IN ({}) ORDER BY id", Rows::places(ids.len()));
    read(database, text, ids.iter().map(|id| (*id).into()).collect()).await
}

async fn read(database: &Database, text: String, values: Arguments) -> Result<Loaded<(Vec<Read>, Option<u64>)>, Error> {
    let mut tx = database.snapshot().await?;
    let checkpoint = checkpoint(&mut tx).await?;
    let rows = tx.all(text, values).await?;
    let last = rows.last().map(|row| row.count(0)).transpose()?;
    let mut products = Vec::with_capacity(rows.len());
    for row in &rows {
        match product(row) {
            Ok((product, sales)) => products.push(Read { product, sales, available: Vec::new() }),
            Err(cause) => {
                let id = row.count(0)?;
                tracing::error!(product.id = id, "the row of product {id} makes no sense and is not shown: {cause}");
            }
        }
    }
    if !products.is_empty() {
        let ids: Vec<u64> = products.iter().map(|read| read.product.id.get()).collect();
        let mut skus = skus(&mut tx, &ids).await?;
        let mut tags = tags_of(&mut tx, &ids).await?;
        for read in &mut products {
            let id = read.product.id.get();
            let (of, available): (Vec<Sku>, Vec<u32>) = skus.remove(&id).unwrap_or_default().into_iter().unzip();
            (read.product.skus, read.available) = (of.into(), available);
            read.product.tags = tags.remove(&id).unwrap_or_default().into();
        }
    }
    tx.commit().await?;
    Ok(Loaded { checkpoint, value: (products, last) })
}

/// The last record in the counts; 0 where nothing was ever projected.
async fn checkpoint(tx: &mut Tx) -> Result<Sequence, Error> {
    let row = tx.first("SELECT sequence FROM projection_checkpoints WHERE name = ?", vec![projection::NAME.into()]).await?;
    row.map_or(Ok(Sequence::ZERO), |row| row.count(0).map(Sequence))
}

async fn skus(tx: &mut Tx, products: &[u64]) -> Result<HashMap<u64, Vec<(Sku, u32)>>, Error> {
    let text = format!("SELECT {SKU_COLUMNS} FROM skus WHERE product_id IN ({}) ORDER BY product_id, id", Rows::places(products.len()));
    let mut skus = HashMap::<u64, Vec<_>>::new();
    for row in tx.all(text, products.iter().map(|id| (*id).into()).collect()).await? {
        let sku = Sku {
            id: row.id(1, SkuId::new)?,
            spec: row.text(2)?.into(),
            spec_values: list(row.text_or_null(3)?),
            code: row.text_or_null(4)?.map(Into::into),
            picture: row.text_or_null(5)?.map(Into::into),
            weight_grams: row.pieces(6)?,
            volume_cm3: row.pieces(7)?,
            price: row.id(8, Money::from_fen)?,
            on_sale: row.int(9)? == ON_SALE,
        };
        skus.entry(row.count(0)?).or_default().push((sku, row.pieces(10)?));
    }
    Ok(skus)
}

async fn tags_of(tx: &mut Tx, products: &[u64]) -> Result<HashMap<u64, Vec<u64>>, Error> {
    let text = format!(
        "SELECT product_id, tag_id FROM product_tags WHERE product_id IN ({}) ORDER BY product_id, tag_id",
        Rows::places(products.len())
    );
    let mut tags = HashMap::<u64, Vec<u64>>::new();
    for row in tx.all(text, products.iter().map(|id| (*id).into()).collect()).await? {
        tags.entry(row.count(0)?).or_default().push(row.count(1)?);
    }
    Ok(tags)
}

fn product(row: &Row) -> Result<(Product, u64), Error> {
    let rate = row.int(7)?;
    let rate = u16::try_from(rate).ok().and_then(|rate| DiscountRate::from_basis_points(rate).ok());
    let rate = rate.ok_or_else(|| Error::Unexpected { column: 7, found: "no discount rate".to_owned() })?;
    let product = Product {
        id: row.id(0, ProductId::new)?,
        name: row.text(1)?.into(),
        description: row.text_or_null(2)?.unwrap_or_default().into(),
        category: row.id_or_null(3, Ok::<_, Error>)?,
        brand: row.id_or_null(4, Ok::<_, Error>)?,
        price: row.id(5, Money::from_fen)?,
        compared_price: row.id_or_null(6, Money::from_fen)?,
        // A zone whose products cost as much as elsewhere is none.
        discount: (row.flag(8)? && rate > DiscountRate::NONE).then_some(rate),
        is_hot: row.flag(9)?,
        sort_order: row.int(10)?,
        on_sale: row.int(11)? == ON_SALE,
        images: list(row.text_or_null(12)?),
        specs: specs(row.text_or_null(13)?),
        freight_template: row.id_or_null(14, Ok::<_, Error>)?,
        created_at: row.time(15)?,
        updated_at: row.time(16)?,
        tags: Box::default(),
        skus: Box::default(),
    };
    Ok((product, row.int(17)?.max(0).unsigned_abs()))
}

/// A list that cannot be read shows nothing; the product is sold all the same.
fn list(json: Option<String>) -> Box<[String]> {
    json.and_then(|json| serde_json::from_str::<Vec<String>>(&json).ok()).unwrap_or_default().into()
}

fn specs(json: Option<String>) -> Box<[Spec]> {
    json.and_then(|json| serde_json::from_str::<Vec<Spec>>(&json).ok()).unwrap_or_default().into()
}

/// What products are filed under.
#[derive(Debug, Default)]
pub struct Filed {
    /// All categories, hidden ones too.
    pub categories: Vec<CategoryRow>,
    /// All brands, hidden ones too.
    pub brands: Vec<BrandRow>,
    /// All tags, used or not.
    pub tags: Vec<TagRow>,
}

/// All categories, brands and tags: thousands at most.
pub async fn filed(database: &Database) -> Result<Filed, Error> {
    let mut tx = database.snapshot().await?;
    let mut filed = Filed::default();
    for row in tx.all("SELECT id, parent_id, name, icon_url, sort_order, status FROM categories", Vec::new()).await? {
        filed.categories.push(CategoryRow {
            id: row.count(0)?,
            parent: row.id_or_null(1, Ok::<_, Error>)?,
            name: row.text(2)?,
            icon_url: row.text_or_null(3)?,
            sort_order: row.int(4)?,
            is_shown: row.int(5)? == ON_SALE,
        });
    }
    for row in tx.all("SELECT id, name, logo_url, sort_order, status FROM brands", Vec::new()).await? {
        filed.brands.push(BrandRow {
            id: row.count(0)?,
            name: row.text(1)?,
            logo_url: row.text_or_null(2)?,
            sort_order: row.int(3)?,
            is_shown: row.int(4)? == ON_SALE,
        });
    }
    for row in tx.all("SELECT id, name FROM tags", Vec::new()).await? {
        filed.tags.push(TagRow { id: row.count(0)?, name: row.text(1)? });
    }
    tx.commit().await?;
    Ok(filed)
}
