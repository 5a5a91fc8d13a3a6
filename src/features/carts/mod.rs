//! Carts: what a shopper has laid aside, over HTTP, in the database and on the broker.
//! Not here: what a cart may do (`mallcore_actors::carts`).

mod bought;
mod documents;
mod feature;
mod handle;
mod mirror;
pub mod projection;
pub mod repository;
mod routes;
mod views;

pub use feature::FEATURE;
pub use handle::Carts;
