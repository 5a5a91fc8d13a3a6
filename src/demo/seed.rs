//! Fills an empty database with the demo shop and one flash sale that runs from now on.

use mallcore_actors::time::Timestamp;

use super::goods::{DEPARTMENTS, TAGS};
use super::pictures;
use super::shelves::Shelves;
use crate::platform::database::{Arguments, Database, Error, Rows, Tx};

/// How the shop and its flash sale shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedOptions {
    /// Pieces of each item.
    pub flash_stock: u32,
    /// Pieces that one user may have of each item.
    pub flash_limit: u32,
    /// Items, each of its own SKU; at least 1.
    pub flash_items: u32,
    /// How long the sale runs.
    pub sale_seconds: u64,
    /// Products that there are at least; the demo shop itself has 225.
    pub products: u32,
    /// Pieces of each SKU outside the sale.
    pub stock: u32,
}

impl Default for SeedOptions {
    fn default() -> Self {
        Self { flash_stock: 1_000, flash_limit: 1, flash_items: 1, sale_seconds: 24 * 3600, products: 0, stock: 500 }
    }
}

/// What the database has now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeded {
    /// Products that were inserted.
    pub products: u64,
    /// SKUs that were inserted.
    pub skus: u64,
    /// Items of the flash sale.
    pub flash_items: u64,
}

/// Why nothing was filled in.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Somebody's shop is in there.
    #[error(
        "the database is not empty ({rows} rows in {table}): the demo shop goes into an empty one only, so choose another DATA_DIR or schema"
    )]
    NotEmpty {
        /// The first table with rows.
        table: &'static str,
        /// Rows that this table has.
        rows: u64,
    },
    /// The database did not do it.
    #[error("failed to write the demo shop")]
    Database(#[from] Error),
}

const SHOPPERS: u64 = 100;
/// Rows of a statement: enough that the way to the database counts for little, few enough for what a statement may bind.
const ROWS: usize = 500;
const AGREEMENTS: [(&str, &str, &str); 2] = [
    (
        "terms",
        "用户服务协议",
        "这是演示商城的用户服务协议。正式上线前请换成您自己的文本：mallcore agreement publish terms --title … --file …",
    ),
    ("privacy", "隐私政策", "这是演示商城的隐私政策。正式上线前请换成您自己的文本：mallcore agreement publish privacy --title … --file …"),
];

/// Whether the demo shop may go into this database.
pub async fn is_empty(database: &Database) -> Result<bool, Error> {
    let mut tx = database.snapshot().await?;
    let occupied = occupied(&mut tx).await?;
    tx.commit().await?;
    Ok(occupied.is_none())
}

/// The first table with rows, and how many.
async fn occupied(tx: &mut Tx) -> Result<Option<(&'static str, u64)>, Error> {
    for table in ["products", "categories", "brands", "users", "seckill_activities", "orders"] {
        let rows = tx.first(format!("SELECT COUNT(*) FROM {table}"), Vec::new()).await?.map_or(Ok(0), |row| row.count(0))?;
        if rows > 0 {
            return Ok(Some((table, rows)));
        }
    }
    Ok(None)
}

