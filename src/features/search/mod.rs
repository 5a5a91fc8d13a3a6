//! Search for products in Chinese and Latin text: an index in memory beside the catalogue (ADR 0027), suggestions while typing, hot words, and
//! each shopper's own history.

mod document;
mod feature;
mod handle;
mod history;
mod hot;
mod index;
mod keeper;
mod metrics;
mod pinyin;
mod query;
mod question;
mod ranking;
pub mod repository;
pub mod routes;
mod suggest;
#[cfg(test)]
mod tests;
mod views;
mod words;

pub use feature::FEATURE;
pub use handle::Search;
