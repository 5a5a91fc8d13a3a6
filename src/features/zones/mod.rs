//! The discount zone and the hot zone: ranked sets of the catalogue's products, published as bytes (ADR 0028). The rule of their order is
//! [`mallcore_actors::zones::Ranking`].

mod cache;
mod feature;
mod handle;
mod keeper;
pub mod routes;
mod views;

pub use feature::FEATURE;
pub use handle::{Published, Zones};
