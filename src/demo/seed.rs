//! Fills an empty database with the demo shop and one flash sale that runs from now on.

use mallcore_actors::time::Timestamp;

use super::goods::{DEPARTMENTS, Department, LINES};
use crate::platform::database::{Arguments, Database, Error, Rows, Tx, Value};

/// How the flash sale shall be.
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
}

impl Default for SeedOptions {
    fn default() -> Self {
        Self { flash_stock: 1_000, flash_limit: 1, flash_items: 1, sale_seconds: 24 * 3600 }
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
/// Pieces of a SKU outside the sale.
const STOCK: u32 = 500;
/// Price in the sale, in per cent.
const SALE_PER_CENT: u64 = 60;
const ROWS: usize = 200;
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
    let shop = Demo::new(options, now);
    insert(&mut tx, "users", &["id", "openid", "nickname", "created_at", "updated_at"], shop.users).await?;
    insert(&mut tx, "brands", &["id", "name", "created_at", "updated_at"], shop.brands).await?;
    // Parents come first, so that each statement's rows find theirs.
    for level in shop.categories {
        insert(&mut tx, "categories", &["id", "parent_id", "level", "path", "name", "sort_order", "created_at", "updated_at"], level)
            .await?;
    }
    let (products, skus, flash_items) = (shop.products.len() as u64, shop.skus.len() as u64, shop.items.len() as u64);
    let columns = [
        "id",
        "name",
        "description",
        "category_id",
        "brand_id",
        "price_fen",
        "original_price_fen",
        "stock",
        "is_hot",
        "created_at",
        "updated_at",
    ];
    insert(&mut tx, "products", &columns, shop.products).await?;
    // Migration 183 has made the template 包邮.
    tx.execute("UPDATE products SET freight_template_id = 1 WHERE freight_template_id IS NULL", Vec::new()).await?;
    insert(&mut tx, "skus", &["id", "product_id", "spec", "price_fen", "available", "created_at", "updated_at"], shop.skus).await?;
    let ends_at = now.plus_millis(options.sale_seconds.saturating_mul(1000));
    let sale: Arguments = vec![1u64.into(), "限时秒杀".into(), now.into(), ends_at.into(), now.into(), now.into()];
    insert(&mut tx, "seckill_activities", &["id", "name", "starts_at", "ends_at", "created_at", "updated_at"], vec![sale]).await?;
    let columns = ["id", "activity_id", "sku_id", "price_fen", "quota", "limit_per_user", "created_at", "title", "spec"];
    insert(&mut tx, "seckill_items", &columns, shop.items).await?;
    let agreements = AGREEMENTS
        .iter()
        .map(|(kind, title, content)| -> Arguments { vec![(*kind).into(), 1u32.into(), (*title).into(), (*content).into(), now.into()] });
    insert(&mut tx, "agreements", &["kind", "version", "title", "content", "published_at"], agreements.collect()).await?;
    super::banners::insert(&mut tx, now).await?;
    super::reviews::insert(&mut tx, now).await?;
    tx.commit().await?;
    Ok(Seeded { products, skus, flash_items })
}

async fn insert(tx: &mut Tx, table: &str, columns: &[&str], rows: Vec<Arguments>) -> Result<(), Error> {
    for chunk in rows.chunks(ROWS) {
        tx.execute(Rows::insert(tx.engine(), table, columns, chunk.len()), chunk.concat()).await?;
    }
    Ok(())
}

struct Demo {
    options: SeedOptions,
    now: Value,
    users: Vec<Arguments>,
    brands: Vec<Arguments>,
    categories: [Vec<Arguments>; 3],
    products: Vec<Arguments>,
    skus: Vec<Arguments>,
    items: Vec<Arguments>,
}

impl Demo {
    fn new(options: SeedOptions, now: Timestamp) -> Self {
        let mut demo = Self {
            options,
            now: now.into(),
            users: Vec::new(),
            brands: Vec::new(),
            categories: Default::default(),
            products: Vec::new(),
            skus: Vec::new(),
            items: Vec::new(),
        };
        for user in 1..=SHOPPERS {
            let (openid, nickname) = (format!("demo-openid-{user:04}"), format!("体验用户 {user}"));
            let row = demo.stamped(vec![user.into(), openid.into(), nickname.into()]);
            demo.users.push(row);
        }
        // More flash items than the shelves have SKUs are filled up with further batches of the same goods.
        let mut edition = 1;
        while edition == 1 || demo.items.len() < options.flash_items as usize {
            DEPARTMENTS.iter().enumerate().for_each(|(place, department)| demo.stock_department(place as u64, department, edition));
            edition += 1;
        }
        demo
    }

