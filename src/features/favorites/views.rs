//! What favourites and footprints look like from outside.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::features::catalog::CardView;
use crate::platform::rfc3339::Rfc3339;

/// A product that a shopper marked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Favorite)]
pub struct FavoriteView {
    /// Id of the product.
    pub product_id: u64,
    /// Since when it is one.
    pub added_at: Rfc3339,
    /// The product as lists show it; null while it is off the shelf.
    #[schema(value_type = Option<CardView>)]
    pub product: Option<Box<RawValue>>,
}

/// A product that a shopper looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Footprint)]
pub struct FootprintView {
    /// Id of the product.
    pub product_id: u64,
    /// When the shopper looked at it last.
    pub viewed_at: Rfc3339,
    /// The product as lists show it; null while it is off the shelf.
    #[schema(value_type = Option<CardView>)]
    pub product: Option<Box<RawValue>>,
}

/// A card as it was rendered.
pub(super) fn card(rendered: Option<Bytes>) -> Option<Box<RawValue>> {
    // Rendered from a view: it is JSON.
    rendered.and_then(|card| RawValue::from_string(String::from_utf8(card.into()).ok()?).ok())
}
