//! Integration tests, one binary.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed, in its helpers too")]

mod clock;
mod coordinator;
mod golden;
mod journal;
mod kernel;
mod order_no;
mod orders;
mod record;
mod sale_snapshot;
mod shop;
mod simulation;
mod stock;
