//! What a cart looks like from outside, and what a shopper sends about it.

use std::collections::HashMap;

use garde::Validate;
use mallcore_actors::carts::{CartLine, CartView};
use mallcore_actors::ids::{ID_MAX, SkuId};
use mallcore_actors::quantity::QUANTITY_MAX;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::repository::Goods;
use crate::platform::http::json;
use crate::platform::rfc3339::Rfc3339;

/// Lines of a guest that are taken in at once.
pub const MERGED_MAX: usize = 120;

/// Pieces to add to the cart.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CartAdd)]
pub struct AddBody {
    /// Id of the SKU.
    #[garde(range(min = 1, max = ID_MAX))]
    #[schema(minimum = 1, maximum = 9007199254740991_u64, example = 7)]
    #[serde(deserialize_with = "json::whole")]
    pub sku_id: u64,
    /// Pieces; 1 if it is left out.
    #[garde(range(min = 1, max = QUANTITY_MAX))]
    #[serde(default = "one", deserialize_with = "json::whole")]
    #[schema(minimum = 1, maximum = 9999, default = 1, example = 1)]
    pub quantity: u32,
}

const fn one() -> u32 {
    1
}

/// What a line of the cart is from now on; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CartChange)]
pub struct ChangeBody {
    /// Pieces from now on, 1 to 9,999.
    #[garde(inner(range(min = 1, max = QUANTITY_MAX)))]
    #[schema(minimum = 1, maximum = 9999, example = 2)]
    #[serde(default, deserialize_with = "json::whole_or_null")]
    pub quantity: Option<u32>,
    /// Whether an order from the cart takes the line.
    #[garde(skip)]
    pub selected: Option<bool>,
}

/// Whether every line is selected from now on, or none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CartSelection)]
pub struct SelectionBody {
    /// Every line, or none.
    #[garde(skip)]
    pub selected: bool,
}

/// What a guest has laid aside before logging in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CartMerge)]
pub struct MergeBody {
    /// Lines, the most wanted first: what finds no room is left out from the end.
    #[garde(length(min = 1, max = MERGED_MAX), dive)]
    #[schema(min_items = 1, max_items = 120)]
    pub items: Vec<AddBody>,
}

/// A cart with what the shelf says now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Cart)]
pub struct CartBody {
    /// Its lines, the newest first.
    pub items: Vec<ItemBody>,
    /// Pieces of the selected lines that can be ordered.
    pub selected_quantity: u64,
    /// Price of those pieces, in fen, before freight and discounts.
    pub selected_fen: u64,
    /// Grows with each change.
    pub version: u64,
    /// After a merge: SKUs that found no room, or are off the shelf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<Vec<u64>>,
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CartItem)]
pub struct ItemBody {
    /// Id of the SKU.
    #[serde(deserialize_with = "json::whole")]
    pub sku_id: u64,
    /// Pieces that the guest laid in.
    pub quantity: u32,
    /// Whether an order from the cart takes the line.
    pub selected: bool,
    /// When it was first added.
    pub added_at: Rfc3339,
    /// `ok`, `short` (fewer pieces are there than wanted), `sold_out`, `off_shelf`, or `unknown` while the database does not answer.
    #[schema(value_type = String, example = "ok")]
    pub state: &'static str,
    /// Its product; null if it is gone or not known now, like all that follows.
    pub product_id: Option<u64>,
    /// The product's name now.
    pub name: Option<String>,
    /// What sets the SKU apart from the product's others.
    pub spec: Option<String>,
    /// Price of a piece now, in fen.
    pub price_fen: Option<u64>,
    /// Pieces that can be ordered now.
    pub available: Option<u32>,
}

impl CartBody {
    /// A cart with what the shelf says; `goods` is none if the database did not answer.
    pub fn new(cart: &CartView, goods: Option<&HashMap<SkuId, Goods>>) -> Self {
        let items: Vec<ItemBody> = cart.lines.iter().map(|line| ItemBody::new(line, goods)).collect();
        let ordered = items.iter().filter(|item| item.selected && item.state == "ok");
        let (mut selected_quantity, mut selected_fen) = (0_u64, 0_u64);
        for item in ordered {
            selected_quantity += u64::from(item.quantity);
            // 120 lines of 9,999 pieces at 99,999,999.99 each stay far below 64 bits.
            selected_fen += item.price_fen.unwrap_or_default() * u64::from(item.quantity);
        }
        Self { items, selected_quantity, selected_fen, version: cart.version.0, left_out: None }
    }
}

impl ItemBody {
    fn new(line: &CartLine, goods: Option<&HashMap<SkuId, Goods>>) -> Self {
        let shelf = goods.and_then(|goods| goods.get(&line.sku));
        let state = match (goods, shelf) {
            (None, _) => "unknown",
            (Some(_), Some(goods)) if goods.on_sale && goods.available >= line.quantity.get() => "ok",
            (Some(_), Some(goods)) if goods.on_sale && goods.available == 0 => "sold_out",
            (Some(_), Some(goods)) if goods.on_sale => "short",
            (Some(_), _) => "off_shelf",
        };
        Self {
            sku_id: line.sku.get(),
            quantity: line.quantity.get(),
            selected: line.selected,
            added_at: line.added_at.into(),
            state,
            product_id: shelf.map(|goods| goods.product_id),
            name: shelf.map(|goods| goods.name.clone()),
            spec: shelf.map(|goods| goods.spec.clone()),
            price_fen: shelf.map(|goods| goods.price.fen()),
            available: shelf.map(|goods| goods.available),
        }
    }
}
