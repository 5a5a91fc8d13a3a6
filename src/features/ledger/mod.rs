//! The double-entry ledger of all money: its rows, and the projection that books what the journal records.
//! [ADR 0033](../../../docs/adr/0033-book-every-fen-and-compare-it-with-the-bills.md).
//! - L1 Every fen that comes or goes is booked in double entry, once, whoever tells of it and however often.
//!
//! Not here: what is booked on which account (`mallcore_actors::ledger`), and comparing it with bills (`reconciliation`).

mod feature;
pub mod projection;
mod repository;

pub use feature::FEATURE;
pub use repository::{Accounts, accounts, book, book_paid_back, fees_of};
