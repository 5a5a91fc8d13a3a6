//! The ledger of all money, and the bills of WeChat Pay against it. [ADR 0033](../../../docs/adr/0033-book-every-fen-and-compare-it-with-the-bills.md).
//! - B1 Every fen that comes or goes is booked in double entry, once, whoever tells of it and however often.
//! - B2 A day's bills are compared with payments, refunds and stray money; each difference is a row until a named action settles it.
//! - B3 A bill that was compared is kept, and known by its hash.
//!
//! Not here: what is booked and what is a difference (`mallcore_actors::{ledger, reconciliation}`), fetching bills (`platform::wechat::pay`).

pub mod bills;
pub mod books;
mod carrying;
mod daily;
pub mod day;
pub mod differences;
mod feature;
pub mod ledger;
mod metrics;
pub mod projection;
pub mod settling;

pub use feature::{FEATURE, Settings};
