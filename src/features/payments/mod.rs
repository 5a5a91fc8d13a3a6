//! Paying orders through WeChat Pay, and money on its way back. [ADR 0030](../../../docs/adr/0030-let-the-order-decide-about-its-money.md).
//! - P1 Only a verified notification or the answer to our own question makes an order paid, beside a payment of nothing.
//! - P2 Every attempt is on record before WeChat Pay hears of it, and looked after until WeChat Pay has said how it ended.
//! - P3 Whatever money came goes to an order that keeps it, or back: each refund and each stray payment has a row until it is done.
//!
//! Not here: what an order decides (`mallcore_actors::orders::trading`), the protocol (`platform::wechat::pay`).

mod attempts;
mod billed;
mod detail;
mod error;
mod feature;
mod handle;
mod metrics;
mod notify;
mod reading;
pub mod refunds;
mod routes;
mod turns;
mod views;
mod watch;

pub use error::PaymentError;
pub use feature::{FEATURE, Settings};
pub use handle::Payments;
