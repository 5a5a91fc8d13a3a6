//! The demo shop: what one can look at and buy in a minute.

mod banners;
mod goods;
pub mod pictures;
mod reviews;
pub mod seed;
mod shelves;
