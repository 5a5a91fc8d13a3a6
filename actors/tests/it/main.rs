//! Integration tests, one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod coordinator;
mod golden;
mod journal;
mod order_no;
mod orders;
mod record;
mod shop;
mod stock;
