//! Administrators: signing in to the back office, sessions, roles and permissions, one's own profile and password.
//! - A1 Nobody learns whether a name exists, and nobody tries passwords quickly: captcha, bounds of tries, bcrypt ([`login`]).
//! - A2 A session is a random token in a cookie, of which the store has the hash; what changes something also wants the CSRF token
//!   ([`administrator`]).
//! - A3 What no role gives is forbidden, and a change of roles, password or status is seen within seconds ([`rights`]).
//!
//! Not here: shoppers (`accounts`), managing administrators by HTTP; commands do that (`src/cli/admin.rs`).

pub mod administrator;
pub mod captcha;
mod cookie;
pub mod edits;
mod feature;
pub mod login;
pub mod menus;
mod metrics;
pub mod passwords;
pub mod profile;
mod refusals;
pub mod repository;
pub mod rights;
mod routes;
mod service;
mod signed;
mod store;
pub mod tries;
pub mod username;
mod views;

pub use administrator::{Administrator, Needs, Permitted};
pub use feature::FEATURE;
pub use refusals::AdminError;
pub use service::{Admins, Drawn, Origin, Settings};
pub use signed::Signed;
pub use store::StoreError;
