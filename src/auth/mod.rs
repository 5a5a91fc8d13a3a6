//! - A1 Only HS256 under our key counts; `alg: none`, other algorithms and tokens without `exp` are refused.
//! - A2 The subject of a token is a user's id.
//!
//! Not here: what a user may see (each aggregate checks its owner), administrators' sessions.

mod key_file;
mod shopper;
mod token;

pub use key_file::{KEY_FILE, KeyFileError, load_or_create};
pub use shopper::Shopper;
pub use token::{SECRET_BYTES_MIN, TokenError, Verifier};
