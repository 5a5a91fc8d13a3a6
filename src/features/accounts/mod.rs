//! Accounts: logging in, sessions, the profile, the phone, agreements, and the end of an account.
//! - A1 The first log-in registers. One WeChat user, or one phone, is one account, however many log in at the same time.
//! - A2 A user's id is random and never given twice: not after a registration that a power cut took, nor after a restore to an earlier moment,
//!   when the journal may have orders of users whom the database no longer knows.
//! - A3 A phone number is sealed at rest and in no log; `users.phone` shows its mask.
//!
//! Not here: addresses, what a token proves (`platform::auth`), WeChat's protocol (`platform::wechat`).

pub mod agreements;
mod cancellation;
mod families;
mod feature;
mod login;
mod profile;
mod refusals;
mod repository;
mod revoking;
mod routes;
mod service;
mod sessions;
mod views;

pub use feature::FEATURE;
pub use repository::token_versions;
pub use service::{Accounts, Settings};
