//! New products and what is edited about them. Stock is no field here: a new SKU has none until an adjustment brings it.

use mallcore_actors::ids::{ProductId, SkuId};
use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;
use mallcore_actors::values::text::Text;

use super::{EditError, after, write};
use crate::features::catalog::model::{OFF_SALE, ON_SALE};
use crate::features::catalog::snapshot::Spec;
use crate::platform::database::{Arguments, Database, Rows, Tx, Value};
use crate::platform::outbox::{self, Message, Topic};

/// SKUs of one product, on the shelf or not.
pub const SKUS_MAX: usize = 200;
/// Pictures of one product.
pub const IMAGES_MAX: usize = 20;
/// Tags of one product.
pub const TAGS_MAX: usize = 20;
/// Specs of one product, and values of one spec.
pub const SPECS_MAX: usize = 5;
const VALUES_MAX: usize = 50;
/// Characters of a picture's address.
const ADDRESS_CHARACTERS_MAX: usize = 500;
/// Characters of a description.
const DESCRIPTION_CHARACTERS_MAX: usize = 10_000;
/// Characters of `skus.spec`.
const SPEC_CHARACTERS_MAX: usize = 255;

/// A product's name.
pub type Name = Text<255>;
/// A SKU's own number.
pub type Code = Text<64>;

/// A product to be put in.
#[derive(Debug, Clone)]
pub struct NewProduct {
    /// What shoppers read, at most 255 characters.
    pub name: Name,
    /// What else is said of it.
    pub about: About,
    /// What its SKUs differ in; none for a product with one SKU.
    pub specs: Vec<Spec>,
    /// Its SKUs, one at least.
    pub skus: Vec<NewSku>,
    /// Whether it is on the shelf at once.
    pub on_sale: bool,
}

/// What is said of a product beside its name and SKUs.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// What it is.
    pub description: String,
    /// Where it is filed.
    pub category: Option<u64>,
    /// Who makes it.
    pub brand: Option<u64>,
    /// A price to compare with.
    pub compared_price: Option<Money>,
    /// Addresses of its pictures.
    pub images: Vec<String>,
    /// Ids of its tags, at most [`TAGS_MAX`].
    pub tags: Vec<u64>,
    /// What sending it costs.
    pub freight_template: Option<u64>,
}

/// A SKU to be put in.
#[derive(Debug, Clone)]
pub struct NewSku {
    /// Its value of each of the product's specs.
    pub spec_values: Vec<String>,
    /// The merchant's own number.
    pub code: Option<Code>,
    /// Address of its own picture.
    pub picture: Option<String>,
    /// Weight of a piece; 0 if nobody has said.
    pub weight_grams: u32,
    /// Volume of a piece; 0 if nobody has said.
    pub volume_cm3: u32,
    /// Price of a piece.
    pub price: Money,
}

/// What was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Id of the new product.
    pub product: ProductId,
    /// Its SKUs, in the order in which they were named.
    pub skus: Vec<SkuId>,
    /// The row of the outbox.
    pub outbox: u64,
}

pub(super) fn invalid(field: &'static str, why: impl Into<String>) -> EditError {
    EditError::Invalid { field, why: why.into() }
}

impl About {
    fn check(&self) -> Result<(), EditError> {
        if self.description.chars().count() > DESCRIPTION_CHARACTERS_MAX {
            return Err(invalid("description", format!("it has more than {DESCRIPTION_CHARACTERS_MAX} characters")));
        }
        if self.images.len() > IMAGES_MAX {
            return Err(invalid("images", format!("there are more than {IMAGES_MAX}")));
        }
        self.images.iter().try_for_each(|image| address("images", image))?;
        if self.tags.len() > TAGS_MAX {
            return Err(invalid("tags", format!("there are more than {TAGS_MAX}")));
        }
        Ok(())
    }
}

