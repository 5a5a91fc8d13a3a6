//! Recommendations: what is bought together with a product, and what one shopper may like. Everything that an answer needs is in memory.
//! Not here: scores (`mallcore_actors::recommendations`).

mod choice;
mod feature;
mod follower;
mod handle;
mod repository;
pub mod routes;
mod tastes;

pub use feature::FEATURE;
pub use handle::Recommendations;
