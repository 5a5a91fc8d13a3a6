//! Zones of the shop: sets of products, each in an order of its own. Pure: who feeds them, and what shoppers get of them, is the server's.

mod ranking;

pub use ranking::{Ranking, Standing};
