//! Banners: pictures that lead somewhere, shown in a window of time, with the products behind them and the count of their clicks (ADR 0028).

mod cache;
mod counting;
pub mod edits;
mod feature;
mod handle;
mod keeper;
pub mod link;
pub mod model;
mod products;
pub mod repository;
pub mod routes;
mod shown;
mod views;

pub use feature::FEATURE;
pub use handle::Banners;
