//! What the shop knows, in Redis, for whoever reads there; docs/REDIS.md lists the keys. Derived: it may be gone at any time.
//! `products` writes what the database has of each product, `mirror` what features derive from their snapshots.
//! Carts have a writer of their own, `features::carts`.
//! - E1 An older write never replaces a newer one: a value bears its version, and one script compares and sets.
//! - E2 While Redis takes no writes they are counted and told to whoever asked for them, whose row stays in the outbox; when it takes them
//!   again everything is written again. Nothing on the way of a sale waits.
//! - E3 Every value has an end of its own, and is written again before that: what was missed once is put right by itself.
//!
//! `product:{id}` holds no counts: pieces move with the journal. Not here: reading (the shop reads its own memory and database);
//! `admin_permissions:{id}`, which `features::admins` writes.

pub mod metrics;
pub mod mirror;
mod products;
mod repository;

use std::time::Duration;

pub use products::{NotWritten, Products, product_key};

/// How long a value lives, unless it is written again; all are written again in half of that.
pub const LIVES: Duration = Duration::from_secs(600);
