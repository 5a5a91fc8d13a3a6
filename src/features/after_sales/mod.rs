//! After-sale: shoppers want money back for what they paid for, the merchant answers, the order refunds.
//! - W1 A case is a row that is changed by compare-and-set of its version, in one transaction with its event and its messages.
//! - W2 Cases of one order are applied for one after the other: what is left of a line is counted under the lock of the order's row.
//! - W3 Money goes back by a message of the outbox that the order's actor carries out; its refund has the id of the case, so it goes back once.
//!
//! How a case moves is `mallcore_actors::after_sales`. Not here: sending the money (it follows the fact `order.refunded`), and giving back
//! coupons, points and growth: whoever keeps those follows `after_sale.completed`, by `Opening::on_changed` or at the broker.

mod bodies;
mod detail;
mod effects;
mod feature;
mod handle;
mod limits;
mod metrics;
pub mod model;
pub mod repository;
pub mod routes;
pub mod service;
mod views;

pub use effects::Refunder;
pub use feature::FEATURE;
pub use handle::AfterSales;