fn address(field: &'static str, text: &str) -> Result<(), EditError> {
    Text::<ADDRESS_CHARACTERS_MAX>::parse(text).map(drop).map_err(|cause| invalid(field, cause.to_string()))
}

/// Names and values of specs are texts, each once.
pub(super) fn check_specs(specs: &[Spec]) -> Result<(), EditError> {
    let one = |text: &String| Text::<50>::parse(text).map(drop).map_err(|cause| invalid("specs", format!("{text}: {cause}")));
    if specs.len() > SPECS_MAX {
        return Err(invalid("specs", format!("there are more than {SPECS_MAX}")));
    }
    for (place, spec) in specs.iter().enumerate() {
        one(&spec.name)?;
        spec.values.iter().try_for_each(one)?;
        if spec.values.is_empty() || spec.values.len() > VALUES_MAX || is_repeated(&spec.values) {
            return Err(invalid("specs", format!("{} needs 1 to {VALUES_MAX} values, each once", spec.name)));
        }
        if specs[..place].iter().any(|earlier| earlier.name == spec.name) {
            return Err(invalid("specs", format!("{} is named twice", spec.name)));
        }
    }
    Ok(())
}

fn is_repeated(values: &[String]) -> bool {
    values.iter().enumerate().any(|(place, value)| values[..place].contains(value))
}

/// New SKUs have one value of each spec, and no two the same ones.
pub(super) fn check_skus(specs: &[Spec], skus: &[NewSku]) -> Result<(), EditError> {
    if skus.is_empty() || skus.len() > SKUS_MAX {
        return Err(invalid("skus", format!("1 to {SKUS_MAX} are wanted")));
    }
    for (place, sku) in skus.iter().enumerate() {
        let fits =
            sku.spec_values.len() == specs.len() && specs.iter().zip(&sku.spec_values).all(|(spec, value)| spec.values.contains(value));
        if !fits {
            return Err(invalid("skus", format!("{:?} is not one value of each spec", sku.spec_values)));
        }
        spec_text_fits(&sku.spec_values)?;
        if skus[..place].iter().any(|earlier| earlier.spec_values == sku.spec_values) {
            return Err(invalid("skus", format!("{:?} is there twice", sku.spec_values)));
        }
        sku.picture.iter().try_for_each(|picture| check_picture(picture))?;
    }
    Ok(())
}

/// The address of a SKU's own picture fits its column.
pub(super) fn check_picture(picture: &str) -> Result<(), EditError> {
    address("picture", picture)
}

/// What sets a SKU apart fits its column.
pub(super) fn spec_text_fits(values: &[String]) -> Result<(), EditError> {
    if spec_text(values).chars().count() > SPEC_CHARACTERS_MAX {
        return Err(invalid("skus", format!("the values of one SKU have more than {SPEC_CHARACTERS_MAX} characters together")));
    }
    Ok(())
}

/// What sets a SKU apart, in one text.
pub(super) fn spec_text(values: &[String]) -> String {
    values.join(" / ")
}

/// A list for a column of JSON; NULL for an empty one.
pub(super) fn json<T: serde::Serialize>(list: &[T]) -> Value {
    // Lists of texts have no way to fail.
    if list.is_empty() { Value::Null } else { serde_json::to_string(list).unwrap_or_default().into() }
}

/// What a product names has to be there.
async fn check_named(tx: &mut Tx, about: &About) -> Result<(), EditError> {
    let named = [("category", "categories", about.category), ("brand", "brands", about.brand)];
    for (field, table, id) in named {
        let Some(id) = id else { continue };
        if tx.first(format!("SELECT id FROM {table} WHERE id = ?"), vec![id.into()]).await?.is_none() {
            return Err(EditError::Unknown { field, id });
        }
    }
    for tag in &about.tags {
        if tx.first("SELECT id FROM tags WHERE id = ?", vec![(*tag).into()]).await?.is_none() {
            return Err(EditError::Unknown { field: "tag", id: *tag });
        }
    }
    Ok(())
}

