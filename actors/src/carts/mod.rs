//! Carts: what a shopper has laid aside, line by line, with quantity and selection. Prices and stock are no part of a cart: they are looked
//! up when it is read, and frozen when an order is placed.

mod cart;
mod commands;
mod facts;
mod fold;
mod hosted;

pub use cart::{BadCart, Cart, LINES_MAX, REQUESTS_REMEMBERED};
pub use commands::{AddLine, CartView, ChangeLine, ClearCart, GetCart, MergeLines, Merged, RemoveBought, RemoveLine, SelectAll};
pub use facts::{CartCleared, CartFact, CartLine, LinesRemoved, LinesSet, Request};
pub use fold::{CartChange, CartFold};
pub use hosted::CartShared;
