//! Everything that is tested from outside: one binary, so that Cargo links once.

mod api;
mod database;
mod tidy;
