//! Reviews: what shoppers say about what they have received, what products add up to by them, and what the back office does about them.
//! - W1 A line of an order has one review at most: line and order are its key, a repeat answers the first one.
//! - W2 Review, the product's sums and the message are one transaction; sums count shown reviews only.

mod feature;
mod handle;
pub mod model;
pub mod ratings;
pub mod repository;
pub mod routes;
pub mod service;
mod views;

pub use feature::FEATURE;
pub use handle::Reviews;
pub use ratings::Ratings;
