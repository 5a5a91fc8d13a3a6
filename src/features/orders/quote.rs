//! What an order costs: one function that the preview and the order call.
//! - C1 What was previewed is what is ordered, as long as nothing that the price depends on has changed: both go through [`price`].
//!
//! Not here: how it is reckoned (`mallcore_actors::pricing`).

use std::fmt::Write as _;

use mallcore_actors::idempotency::BodyFingerprint;
use mallcore_actors::ids::SkuId;
use mallcore_actors::orders::{BasketLine, Described};
use mallcore_actors::pricing::{self, Basket, Line, NoPrice, Price};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::Receipt;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::region::RegionCode;
use mallcore_actors::values::text::Text;

use super::shelf::{Shelf, Shelved};
use crate::platform::database::Error;

/// Why there is no price.
#[derive(Debug)]
pub enum NoQuote {
    /// SKUs that do not exist.
    Unknown(Vec<SkuId>),
    /// SKUs that cannot be bought now, each with the reason.
    Dead(Vec<(SkuId, Dead)>),
    /// What cannot be reckoned, or not be sent.
    Price(NoPrice),
    /// The database did not answer.
    Database(Error),
}

/// Why a line cannot be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dead {
    /// The product or the SKU was taken off the shelf.
    OffShelf,
    /// Fewer pieces are there than wanted.
    SoldOut,
}

/// What an order of these lines costs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Its lines, with everything that an order freezes.
    pub lines: Vec<BasketLine>,
    /// Pieces of each line that can be ordered now, as projected.
    pub available: Vec<u32>,
    /// What it costs, line by line in the same order.
    pub costs: pricing::Quote,
    /// A hash of all that the costs depend on: SKUs, pieces, prices, discounts, freight templates and the destination.
    pub version: BodyFingerprint,
}

impl Quote {
    /// Lines of which fewer pieces are there than wanted, as projected.
    pub fn dead(&self) -> Vec<(SkuId, Dead)> {
        let short = self.lines.iter().zip(&self.available).filter(|(line, available)| **available < line.quantity.get());
        short.map(|(line, _)| (line.sku, Dead::SoldOut)).collect()
    }
}

/// What a request for an order leads to.
#[derive(Debug)]
pub enum Priced {
    /// It has placed this order before, with this body.
    Placed(Receipt, BodyFingerprint),
    /// It is new: this is what it costs.
    Quote(Quote),
}

/// Prices these pieces, sent there. `is_there` says whether there are enough of one.
///
/// # Errors
/// [`NoQuote`] if one of them cannot be ordered.
pub fn price(
    shelf: &Shelf,
    wanted: &[(SkuId, Quantity)],
    destination: Option<RegionCode>,
    now: Timestamp,
    is_there: impl Fn(&Shelved, Quantity) -> bool,
) -> Result<Quote, NoQuote> {
    let lines = shelved(shelf, wanted, is_there)?;
    let priced = lines.iter().map(|((sku, quantity), shelved)| line(*sku, *quantity, shelved)).collect();
    let costs = pricing::quote(&Basket { lines: priced, destination, now }).map_err(NoQuote::Price)?;
    let mut basket_lines = Vec::with_capacity(lines.len());
    for (((sku, quantity), shelved), quoted) in lines.iter().zip(&costs.lines) {
        let described = described(shelved).ok_or_else(|| NoQuote::Dead(vec![(*sku, Dead::OffShelf)]))?;
        basket_lines.push(BasketLine {
            sku: *sku,
            quantity: *quantity,
            unit_price: quoted.unit_price,
            discount: quoted.discount(),
            described,
        });
    }
    let available = lines.iter().map(|(_, shelved)| shelved.available).collect();
    Ok(Quote { lines: basket_lines, available, costs, version: version(&lines, destination) })
}

type Wanted<'a> = ((SkuId, Quantity), &'a Shelved);

fn shelved<'a>(
    skus: &'a Shelf,
    wanted: &[(SkuId, Quantity)],
    is_there: impl Fn(&Shelved, Quantity) -> bool,
) -> Result<Vec<Wanted<'a>>, NoQuote> {
    let unknown: Vec<SkuId> = wanted.iter().map(|(sku, _)| *sku).filter(|sku| !skus.contains_key(sku)).collect();
    if !unknown.is_empty() {
        return Err(NoQuote::Unknown(unknown));
    }
    let lines: Vec<Wanted<'a>> = wanted.iter().filter_map(|one| Some((*one, skus.get(&one.0)?))).collect();
    let dead = |((sku, quantity), shelved): &Wanted<'a>| match shelved.on_sale {
        false => Some((*sku, Dead::OffShelf)),
        true => (!is_there(shelved, *quantity)).then_some((*sku, Dead::SoldOut)),
    };
    let dead: Vec<(SkuId, Dead)> = lines.iter().filter_map(dead).collect();
    if dead.is_empty() { Ok(lines) } else { Err(NoQuote::Dead(dead)) }
}

fn line(sku: SkuId, quantity: Quantity, shelved: &Shelved) -> Line {
    Line {
        sku,
        product: shelved.product,
        category: shelved.category,
        quantity,
        price: shelved.price,
        weight_grams: shelved.weight_grams,
        volume_cm3: shelved.volume_cm3,
        freight: shelved.freight.as_ref().and_then(|freight| freight.template.clone()),
    }
}

/// None for a product whose name nobody could read: it cannot be shown, so it is not sold.
fn described(shelved: &Shelved) -> Option<Described> {
    Some(Described {
        product: shelved.product,
        title: shown(&shelved.name)?,
        spec: shown(&shelved.spec),
        picture: shelved.picture.as_deref().and_then(|picture| Text::parse(picture).ok()),
    })
}

/// A text of the catalogue without the control characters that a table may hold and a record may not.
fn shown<const MOST: usize>(text: &str) -> Option<Text<MOST>> {
    let plain: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    Text::parse(&plain).ok()
}

/// Over the lines in the order of their SKUs: the same basket in another order costs the same.
fn version(lines: &[Wanted<'_>], destination: Option<RegionCode>) -> BodyFingerprint {
    let mut text = destination.map(|region| region.to_string()).unwrap_or_default();
    let mut lines: Vec<&Wanted<'_>> = lines.iter().collect();
    lines.sort_unstable_by_key(|((sku, _), _)| *sku);
    for ((sku, quantity), shelved) in lines {
        let (kind, zone) = match shelved.price {
            Price::Regular { zone, .. } => ("regular", zone.basis_points()),
            Price::Flash(_) => ("flash", 0),
        };
        let (unit, quantity) = (shelved.price.unit().fen(), quantity.get());
        let (template, read) = shelved.freight.as_ref().map_or((0, 0), |freight| (freight.id.get(), freight.version.millis()));
        let (grams, cm3) = (shelved.weight_grams, shelved.volume_cm3);
        // Writing to a string cannot fail.
        let _ = write!(text, "|{sku}:{quantity}:{kind}:{unit}:{zone}:{template}:{read}:{grams}:{cm3}");
    }
    BodyFingerprint::of(text.as_bytes())
}
