//! The bills of WeChat Pay against the books. [ADR 0033](../../../docs/adr/0033-book-every-fen-and-compare-it-with-the-bills.md).
//! - B1 A day's bills are compared with payments, refunds and stray money; each difference is a row until a named action settles it.
//! - B2 A bill that was compared is kept, and known by its hash.
//!
//! Not here: what is a difference (`mallcore_actors::reconciliation`), the ledger (`features::ledger`), fetching bills (`platform::wechat::pay`).

pub mod bills;
pub mod books;
mod carrying;
pub mod daily;
pub mod day;
pub mod differences;
mod feature;
mod metrics;
pub mod settling;

pub use feature::{FEATURE, Settings};
