//! Orders as their owners see them, and as the database has them: lists, details, what the order book starts from.
//! Not here: how an order moves (`mallcore_actors::orders`).

pub mod documents;
pub mod model;
mod reference;
pub mod repository;
mod restore;
pub mod routes;
mod views;

use crate::http::table::{Pattern, shop};
use crate::shop::feature::Feature;

pub use reference::OrderRef;
pub use restore::{id_block, limits_returned, open_orders};
pub use views::{LineView, OrderView};

/// The feature.
pub const FEATURE: Feature = Feature { document: documents::document, ..Feature::of_routes("orders", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] = &[shop("/orders/{}/cancel", "POST"), shop("/orders/{}", "GET"), shop("/orders", "GET")];
