//! A quote, as shoppers see it.

use mallcore_actors::money::Money;
use mallcore_actors::orders::BasketLine;
use mallcore_actors::pricing::{Explained, QuotedLine};
use serde::Serialize;
use utoipa::ToSchema;

use super::quote::Quote;

/// What an order would cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderQuote)]
pub struct QuoteView {
    /// A hash of all that the quote depends on: the same version is the same quote.
    #[schema(pattern = "^[0-9a-f]{16}$", example = "5f1d9a0c33e07b42")]
    pub quote_version: String,
    /// The lines at their prices, in fen.
    pub goods_fen: u64,
    /// Taken off, in fen.
    pub discount_fen: u64,
    /// For sending it, in fen; null while that depends on an address that was not given.
    pub freight_fen: Option<u64>,
    /// What would have to be paid, in fen: send it as `expected_payable_fen`. Null while freight is.
    pub payable_fen: Option<u64>,
    /// Whether an address has to be given to know what it costs, and to order it.
    pub needs_address: bool,
    /// Line by line.
    pub items: Vec<QuotedView>,
    /// How the price comes about, in the order of the steps: all amounts but the last sum to the last.
    pub explanation: Vec<ExplainedView>,
}

/// One line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderQuoteItem)]
pub struct QuotedView {
    /// The line's SKU.
    pub sku_id: u64,
    /// The SKU's product.
    pub product_id: u64,
    /// The product's name.
    pub product_name: String,
    /// What sets the SKU apart from the product's others.
    pub spec: Option<String>,
    /// The address of its picture.
    pub picture: Option<String>,
    /// Pieces that are wanted.
    pub quantity: u32,
    /// Price of a piece before discounts, in fen.
    pub unit_price_fen: u64,
    /// The line's share of the discount, in fen.
    pub discount_fen: u64,
    /// The line's share of the freight, in fen; null while freight is not known.
    pub freight_fen: Option<u64>,
    /// What the line comes to, in fen; null while freight is not known.
    pub payable_fen: Option<u64>,
    /// `ok`, `short` (fewer pieces are there than wanted) or `sold_out`.
    #[schema(value_type = String, example = "ok")]
    pub state: &'static str,
}

/// One step of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderQuoteStep)]
pub struct ExplainedView {
    /// `goods`, `zone_discount`, `freight` or `payable`.
    #[schema(value_type = String, example = "zone_discount")]
    pub code: &'static str,
    /// What the step adds, in fen; negative where something is taken off, null while it is not known.
    #[schema(example = -900)]
    pub amount_fen: Option<i64>,
    /// The step in a sentence, in Chinese.
    #[schema(example = "折扣专区优惠 ¥9.00。")]
    pub text: String,
}

impl From<&Quote> for QuoteView {
    fn from(quote: &Quote) -> Self {
        let costs = &quote.costs;
        let items = quote.lines.iter().zip(&costs.lines).zip(&quote.available);
        Self {
            quote_version: format!("{:016x}", quote.version.get()),
            goods_fen: costs.goods.fen(),
            discount_fen: costs.discount.fen(),
            freight_fen: costs.freight.map(Money::fen),
            payable_fen: costs.payable.map(Money::fen),
            needs_address: costs.freight.is_none(),
            items: items.map(|((line, costs), available)| item(line, costs, *available)).collect(),
            explanation: costs.explanation.iter().map(ExplainedView::from).collect(),
        }
    }
}

fn item(line: &BasketLine, costs: &QuotedLine, available: u32) -> QuotedView {
    QuotedView {
        sku_id: line.sku.get(),
        product_id: line.described.product.get(),
        product_name: line.described.title.as_str().to_owned(),
        spec: line.described.spec.as_ref().map(|spec| spec.as_str().to_owned()),
        picture: line.described.picture.as_ref().map(|picture| picture.as_str().to_owned()),
        quantity: line.quantity.get(),
        unit_price_fen: line.unit_price.fen(),
        discount_fen: line.discount.fen(),
        freight_fen: costs.freight.map(Money::fen),
        payable_fen: costs.payable.map(Money::fen),
        state: match available {
            0 => "sold_out",
            available if available < line.quantity.get() => "short",
            _ => "ok",
        },
    }
}

impl From<&Explained> for ExplainedView {
    fn from(explained: &Explained) -> Self {
        Self { code: explained.step.code(), amount_fen: explained.amount_fen, text: explained.text.clone() }
    }
}
