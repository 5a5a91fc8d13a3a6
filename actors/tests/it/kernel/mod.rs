//! The kernel under aggregates of a test's own: hosts, tails, replies, transactions, and the actix shells.

mod gate;
mod host;
mod registry;
mod replies;
mod sale;
mod shards;
pub mod sum;
mod tail;
