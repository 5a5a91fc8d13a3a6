//! Integration tests, one binary.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed, in its helpers too")]

mod after_sale_orders;
mod after_sales;
mod banners;
mod baskets;
mod carts;
mod clock;
mod coordinator;
mod deaths;
mod floor;
mod freight;
mod golden;
mod journal;
mod kernel;
mod ledger;
mod meters;
mod order_handle;
mod order_life;
mod order_no;
mod order_rules;
mod order_world;
mod orders;
mod payments;
mod placing;
mod pricing;
mod reconciliation;
mod record;
mod sale_snapshot;
mod shop;
mod simulation;
mod stock;
mod zones;
