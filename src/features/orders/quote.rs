//! What an order costs: one function that the preview and the order call.
//! - C1 What was previewed is what is ordered, as long as prices stay: both go through [`price`].

use std::collections::HashMap;

use mallcore_actors::idempotency::{BodyFingerprint, KeyHash};
use mallcore_actors::ids::{ProductId, SkuId, UserId};
use mallcore_actors::money::Money;
use mallcore_actors::orders::{Amounts, BasketLine, Described};
use mallcore_actors::quantity::Quantity;
use mallcore_actors::stock::Receipt;
use mallcore_actors::values::text::Text;
use serde::Serialize;
use utoipa::ToSchema;

use super::repository;
use crate::features::catalog::model::ON_SALE;
use crate::platform::database::{Database, Error, Row, Rows};

/// Why there is no price.
#[derive(Debug)]
pub enum NoQuote {
    /// SKUs that do not exist.
    Unknown(Vec<SkuId>),
    /// SKUs that were taken off the shelf.
    OffShelf(Vec<SkuId>),
    /// A sum that is no amount.
    TooMuch,
    /// The database did not answer.
    Database(Error),
}

/// What an order of these lines costs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Its lines, with everything that an order freezes.
    pub lines: Vec<BasketLine>,
    /// Pieces of each line that can be ordered now, as projected.
    pub available: Vec<u32>,
    /// Sums over all lines.
    pub amounts: Amounts,
}

/// What a request for an order leads to.
#[derive(Debug)]
pub enum Priced {
    /// It has placed this order before, with this body.
    Placed(Receipt, BodyFingerprint),
    /// It is new: this is what it costs.
    Quote(Quote),
}

/// A quote, as shoppers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderQuote)]
pub struct QuoteView {
    /// The lines at their prices, in fen.
    pub goods_fen: u64,
    /// Taken off, in fen.
    pub discount_fen: u64,
    /// For sending it, in fen.
    pub freight_fen: u64,
    /// What would have to be paid, in fen: send it as `expected_payable_fen`.
    pub payable_fen: u64,
    /// The lines with their prices.
    pub items: Vec<QuotedView>,
}

/// One line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderQuoteItem)]
pub struct QuotedView {
    /// Id of the SKU.
    pub sku_id: u64,
    /// Id of the SKU's product.
    pub product_id: u64,
    /// The product's name.
    pub product_name: String,
    /// What sets the SKU apart from the product's others.
    pub spec: Option<String>,
    /// The address of its picture.
    pub picture: Option<String>,
    /// Pieces that are wanted.
    pub quantity: u32,
    /// Price of a piece, in fen.
    pub unit_price_fen: u64,
    /// The line's share of the discount, in fen.
    pub discount_fen: u64,
    /// `ok`, `short` (fewer pieces are there than wanted) or `sold_out`.
    #[schema(value_type = String, example = "ok")]
    pub state: &'static str,
}

struct Shelf {
    product: ProductId,
    name: String,
    spec: String,
    images: Option<String>,
    price: Money,
    available: u32,
    on_sale: bool,
}

/// Prices these pieces.
///
/// # Errors
/// [`NoQuote`] if one of them cannot be ordered, or the database does not answer.
pub async fn price(database: &Database, wanted: &[(SkuId, Quantity)]) -> Result<Quote, NoQuote> {
    of(wanted, &read(database, wanted, None).await.map_err(NoQuote::Database)?.0)
}

/// Prices these pieces for a request that memory does not know, unless the database knows the order that it has placed: one read for both.
///
/// # Errors
/// As [`price`], if the request has placed nothing.
pub async fn price_once(database: &Database, wanted: &[(SkuId, Quantity)], request: (UserId, KeyHash)) -> Result<Priced, NoQuote> {
    match read(database, wanted, Some(request)).await.map_err(NoQuote::Database)? {
        (_, Some((receipt, body))) => Ok(Priced::Placed(receipt, body)),
        (shelf, None) => of(wanted, &shelf).map(Priced::Quote),
    }
}