    fn stamped(&self, mut row: Arguments) -> Arguments {
        row.extend([self.now.clone(), self.now.clone()]);
        row
    }

    /// Ids are made of places: department 1 to 5, aisle 11 to 53, shelf 111 to 533.
    fn stock_department(&mut self, place: u64, department: &Department, edition: u64) {
        let first = place + 1;
        if edition == 1 {
            self.categorise(1, first, None, format!("/{first}/"), department.name, first);
            for (brand, name) in department.brands.into_iter().enumerate() {
                let row = self.stamped(vec![(place * 3 + brand as u64 + 1).into(), name.into()]);
                self.brands.push(row);
            }
        }
        for (aisle_place, aisle) in (1..).zip(&department.aisles) {
            let second = first * 10 + aisle_place;
            if edition == 1 {
                self.categorise(2, second, Some(first), format!("/{first}/{second}/"), aisle.name, aisle_place);
            }
            for (shelf_place, shelf) in (1..).zip(&aisle.shelves) {
                let third = second * 10 + shelf_place;
                if edition == 1 {
                    self.categorise(3, third, Some(second), format!("/{first}/{second}/{third}/"), shelf.name, shelf_place);
                }
                for (line, (line_name, per_cent, slogan)) in LINES.into_iter().enumerate() {
                    let brand = (line as u64 + shelf_place) % 3;
                    let mut name = format!("{} {} {line_name}", department.brands[brand as usize], shelf.noun);
                    if edition > 1 {
                        name.push_str(&format!("（第 {edition} 批）"));
                    }
                    let product = Product {
                        description: format!("{name}：{slogan}。"),
                        name,
                        category: third,
                        brand: place * 3 + brand + 1,
                        price_fen: shelf.price_fen * per_cent / 100,
                        is_hot: line == 2,
                        specs: aisle.specs,
                    };
                    self.shelve(product);
                }
            }
        }
    }

    fn categorise(&mut self, level: u8, id: u64, parent: Option<u64>, path: String, name: &'static str, sort_order: u64) {
        let row = self.stamped(vec![id.into(), parent.into(), level.into(), path.into(), name.into(), sort_order.into()]);
        self.categories[usize::from(level) - 1].push(row);
    }

    fn shelve(&mut self, product: Product) {
        let id = self.products.len() as u64 + 1;
        let mut stock = 0u64;
        for (place, spec) in product.specs.iter().enumerate() {
            let sku = self.skus.len() as u64 + 1;
            let price_fen = product.price_fen * (100 + 15 * place as u64) / 100;
            let is_on_sale = self.items.len() < self.options.flash_items as usize;
            let available = STOCK + if is_on_sale { self.options.flash_stock } else { 0 };
            stock += u64::from(available);
            let row = self.stamped(vec![sku.into(), id.into(), (*spec).into(), price_fen.into(), available.into()]);
            self.skus.push(row);
            if is_on_sale {
                let (item, price) = (self.items.len() as u64 + 1, price_fen * SALE_PER_CENT / 100);
                let SeedOptions { flash_stock, flash_limit, .. } = self.options;
                self.items.push(vec![
                    item.into(),
                    1u64.into(),
                    sku.into(),
                    price.into(),
                    flash_stock.into(),
                    flash_limit.into(),
                    self.now.clone(),
                    product.name.clone().into(),
                    (*spec).into(),
                ]);
            }
        }
        let original = product.price_fen * 120 / 100;
        let row = self.stamped(vec![
            id.into(),
            product.name.into(),
            product.description.into(),
            product.category.into(),
            product.brand.into(),
            product.price_fen.into(),
            original.into(),
            stock.into(),
            product.is_hot.into(),
        ]);
        self.products.push(row);
    }
}

struct Product {
    name: String,
    description: String,
    category: u64,
    brand: u64,
    price_fen: u64,
    is_hot: bool,
    specs: &'static [&'static str],
}
