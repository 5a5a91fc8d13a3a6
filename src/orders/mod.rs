//! Orders in the database: what the order book starts from, and what shoppers read.

pub mod model;
pub mod repository;
mod restore;

pub use restore::{id_block, limits_returned, open_orders};
