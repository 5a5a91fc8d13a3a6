//! What a shopper sends to order something.

use garde::Validate;
use mallcore_actors::ids::{ID_MAX, SkuId};
use mallcore_actors::orders::LINES_MAX;
use mallcore_actors::quantity::{QUANTITY_MAX, Quantity};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::platform::http::json;
use crate::platform::http::problem::Problem;

/// Pieces of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderItemBody)]
pub struct ItemBody {
    /// Id of the SKU.
    #[garde(range(min = 1, max = ID_MAX))]
    #[schema(minimum = 1, maximum = 9007199254740991_u64, example = 7)]
    #[serde(deserialize_with = "json::whole")]
    pub sku_id: u64,
    /// Pieces, 1 to 9,999.
    #[garde(range(min = 1, max = QUANTITY_MAX))]
    #[schema(minimum = 1, maximum = 9999, example = 1)]
    #[serde(deserialize_with = "json::whole")]
    pub quantity: u32,
}

/// What would be ordered: either the selected lines of the cart, or `items`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderPreview)]
pub struct PreviewBody {
    /// These pieces; without them the selected lines of the shopper's cart.
    #[garde(length(min = 1, max = LINES_MAX), dive)]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Option<Vec<ItemBody>>,
    /// Where it would be sent.
    #[garde(inner(range(min = 1, max = ID_MAX)))]
    #[schema(minimum = 1, maximum = 9007199254740991_u64)]
    #[serde(default, deserialize_with = "json::whole_or_null")]
    pub address_id: Option<u64>,
}

/// What is ordered: either the selected lines of the cart, or `items`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderCreate)]
pub struct OrderBody {
    /// These pieces; without them the selected lines of the shopper's cart, which loses them.
    #[garde(length(min = 1, max = LINES_MAX), dive)]
    #[schema(min_items = 1, max_items = 100)]
    pub items: Option<Vec<ItemBody>>,
    /// What the shopper expects to pay, in fen, as `preview` said it.
    #[garde(skip)]
    #[schema(minimum = 0, example = 12900)]
    #[serde(deserialize_with = "json::whole")]
    pub expected_payable_fen: u64,
    /// Where it is sent. Only a repeat of a request that placed an order without an address, before every order needed one, may lack it.
    #[garde(inner(range(min = 1, max = ID_MAX)))]
    #[schema(value_type = u64, required = true, minimum = 1, maximum = 9007199254740991_u64)]
    #[serde(default, deserialize_with = "json::whole_or_null")]
    pub address_id: Option<u64>,
    /// What the shopper wants to be known, at most 200 characters.
    #[garde(inner(length(chars, max = 200)))]
    #[schema(
        max_length = 200,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*$"
    )]
    pub remark: Option<String>,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The selected lines of the cart.
    Cart,
    /// These SKUs, with their pieces.
    Items(Vec<(SkuId, Quantity)>),
}

impl Wanted {
    /// Of a body: its items, or the cart where it has none.
    pub fn of(items: Option<&[ItemBody]>) -> Result<Self, Problem> {
        items.map_or(Ok(Self::Cart), |items| Ok(Self::Items(together(items)?)))
    }
}

/// The pieces of each SKU, which has them together where it stands twice.
pub fn together(items: &[ItemBody]) -> Result<Vec<(SkuId, Quantity)>, Problem> {
    let mut wanted: Vec<(SkuId, Quantity)> = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        // Garde has checked the ranges.
        let sku = SkuId::new(item.sku_id).map_err(|_| Problem::field("items", "out_of_range"))?;
        let quantity = Quantity::new(item.quantity).map_err(|_| Problem::field("items", "out_of_range"))?;
        match wanted.iter_mut().find(|(earlier, _)| *earlier == sku) {
            Some((_, pieces)) => {
                let sum = Quantity::new(pieces.get() + quantity.get());
                *pieces = sum.map_err(|_| Problem::fields(Vec::new()).naming(format!("items[{place}].quantity"), "out_of_range"))?;
            }
            None => wanted.push((sku, quantity)),
        }
    }
    Ok(wanted)
}
