//! The outbox: its rounds against a model, its rows on both databases, its relay between destinations that come and go.

pub mod destinations;
mod protocol;
mod relay;
pub mod repository;
mod shop;
