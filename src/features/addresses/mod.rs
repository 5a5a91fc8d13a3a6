//! Delivery addresses of shoppers: kept by the database, sealed with the shopper's data key, frozen into orders.
//! - A1 A shopper has at most [`ADDRESSES_MAX`] addresses, and exactly one default as soon as they have any.
//! - A2 Receiver, phone and detail are in no column, record, message or log line in the clear; beside them stands the mask of the phone.
//! - A3 All writes of one shopper's addresses happen one after the other: each transaction begins with the lock on the row of their data key.
//!
//! Not here: keys and sealing (`platform::vault`), what sending costs (freight).

mod delivery;
mod error;
mod feature;
mod handle;
mod kept;
pub mod model;
pub mod repository;
mod routes;
pub mod service;
mod views;

pub use delivery::{Delivered, DeliveryView};
pub use error::AddressError;
pub use feature::FEATURE;
pub use handle::Addresses;
pub use model::{ADDRESSES_MAX, Address, Draft};
