//! Repositories and the projection, each test on SQLite and on MySQL.

mod carts;
mod demo;
pub mod events;
mod faults;
pub(crate) mod journal;
mod loading;
mod migrations;
mod plans;
pub(crate) mod projection;
mod schema;
pub mod scratch;
mod weather;