/// Puts a product in.
///
/// # Errors
/// [`EditError::Invalid`] and [`EditError::Unknown`] name what is wrong; nothing has changed then.
pub async fn create(database: &Database, new: &NewProduct, now: Timestamp) -> Result<Created, EditError> {
    new.about.check()?;
    check_specs(&new.specs)?;
    check_skus(&new.specs, &new.skus)?;
    let price = new.skus.iter().map(|sku| sku.price).min().unwrap_or_default();
    write(database, async |tx| {
        check_named(tx, &new.about).await?;
        let about = &new.about;
        let text = "INSERT INTO products (name, description, category_id, brand_id, price_fen, original_price_fen, images, specs, \
             freight_template_id, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values: Arguments = vec![
            new.name.as_str().to_owned().into(),
            about.description.clone().into(),
            about.category.into(),
            about.brand.into(),
            price.fen().into(),
            about.compared_price.map(Money::fen).into(),
            json(&about.images),
            json(&new.specs),
            about.freight_template.into(),
            (if new.on_sale { ON_SALE } else { OFF_SALE }).into(),
            now.into(),
            now.into(),
        ];
        let id = tx.insert(text, values).await?;
        let mut skus = Vec::with_capacity(new.skus.len());
        for sku in &new.skus {
            skus.push(insert_sku(tx, id, sku, now).await?);
        }
        set_tags(tx, id, &about.tags).await?;
        let outbox = outbox::append(tx, &Message::changed(Topic::Product, id), now).await?;
        let product = ProductId::new(id).map_err(|bad| invalid("id", bad.to_string()))?;
        Ok(Created { product, skus, outbox })
    })
    .await
}

/// Inserts the row of a SKU.
pub(super) async fn insert_sku(tx: &mut Tx, product: u64, sku: &NewSku, now: Timestamp) -> Result<SkuId, EditError> {
    let text = "INSERT INTO skus (product_id, spec, spec_values, code, picture, weight_grams, volume_cm3, price_fen, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        product.into(),
        spec_text(&sku.spec_values).into(),
        json(&sku.spec_values),
        sku.code.as_ref().map(|code| code.as_str().to_owned()).into(),
        sku.picture.clone().into(),
        sku.weight_grams.into(),
        sku.volume_cm3.into(),
        sku.price.fen().into(),
        now.into(),
        now.into(),
    ];
    let id = tx.insert(text, values).await?;
    SkuId::new(id).map_err(|bad| invalid("id", bad.to_string()))
}

async fn set_tags(tx: &mut Tx, product: u64, tags: &[u64]) -> Result<(), EditError> {
    tx.execute("DELETE FROM product_tags WHERE product_id = ?", vec![product.into()]).await?;
    let mut tags = tags.to_vec();
    tags.sort_unstable();
    tags.dedup();
    if !tags.is_empty() {
        let values = tags.iter().flat_map(|tag| [product.into(), (*tag).into()]).collect();
        tx.execute(Rows::insert(tx.engine(), "product_tags", &["product_id", "tag_id"], tags.len()), values).await?;
    }
    Ok(())
}

/// Locks a product and returns the `updated_at` that this edit gives it.
async fn lock(tx: &mut Tx, product: u64, now: Timestamp) -> Result<Timestamp, EditError> {
    let found = tx.lock("SELECT updated_at FROM products WHERE id = ?", vec![product.into()]).await?;
    Ok(after(found.first().ok_or(EditError::UnknownProduct(product))?.time(0)?, now))
}

