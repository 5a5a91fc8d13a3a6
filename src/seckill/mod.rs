//! Flash sales (秒杀): what is on, and buying.
//! Not here: deciding who gets a piece (`mallcore_actors::stock`).

mod express;
pub mod model;
pub mod repository;
pub mod routes;
mod views;

pub use express::Express;
pub use views::{ActivityStatus, ActivityView, BuyBody, ItemView, OrderedItemView, ReceiptView};
