//! `{id}` in the paths of orders takes the id or the number.

use mallcore_actors::ids::OrderId;
use mallcore_actors::order_no::{ORDER_NO_LENGTH, OrderNo};

use crate::http::path::ParsePath;

/// How a client names an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderRef {
    /// By id.
    Id(OrderId),
    /// By number.
    No(OrderNo),
}

impl ParsePath for OrderRef {
    /// Numbers have 29 or 31 characters, ids at most 16 digits: they cannot be mistaken for each other.
    fn parse(text: &str) -> Option<Self> {
        if text.len() >= ORDER_NO_LENGTH {
            text.parse().ok().map(Self::No)
        } else {
            crate::http::path::plain_number(text).and_then(|id| OrderId::new(id).ok()).map(Self::Id)
        }
    }
}
