//! Integration tests, one binary.

mod order_no;
mod orders;
mod record;
mod shop;
mod stock;
