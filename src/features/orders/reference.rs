//! `{id}` in the paths of orders takes the id or the number.

use mallcore_actors::ids::OrderId;
use mallcore_actors::order_no::{ORDER_NO_PATTERN, OrderNo};
use utoipa::openapi::{RefOr, Schema};

use crate::platform::http::path::{ParsePath, plain_number};
use crate::platform::http::problem::Problem;
use crate::platform::http::schemas;

/// How a client names an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderRef {
    /// The order with this id.
    Id(OrderId),
    /// The order with this number.
    No(OrderNo),
}

/// Ids have at most so many digits, so that no id has the length of a number.
const ID_DIGITS_MAX: usize = 16;

/// Whether a text looks like an id or a number. It may still be one that no order can have: above the largest id, or in a thirteenth month.
fn is_shaped(text: &str) -> bool {
    let is_id = text.len() <= ID_DIGITS_MAX && text != "0" && plain_number(text).is_some();
    is_id || OrderNo::is_shaped(text)
}

fn pattern() -> String {
    format!("([1-9][0-9]{{0,{}}}|{ORDER_NO_PATTERN})", ID_DIGITS_MAX - 1)
}

impl ParsePath for OrderRef {
    const NAMES: &'static str = "Id or number of the order";

    fn parse(text: &str) -> Option<Self> {
        if OrderNo::is_shaped(text) {
            text.parse().ok().map(Self::No)
        } else {
            plain_number(text).and_then(|id| OrderId::new(id).ok()).map(Self::Id)
        }
    }

    fn schema() -> RefOr<Schema> {
        schemas::text(&pattern()).into()
    }

    fn refuse(text: &str) -> Problem {
        if is_shaped(text) { Problem::unknown("unknown_order") } else { u64::refuse(text) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_has_the_documented_shape_is_an_order_or_unknown(text in proptest::string::string_regex(&pattern()).unwrap()) {
            let is_unknown = || OrderRef::refuse(&text).code == "unknown_order";
            prop_assert!(OrderRef::parse(&text).is_some() || is_unknown(), "{text}");
        }

        #[test]
        fn what_is_taken_has_the_documented_shape(text in "[0-9]{0,18}|[0-9]{21}[0-9A-Z]{8}") {
            prop_assert!(OrderRef::parse(&text).is_none() || is_shaped(&text), "{text}");
        }
    }
}
