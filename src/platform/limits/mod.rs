//! Token buckets by key. The process decides every request by its own memory; what others took of the same bucket it learns behind.
//! - L1 Deciding waits for nothing: two atomics and a shard's lock, no allocation for a known key.
//! - L2 Redis gone or slow changes nothing but that others' requests are no longer learnt.
//! - L3 Memory is bounded: idle buckets are forgotten, at most [`KEYS_MAX`] keys have a bucket of their own, and at most [`CHANGED_MAX`]
//!   wait to be shared.
//!
//! Not here: what is answered to whoever has to wait (`http::rate_limit`).

mod buckets;
pub mod metrics;
mod sharing;

pub use buckets::{Buckets, CHANGED_MAX, KEYS_MAX, Nanos};
pub use sharing::{ROUND, Shared, Sharing};
