//! What an order is priced by: what the catalogue and the freight templates in memory say, and the database for what they do not have.

use std::collections::HashMap;
use std::sync::Arc;

use mallcore_actors::ids::{CategoryId, FreightTemplateId, ProductId, SkuId};
use mallcore_actors::money::Money;
use mallcore_actors::pricing::Price;
use mallcore_actors::pricing::freight::Template;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;

use crate::features::catalog::Catalog;
use crate::features::catalog::model::ON_SALE;
use crate::features::freight::{self, ById, Templates};
use crate::platform::database::{Database, Error, Row, Rows};
use crate::platform::reads::{ANSWER_WITHIN, Reads};

/// A SKU and its product.
#[derive(Debug, Clone)]
pub struct Shelved {
    /// The product that it is a variant of.
    pub product: ProductId,
    /// The product's category, if it has one.
    pub category: Option<CategoryId>,
    /// The product's name.
    pub name: String,
    /// The SKU's spec; empty for a product without specs.
    pub spec: String,
    /// Address of the product's first picture.
    pub picture: Option<String>,
    /// Price of a piece.
    pub price: Price,
    /// Pieces that can be ordered now, as far as the catalogue has heard.
    pub available: u32,
    /// Whether both are on the shelf.
    pub on_sale: bool,
    /// Of a piece; 0 if nobody has said.
    pub weight_grams: u32,
    /// Of a piece; 0 if nobody has said.
    pub volume_cm3: u32,
    /// What sending it costs, if the product has a template in use.
    pub freight: Option<Freight>,
}

/// A product's freight template in use.
#[derive(Debug, Clone)]
pub struct Freight {
    /// Id of the template.
    pub id: FreightTemplateId,
    /// Grows with each edit.
    pub version: Timestamp,
    /// None for one that cannot be reckoned with.
    pub template: Option<Arc<Template>>,
}

/// SKUs by id.
pub type Shelf = HashMap<SkuId, Shelved>;

/// Where SKUs are looked up.
pub struct Shelves {
    catalog: Arc<Catalog>,
    templates: Arc<Templates>,
    reads: Arc<Reads>,
}

impl Shelves {
    pub(super) fn new(catalog: Arc<Catalog>, templates: Arc<Templates>, reads: Arc<Reads>) -> Self {
        Self { catalog, templates, reads }
    }

    /// The SKUs that are wanted. The database is asked only for what memory does not have: a SKU or a template of a moment ago, or everything
    /// while the catalogue is being loaded.
    ///
    /// # Errors
    /// That of the database.
    pub async fn read(&self, wanted: &[(SkuId, Quantity)]) -> Result<Shelf, Error> {
        let mut shelf: Shelf = wanted.iter().filter_map(|(sku, _)| Some((*sku, self.find(*sku)?))).collect();
        let others: Vec<SkuId> = wanted.iter().map(|(sku, _)| *sku).filter(|sku| !shelf.contains_key(sku)).collect();
        if !others.is_empty() {
            shelf.extend(self.reads.ask(ANSWER_WITHIN, async |database| stored(database, &others).await).await?);
        }
        Ok(shelf)
    }

    fn find(&self, id: SkuId) -> Option<Shelved> {
        let entry = self.catalog.sku(id)?;
        let (product, (sku, count)) = (&entry.product, entry.sku(id)?);
        let freight = match product.freight_template {
            None => None,
            Some(template) => {
                let id = FreightTemplateId::new(template).ok()?;
                let known = self.templates.find(id)?;
                Some(Freight { id, version: known.version, template: known.template })
            }
        };
        Some(Shelved {
            product: product.id,
            category: product.category.and_then(|category| CategoryId::new(category).ok()),
            name: product.name.to_string(),
            spec: sku.spec.to_string(),
            picture: product.images.first().cloned(),
            price: Price::Regular { unit: sku.price, zone: product.discount.unwrap_or(DiscountRate::NONE) },
            available: count.available(),
            on_sale: product.on_sale && sku.on_sale,
            weight_grams: sku.weight_grams,
            volume_cm3: sku.volume_cm3,
            freight,
        })
    }
}

/// SKUs as the database has them at one moment.
async fn stored(database: &Database, wanted: &[SkuId]) -> Result<Shelf, Error> {
    let mut tx = database.snapshot().await?;
    let text = format!(
        "SELECT s.id, s.product_id, p.name, s.spec, p.images, s.price_fen, s.available, s.status, p.status, p.category_id, p.is_discount, \
         p.discount_rate_bp, s.weight_grams, s.volume_cm3, p.freight_template_id \
         FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id IN ({})",
        Rows::places(wanted.len())
    );
    let rows = tx.all(text, wanted.iter().map(|sku| sku.get().into()).collect()).await?;
    let mut named = rows.iter().filter_map(|row| template_of(row).transpose()).collect::<Result<Vec<_>, _>>()?;
    named.sort_unstable();
    named.dedup();
    let templates = freight::usable(freight::repository::drafts(&mut tx, &named).await?);
    tx.commit().await?;
    rows.iter().map(|row| Ok((row.id(0, SkuId::new)?, shelved(row, &templates)?))).collect()
}

fn template_of(row: &Row) -> Result<Option<FreightTemplateId>, Error> {
    row.id_or_null(14, FreightTemplateId::new)
}

fn shelved(row: &Row, templates: &ById) -> Result<Shelved, Error> {
    let unit = row.id(5, Money::from_fen)?;
    let zone = match row.flag(10)? {
        true => row.id(11, |basis_points| DiscountRate::from_basis_points(u16::try_from(basis_points).unwrap_or(u16::MAX)))?,
        false => DiscountRate::NONE,
    };
    let images = row.text_or_null(4)?.and_then(|images| serde_json::from_str::<Vec<String>>(&images).ok()).unwrap_or_default();
    let freight = template_of(row)?.and_then(|id| Some((id, templates.get(&id)?)));
    Ok(Shelved {
        product: row.id(1, ProductId::new)?,
        category: row.id_or_null(9, CategoryId::new)?,
        name: row.text(2)?,
        spec: row.text(3)?,
        picture: images.into_iter().next(),
        price: Price::Regular { unit, zone },
        available: row.pieces(6)?,
        on_sale: row.int(7)? == ON_SALE && row.int(8)? == ON_SALE,
        weight_grams: row.pieces(12)?,
        volume_cm3: row.pieces(13)?,
        freight: freight.map(|(id, known)| Freight { id, version: known.version, template: known.template.clone() }),
    })
}
