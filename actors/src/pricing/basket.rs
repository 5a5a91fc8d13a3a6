//! What is priced: lines as the shelf has them at this moment.

use std::sync::Arc;

use super::freight::Template;
use crate::ids::{CategoryId, ProductId, SkuId};
use crate::money::Money;
use crate::quantity::Quantity;
use crate::time::Timestamp;
use crate::values::discount::DiscountRate;
use crate::values::region::RegionCode;

/// The price of a piece. A flash price is the lowest that there is: no other discount is taken off it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Price {
    /// The SKU's own.
    Regular {
        /// Before any discount.
        unit: Money,
        /// What the discount zone takes off; [`DiscountRate::NONE`] for a product that is not in it.
        zone: DiscountRate,
    },
    /// That of a flash sale.
    Flash(Money),
}

/// Pieces of a SKU, with all that a price depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The SKU; each stands in one line.
    pub sku: SkuId,
    /// The SKU's product.
    pub product: ProductId,
    /// The product's category, if it has one: coupons are limited to categories.
    pub category: Option<CategoryId>,
    /// Pieces that are wanted.
    pub quantity: Quantity,
    /// Price of a piece.
    pub price: Price,
    /// Weight of a piece in grams; 0 if nobody has said.
    pub weight_grams: u32,
    /// Volume of a piece in cm³; 0 if nobody has said.
    pub volume_cm3: u32,
    /// What sending it costs; none if nobody has said.
    pub freight: Option<Arc<Template>>,
}

/// A basket at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// Each SKU once.
    pub lines: Vec<Line>,
    /// Where it is sent; none while the shopper has chosen no address.
    pub destination: Option<RegionCode>,
    /// When it is priced: promotions with hours are decided by it.
    pub now: Timestamp,
}

impl Price {
    /// Price of a piece before discounts.
    pub const fn unit(self) -> Money {
        match self {
            Self::Regular { unit, .. } | Self::Flash(unit) => unit,
        }
    }

    /// What the discount zone takes off a piece.
    pub fn zone_discount(self) -> Money {
        match self {
            Self::Regular { unit, zone } => unit.checked_sub(zone.apply(unit)).unwrap_or_default(),
            Self::Flash(_) => Money::ZERO,
        }
    }
}
