//! The hot core: value types, aggregates that decide and apply, the actors that carry their messages, and the journal.
//! Knows no HTTP and no SQL; `tests/it/tidy.rs` holds it to that.

pub mod adjustment;
pub mod checkpoint;
pub mod coordinator;
pub mod engine;
pub mod idempotency;
pub mod ids;
pub mod journal;
pub mod lag;
pub mod metrics;
pub mod money;
mod order_ids;
pub mod order_no;
pub mod orders;
pub mod pinned;
pub mod quantity;
pub mod record;
pub mod refusal;
pub mod registry;
pub mod replies;
pub mod stock;
pub mod time;
