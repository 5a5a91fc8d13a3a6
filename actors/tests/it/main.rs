//! Integration tests, one binary.

mod coordinator;
mod golden;
mod journal;
mod order_no;
mod orders;
mod record;
mod shop;
mod simulation;
mod stock;
