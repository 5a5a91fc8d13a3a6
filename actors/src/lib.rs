//! The hot core: value types, the kernel that hosts aggregates, and the aggregates themselves. Knows no HTTP and no SQL; `tests/it/tidy.rs`
//! holds it to that. Dependencies point one way: aggregates → kernel → values; only `kernel/families.rs` names every aggregate.

pub mod after_sales;
pub mod banners;
pub mod carts;
pub mod engine;
pub mod kernel;
pub mod ledger;
pub mod metrics;
pub mod orders;
pub mod pricing;
pub mod recommendations;
pub mod reconciliation;
pub mod sale_snapshot;
pub mod stock;
pub mod values;
pub mod zones;

pub use kernel::{checkpoint, coordinator, facts, journal, lag, registry, replies};
pub use values::{idempotency, ids, money, order_no, quantity, refusal, time};
