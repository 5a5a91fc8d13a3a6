//! What an order is priced by, as the database has it at one moment.

use std::collections::HashMap;
use std::sync::Arc;

use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{CategoryId, FreightTemplateId, ProductId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::pricing::Price;
use mallcore_actors::pricing::freight::Template;
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::Receipt;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::discount::DiscountRate;

use super::repository;
use crate::features::catalog::model::ON_SALE;
use crate::features::freight::Templates;
use crate::platform::database::{Database, Error, Row, Rows};

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
    /// Addresses of the product's pictures, a JSON list.
    pub images: Option<String>,
    /// Price of a piece.
    pub price: Price,
    /// Pieces that can be ordered now, as projected.
    pub available: u32,
    /// Whether both are on the shelf.
    pub on_sale: bool,
    /// Of a piece; 0 if nobody has said.
    pub weight_grams: u32,
    /// Of a piece; 0 if nobody has said.
    pub volume_cm3: u32,
    /// The product's template in use, and its version.
    pub freight: Option<(FreightTemplateId, Timestamp)>,
}

/// SKUs by id, and the freight templates that they name.
pub type Shelf = (HashMap<SkuId, Shelved>, HashMap<FreightTemplateId, Arc<Template>>);

/// An order that a request has placed before, and that request's body.
pub type Earlier = (Receipt, BodyFingerprint);

/// Reads the SKUs that are wanted and what sending them costs, and the order that the request has placed, if one is given.
///
/// # Errors
/// That of the database.
pub async fn read(
    database: &Database,
    templates: &Templates,
    wanted: &[(SkuId, Quantity)],
    request: Option<(UserId, KeyHash)>,
) -> Result<(Shelf, Option<Earlier>), Error> {
    let mut tx = database.snapshot().await?;
    let earlier = match request {
        Some((user, key)) => repository::placed_by_in(&mut tx, user, key).await?,
        None => None,
    };
    let text = format!(
        "SELECT s.id, s.product_id, p.name, s.spec, p.images, s.price_fen, s.available, s.status, p.status, p.category_id, p.is_discount, \
         p.discount_rate_bp, s.weight_grams, s.volume_cm3, t.id, t.updated_at \
         FROM skus s JOIN products p ON p.id = s.product_id LEFT JOIN freight_templates t ON t.id = p.freight_template_id AND t.status = 1 \
         WHERE s.id IN ({})",
        Rows::places(wanted.len())
    );
    let rows = tx.all(text, wanted.iter().map(|(sku, _)| sku.get().into()).collect()).await?;
    let skus = rows.iter().map(|row| Ok((row.id(0, SkuId::new)?, shelved(row)?))).collect::<Result<HashMap<_, _>, Error>>()?;
    let named = skus.values().filter_map(|sku| sku.freight).collect();
    let templates = templates.read(&mut tx, &named).await?;
    tx.commit().await?;
    Ok(((skus, templates), earlier))
}

fn shelved(row: &Row) -> Result<Shelved, Error> {
    let unit = row.id(5, Money::from_fen)?;
    let zone = match row.flag(10)? {
        true => row.id(11, |basis_points| DiscountRate::from_basis_points(u16::try_from(basis_points).unwrap_or(u16::MAX)))?,
        false => DiscountRate::NONE,
    };
    let freight = match row.id_or_null(14, FreightTemplateId::new)? {
        None => None,
        Some(template) => Some((template, row.time(15)?)),
    };
    Ok(Shelved {
        product: row.id(1, ProductId::new)?,
        category: row.id_or_null(9, CategoryId::new)?,
        name: row.text(2)?,
        spec: row.text(3)?,
        images: row.text_or_null(4)?,
        price: Price::Regular { unit, zone },
        available: row.pieces(6)?,
        on_sale: row.int(7)? == ON_SALE && row.int(8)? == ON_SALE,
        weight_grams: row.pieces(12)?,
        volume_cm3: row.pieces(13)?,
        freight,
    })
}
