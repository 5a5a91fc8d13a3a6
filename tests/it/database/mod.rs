//! Repositories and the projection, each test on SQLite and on MySQL.

mod addresses;
mod after_sales;
mod carts;
mod demo;
pub mod events;
mod faults;
mod freight;
pub(crate) mod journal;
mod ledger;
mod loading;
mod migrations;
mod plans;
pub mod private;
pub(crate) mod projection;
mod reconciliation;
mod same;
mod schema;
pub mod scratch;
mod settings;
mod transient;
mod vault;
pub mod waiting;
