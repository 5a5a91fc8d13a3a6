//! Integration tests, one binary.
mod database;