/// Fills the database, all of it or nothing; its schema has to be there.
pub async fn seed(database: &Database, options: SeedOptions, now: Timestamp) -> Result<Seeded, SeedError> {
    let mut tx = database.begin().await?;
    if let Some((table, rows)) = occupied(&mut tx).await? {
        return Err(SeedError::NotEmpty { table, rows });
    }
    let stamped = |mut row: Arguments| {
        row.extend([now.into(), now.into()]);
        row
    };
    let users = (1..=SHOPPERS).map(|user| {
        let (openid, nickname) = (format!("demo-openid-{user:04}"), format!("体验用户 {user}"));
        stamped(vec![user.into(), openid.into(), nickname.into(), pictures::of_shopper(user).into()])
    });
    insert(&mut tx, "users", &["id", "openid", "nickname", "avatar_url", "created_at", "updated_at"], users.collect()).await?;
    let brands = (1..).zip(DEPARTMENTS.iter().flat_map(|department| department.brands));
    let brands = brands.map(|(id, name)| stamped(vec![u64::into(id), name.into(), pictures::of_brand(id).into()]));
    insert(&mut tx, "brands", &["id", "name", "logo_url", "created_at", "updated_at"], brands.collect()).await?;
    let tags = (1_u64..).zip(TAGS).map(|(id, name)| stamped(vec![id.into(), name.into(), id.into()]));
    insert(&mut tx, "tags", &["id", "name", "sort_order", "created_at", "updated_at"], tags.collect()).await?;
    // Parents come first, so that each statement's rows find theirs.
    for level in categories() {
        let columns = ["id", "parent_id", "level", "path", "name", "sort_order", "icon_url", "created_at", "updated_at"];
        insert(&mut tx, "categories", &columns, level.into_iter().map(stamped).collect()).await?;
    }
    let ends_at = now.plus_millis(options.sale_seconds.saturating_mul(1000));
    let sale: Arguments = vec![1u64.into(), "限时秒杀".into(), now.into(), ends_at.into(), now.into(), now.into()];
    insert(&mut tx, "seckill_activities", &["id", "name", "starts_at", "ends_at", "created_at", "updated_at"], vec![sale]).await?;
    let mut shelves = Shelves::new(options, now);
    while let Some(edition) = shelves.next_edition() {
        insert(&mut tx, "products", &PRODUCT, edition.products).await?;
        insert(&mut tx, "skus", &SKU, edition.skus).await?;
        insert(&mut tx, "product_tags", &["product_id", "tag_id"], edition.tags).await?;
        insert(&mut tx, "seckill_items", &ITEM, edition.items).await?;
    }
    let agreements = AGREEMENTS
        .iter()
        .map(|(kind, title, content)| -> Arguments { vec![(*kind).into(), 1u32.into(), (*title).into(), (*content).into(), now.into()] });
    insert(&mut tx, "agreements", &["kind", "version", "title", "content", "published_at"], agreements.collect()).await?;
    super::banners::insert(&mut tx, now).await?;
    super::reviews::insert(&mut tx, now).await?;
    tx.commit().await?;
    Ok(Seeded { products: shelves.made.products, skus: shelves.made.skus, flash_items: shelves.made.items })
}

const PRODUCT: [&str; 14] = [
    "id",
    "name",
    "description",
    "category_id",
    "brand_id",
    "price_fen",
    "original_price_fen",
    "stock",
    "is_hot",
    "images",
    "specs",
    "freight_template_id",
    "created_at",
    "updated_at",
];
const SKU: [&str; 10] =
    ["id", "product_id", "spec", "spec_values", "code", "picture", "price_fen", "available", "created_at", "updated_at"];
const ITEM: [&str; 10] = ["id", "activity_id", "sku_id", "price_fen", "quota", "limit_per_user", "created_at", "title", "spec", "picture"];

async fn insert(tx: &mut Tx, table: &str, columns: &[&str], rows: Vec<Arguments>) -> Result<(), Error> {
    for chunk in rows.chunks(ROWS) {
        tx.execute(Rows::insert(tx.engine(), table, columns, chunk.len()), chunk.concat()).await?;
    }
    Ok(())
}

/// Rows of each level. Ids are made of places: department 1 to 5, aisle 11 to 53, shelf 111 to 533.
fn categories() -> [Vec<Arguments>; 3] {
    let mut levels: [Vec<Arguments>; 3] = Default::default();
    let mut add = |level: u64, id: u64, path: &str, name: &'static str, sort_order: u64| {
        let parent = (level > 1).then_some(id / 10);
        let icon = pictures::of_category(id);
        let row = vec![id.into(), parent.into(), level.into(), path.to_owned().into(), name.into(), sort_order.into(), icon.into()];
        levels[level as usize - 1].push(row);
    };
    for (first, department) in (1..).zip(&DEPARTMENTS) {
        let path = format!("/{first}/");
        add(1, first, &path, department.name, first);
        for (second_place, aisle) in (1..).zip(&department.aisles) {
            let second = first * 10 + second_place;
            let path = format!("{path}{second}/");
            add(2, second, &path, aisle.name, second_place);
            for (third_place, shelf) in (1..).zip(&aisle.shelves) {
                let third = second * 10 + third_place;
                add(3, third, &format!("{path}{third}/"), shelf.name, third_place);
            }
        }
    }
    levels
}