/// Says anew what a product is; prices, SKUs and the shelf have edits of their own. Returns the row of the outbox.
///
/// # Errors
/// As for [`create`].
pub async fn update(database: &Database, product: u64, name: &Name, about: &About, now: Timestamp) -> Result<u64, EditError> {
    about.check()?;
    write(database, async |tx| {
        let updated_at = lock(tx, product, now).await?;
        check_named(tx, about).await?;
        let text = "UPDATE products SET name = ?, description = ?, category_id = ?, brand_id = ?, original_price_fen = ?, images = ?, \
             freight_template_id = ?, updated_at = ? WHERE id = ?";
        let values: Arguments = vec![
            name.as_str().to_owned().into(),
            about.description.clone().into(),
            about.category.into(),
            about.brand.into(),
            about.compared_price.map(Money::fen).into(),
            json(&about.images),
            about.freight_template.into(),
            updated_at.into(),
            product.into(),
        ];
        tx.execute(text, values).await?;
        set_tags(tx, product, &about.tags).await?;
        Ok(outbox::append(tx, &Message::changed(Topic::Product, product), now).await?)
    })
    .await
}

/// Puts a product into the discount zone at this rate, or takes it out. Returns the row of the outbox, or none if it was so already.
///
/// # Errors
/// [`EditError::UnknownProduct`].
pub async fn set_discount(database: &Database, product: u64, rate: Option<DiscountRate>, now: Timestamp) -> Result<Option<u64>, EditError> {
    set(database, product, DISCOUNT, discount(rate), now).await
}

/// The columns that put a product into the discount zone.
pub(super) const DISCOUNT: [&str; 2] = ["is_discount", "discount_rate_bp"];

/// Their values; a rate of nothing is none.
pub(super) fn discount(rate: Option<DiscountRate>) -> [Value; 2] {
    let rate = rate.filter(|rate| *rate > DiscountRate::NONE);
    [rate.is_some().into(), u32::from(rate.unwrap_or_default().basis_points()).into()]
}

/// Puts a product into the hot zone, or takes it out. Returns the row of the outbox, or none if it was so already.
///
/// # Errors
/// [`EditError::UnknownProduct`].
pub async fn set_hot(database: &Database, product: u64, is_hot: bool, now: Timestamp) -> Result<Option<u64>, EditError> {
    set(database, product, ["is_hot"], [is_hot.into()], now).await
}

/// Sets a product's weight in the zones' own order, highest first. Returns the row of the outbox, or none if it was so already.
///
/// # Errors
/// [`EditError::UnknownProduct`].
pub async fn set_sort_order(database: &Database, product: u64, sort_order: i32, now: Timestamp) -> Result<Option<u64>, EditError> {
    set(database, product, ["sort_order"], [i64::from(sort_order).into()], now).await
}

async fn set<const COLUMNS: usize>(
    database: &Database,
    product: u64,
    columns: [&'static str; COLUMNS],
    values: [Value; COLUMNS],
    now: Timestamp,
) -> Result<Option<u64>, EditError> {
    write(database, async |tx| {
        let is_changed = set_within(tx, product, columns, &values, now).await?;
        if is_changed { Ok(Some(outbox::append(tx, &Message::changed(Topic::Product, product), now).await?)) } else { Ok(None) }
    })
    .await
}

/// Sets columns of a product that hold whole numbers; false if they were so already.
pub(super) async fn set_within<const COLUMNS: usize>(
    tx: &mut Tx,
    product: u64,
    columns: [&'static str; COLUMNS],
    values: &[Value; COLUMNS],
    now: Timestamp,
) -> Result<bool, EditError> {
    let updated_at = lock(tx, product, now).await?;
    let row = tx.first(format!("SELECT {} FROM products WHERE id = ?", columns.join(", ")), vec![product.into()]).await?;
    let row = row.ok_or(EditError::UnknownProduct(product))?;
    let stored = (0..COLUMNS).map(|column| row.int(column).map(Value::from)).collect::<Result<Vec<_>, _>>()?;
    if stored == values {
        return Ok(false);
    }
    let text = format!("UPDATE products SET {} = ?, updated_at = ? WHERE id = ?", columns.join(" = ?, "));
    tx.execute(text, values.iter().cloned().chain([updated_at.into(), product.into()]).collect()).await?;
    Ok(true)
}
