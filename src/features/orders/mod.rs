//! Orders as their owners see them, and as the database has them: lists, details, what the order book starts from.
//! Not here: how an order moves (`mallcore_actors::orders`).

mod bodies;
mod checkout;
mod completing;
mod detail;
pub mod documents;
mod earlier;
mod feature;
mod handle;
pub mod loading;
pub mod model;
mod own;
mod paying;
pub mod projection;
pub mod quote;
mod quote_view;
mod reference;
pub mod repository;
mod restore;
pub mod routes;
mod shelf;
mod stored;
mod supplement;
mod views;

pub use bodies::{ItemBody, together};
pub use detail::{EventView, OrderDetail, RefundView, RefundableLine, RefundableView};
pub use feature::FEATURE;
pub use handle::Orders;
pub use reference::OrderRef;
pub use restore::{id_block, limits_returned, open_orders};
pub use supplement::Supplement;
pub use views::{LineView, OrderView};
