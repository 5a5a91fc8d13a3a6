//! Repositories and the projection, each test on SQLite and on MySQL.

mod demo;
mod events;
mod faults;
mod journal;
mod loading;
mod migrations;
mod plans;
mod projection;
mod schema;
mod scratch;
