//! Products as shoppers see them: an immutable snapshot of the database's catalogue with live counts (ADR 0025). Other features get the
//! handle [`Catalog`] by `opening.provided::<Catalog>()`.

pub mod cards;
pub mod counters;
pub mod edits;
mod feature;
mod follower;
mod handle;
mod loading;
pub mod model;
mod query;
mod repository;
pub mod routes;
pub mod snapshot;
#[cfg(test)]
mod tests;
mod views;
pub mod visits;

pub use feature::FEATURE;
pub use handle::{Catalog, Changed};
pub use loading::load;
pub use query::ProductQuery;
pub use views::{BrandView, CardView, CategoryNode, DetailView, Items, NamedView, SkuView};
