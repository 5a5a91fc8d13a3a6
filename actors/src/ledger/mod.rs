//! The double-entry ledger: where every fen of the shop's money came from and where it is.
//! - L1 The debits of an entry equal its credits.
//! - L2 An account stands in an entry at most once, and never with nothing.
//! - L3 An entry's key follows from what it tells of, so that it is written once however often that is heard.
//! - L4 Folding records in any split of batches leads to the same rows.
//!
//! Not here: SQL, and whether the bank agrees (`crate::reconciliation`).

mod account;
mod entry;
mod fold;
mod posting;

pub use account::Account;
pub use entry::{Balances, Entry, EntryKind, EntrySource, Posting};
pub use fold::{Freight, LedgerFold, PaidOrder};
pub use posting::{OwedFor, paid, paid_back, refunded, strayed, wechat_fees};