/// Unit prices are those of the SKUs; there are no discounts and no freight yet.
fn of(wanted: &[(SkuId, Quantity)], shelf: &HashMap<SkuId, Shelf>) -> Result<Quote, NoQuote> {
    let missing = |is_so: &dyn Fn(Option<&Shelf>) -> bool| -> Vec<SkuId> {
        wanted.iter().map(|(sku, _)| *sku).filter(|sku| is_so(shelf.get(sku))).collect()
    };
    let unknown = missing(&|shelf| shelf.is_none());
    if !unknown.is_empty() {
        return Err(NoQuote::Unknown(unknown));
    }
    let off = missing(&|shelf| shelf.is_some_and(|shelf| !shelf.on_sale));
    if !off.is_empty() {
        return Err(NoQuote::OffShelf(off));
    }
    let (mut lines, mut available) = (Vec::with_capacity(wanted.len()), Vec::with_capacity(wanted.len()));
    for (sku, quantity) in wanted {
        let Some(on_shelf) = shelf.get(sku) else { return Err(NoQuote::Unknown(vec![*sku])) };
        let described = described(on_shelf).ok_or_else(|| NoQuote::OffShelf(vec![*sku]))?;
        available.push(on_shelf.available);
        lines.push(BasketLine { sku: *sku, quantity: *quantity, unit_price: on_shelf.price, discount: Money::ZERO, described });
    }
    let amounts = Amounts::of(&lines, Money::ZERO).ok_or(NoQuote::TooMuch)?;
    Ok(Quote { lines, available, amounts })
}

/// None for a product whose name nobody could read: it cannot be shown, so it is not sold.
fn described(shelf: &Shelf) -> Option<Described> {
    let images = shelf.images.as_deref().and_then(|images| serde_json::from_str::<Vec<String>>(images).ok()).unwrap_or_default();
    Some(Described {
        product: shelf.product,
        title: shown(&shelf.name)?,
        spec: shown(&shelf.spec),
        picture: images.first().and_then(|picture| Text::parse(picture).ok()),
    })
}

/// A text of the catalogue without the control characters that a table may hold and a record may not.
fn shown<const MOST: usize>(text: &str) -> Option<Text<MOST>> {
    let plain: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    Text::parse(&plain).ok()
}

type Earlier = (Receipt, BodyFingerprint);

/// What the shelf says of these SKUs, and the order that the request has placed, if one is given.
async fn read(
    database: &Database,
    wanted: &[(SkuId, Quantity)],
    request: Option<(UserId, KeyHash)>,
) -> Result<(HashMap<SkuId, Shelf>, Option<Earlier>), Error> {
    let mut tx = database.snapshot().await?;
    let earlier = match request {
        Some((user, key)) => repository::placed_by_in(&mut tx, user, key).await?,
        None => None,
    };
    let text = format!(
        "SELECT s.id, s.product_id, p.name, s.spec, p.images, s.price_fen, s.available, s.status, p.status \
         FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id IN ({})",
        Rows::places(wanted.len())
    );
    let rows = tx.all(text, wanted.iter().map(|(sku, _)| sku.get().into()).collect()).await?;
    tx.commit().await?;
    let shelf = |row: &Row| {
        let shelf = Shelf {
            product: row.id(1, ProductId::new)?,
            name: row.text(2)?,
            spec: row.text(3)?,
            images: row.text_or_null(4)?,
            price: row.id(5, Money::from_fen)?,
            available: row.pieces(6)?,
            on_sale: row.int(7)? == ON_SALE && row.int(8)? == ON_SALE,
        };
        Ok((row.id(0, SkuId::new)?, shelf))
    };
    Ok((rows.iter().map(shelf).collect::<Result<_, Error>>()?, earlier))
}

impl From<&Quote> for QuoteView {
    fn from(quote: &Quote) -> Self {
        let Amounts { goods, discount, freight, payable } = quote.amounts;
        let item = |(line, available): (&BasketLine, &u32)| QuotedView {
            sku_id: line.sku.get(),
            product_id: line.described.product.get(),
            product_name: line.described.title.as_str().to_owned(),
            spec: line.described.spec.as_ref().map(|spec| spec.as_str().to_owned()),
            picture: line.described.picture.as_ref().map(|picture| picture.as_str().to_owned()),
            quantity: line.quantity.get(),
            unit_price_fen: line.unit_price.fen(),
            discount_fen: line.discount.fen(),
            state: match *available {
                0 => "sold_out",
                available if available < line.quantity.get() => "short",
                _ => "ok",
            },
        };
        Self {
            goods_fen: goods.fen(),
            discount_fen: discount.fen(),
            freight_fen: freight.fen(),
            payable_fen: payable.fen(),
            items: quote.lines.iter().zip(&quote.available).map(item).collect(),
        }
    }
}
