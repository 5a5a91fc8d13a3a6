//! WeChat Pay for those who have no merchant: APIv3 on loopback, with keys of its own, so that the real client runs everywhere.
//! - P1 A request counts only with the merchant's signature, made within five minutes; every answer and notification is signed.
//! - P2 Whatever moves money is in the ledger file before it is answered; a restart knows every order and refund from it.
//! - P3 An order is paid at most once, and never more is refunded than was paid (`books.rs`).
//! - P4 It misbehaves only as `faults.rs` is told to.
//!
//! Otherwise than WeChat Pay it has the bill of a day that is not over yet, sends a notification again within a minute, and forgets
//! notifications that are on their way when it ends.

mod api;
mod bill;
mod books;
mod checkout;
mod control;
mod entry;
mod faults;
mod keys;
mod ledger;
mod notify;
mod page;
mod requests;
mod service;

pub(super) use control::configure;
pub use faults::{AnswerFault, Corruption, Faults, KeyMode};
pub use keys::MERCHANT;
pub use service::{API_KEY, MCHID, PUBLIC_KEY_ID, PaySandbox};
