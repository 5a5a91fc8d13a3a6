//! The one list of all aggregates' facts. A family's number is on disk: it never changes and is never used again.

use super::facts::families;
use crate::carts::CartFact;
use crate::orders::{IdsFact, OrderFact};
use crate::stock::StockFact;

families! {
    0 IDS => Ids(IdsFact),
    1 STOCK => Stock(StockFact),
    2 ORDERS => Orders(OrderFact),
    3 CARTS => Carts(CartFact),
}
