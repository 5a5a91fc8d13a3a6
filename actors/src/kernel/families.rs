//! The one list of all aggregates' facts. A family's number is on disk: it never changes and is never used again.

use super::facts::families;
use crate::orders::{IdsFact, OrderFact};
use crate::stock::StockFact;

families! {
    0 => Ids(IdsFact),
    1 => Stock(StockFact),
    2 => Orders(OrderFact),
}
