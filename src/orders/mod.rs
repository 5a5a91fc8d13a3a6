//! Orders as their owners see them: lists, details, cancelling.
//! Not here: how an order moves (`mallcore_actors::orders`).

mod reference;
pub mod routes;
mod views;

pub use reference::OrderRef;
pub use views::{LineView, OrderView};
