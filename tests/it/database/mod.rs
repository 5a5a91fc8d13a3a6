//! Repositories and the projection, each test on SQLite and on MySQL.

mod events;
mod journal;
mod projection;
mod scratch;
