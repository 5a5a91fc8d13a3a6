//! Sending orders: carriers, parcels, goods that are picked up at the shop, where parcels are, and what WeChat and shoppers are told of it.
//! - P1 A parcel is its carrier and number: the same one again, with the same pieces, is a repeat, whoever sends it and how often.
//! - P2 A code of a pick-up is random, good once, and dead after [`pick_up::TRIES_MAX`] wrong tries; it is stored sealed.
//!
//! Not here: which pieces may leave (`mallcore_actors::orders::shipping`), payment.

pub mod carriers;
mod effects;
mod feature;
mod handle;
pub mod messages;
pub mod metrics;
pub mod pick_up;
pub mod repository;
pub mod routes;
pub mod service;
pub mod uploads;
mod views;

pub use effects::Shipper;
pub use feature::FEATURE;
pub use handle::Shipping;
