//! Flash sales (秒杀): what is on, and buying.
//! Not here: deciding who gets a piece (`mallcore_actors::stock`).

mod express;
mod handle;
pub mod model;
pub mod repository;
pub mod routes;
mod sales;
mod views;

use crate::platform::feature::Feature;
use crate::platform::http::table::{Pattern, shop};

pub use express::Express;
pub use handle::Seckill;
pub use sales::Sales;
pub use views::{ActivityStatus, ActivityView, BuyBody, ItemView, OrderedItemView, ReceiptView};

/// What the process registers of flash sales.
pub const FEATURE: Feature =
    Feature { document: crate::features::stock::documents::document, ..Feature::of_routes("seckill", routes::configure, PATTERNS) };

const PATTERNS: &[Pattern] =
    &[shop("/seckill/items/{}/orders", "POST"), shop("/seckill/activities/{}", "GET"), shop("/seckill/activities", "GET")];
