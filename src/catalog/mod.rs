//! Products as shoppers see them.

mod query;
pub mod routes;
mod views;

pub use query::{KEYWORD_CHARACTERS_MAX, ProductQuery};
pub use views::{ProductView, SkuView};
