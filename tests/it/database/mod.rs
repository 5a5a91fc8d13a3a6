//! Repositories and the projection, each test on SQLite and on MySQL.

mod demo;
pub mod events;
mod faults;
mod journal;
mod loading;
mod plans;
mod projection;
pub mod scratch;
