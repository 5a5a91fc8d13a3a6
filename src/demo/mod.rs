//! The demo shop: what one can look at and buy in a minute.

mod banners;
mod goods;
mod reviews;
pub mod seed;
