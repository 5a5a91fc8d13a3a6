//! What shoppers keep of the catalogue: favourites that they chose, and footprints of what they looked at (`catalog::Visits` notes those).

mod feature;
pub mod repository;
pub mod routes;
mod views;

pub use feature::FEATURE;
