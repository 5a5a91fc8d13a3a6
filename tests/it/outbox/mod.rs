//! The outbox: its rounds against a model, its rows on both databases, its relay between destinations that come and go.

mod destinations;
mod protocol;
mod relay;
mod repository;
mod shop;
