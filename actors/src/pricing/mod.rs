//! What a basket costs: one pure function ([`quote`]) for the preview and for the order. No I/O, no clock.
//! - Q1 The lines' shares of each step sum to the step's total, to the fen ([`split`]).
//! - Q2 Nothing is negative: a line's discounts are never more than its goods.
//! - Q3 The totals do not depend on the order of the lines.
//! - Q4 The same basket gives the same quote; an amount that no column can hold is a refusal ([`NoPrice::TooMuch`]).
//!
//! The steps and their order are in docs/RULES.md, "Prices". Not here: which SKUs are on the shelf (the edge), what an order freezes (`orders`).

mod basket;
mod explanation;
pub mod freight;
mod quote;
mod region_prefix;
mod shares;

pub use basket::{Basket, Line, Price};
pub use explanation::{Explained, Step};
pub use quote::{NoPrice, Quote, QuotedLine, quote};
pub use region_prefix::{BadPrefix, RegionPrefix};
pub use shares::{freight_shares, split};
