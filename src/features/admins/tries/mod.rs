//! How often a password was tried in vain, for a name and from an address. A port with two implementations: Redis, where several processes
//! share it, and memory, where there is one. One contract suite (`tests/it/admins.rs`) proves both.
//! - T1 A try counts before its password is looked at, so tries at the same time never pass the bound together.
//! - T2 At the bound nothing more is tried until [`PAUSE`] after the last counted try; what is refused meanwhile prolongs nothing.
//! - T3 A right password takes the counts of its name away, and its own try from the address.
//! - T4 Names and addresses are kept as keyed hashes. A name that nobody has counts like any other.

mod memory;
mod redis;

pub use memory::MemoryTries;
pub use redis::RedisTries;

use std::time::Duration;

use futures_util::future::BoxFuture;
use mallcore_actors::time::Timestamp;

use super::store::StoreError;
use crate::platform::auth::key::{Key, hex};

/// Tries for one name.
pub const PER_NAME_MAX: u32 = 5;
/// Tries from one address, for any names.
pub const PER_ADDRESS_MAX: u32 = 20;
/// For so long nothing is tried once the bound is reached.
pub const PAUSE: Duration = Duration::from_secs(900);

/// A name or an address, as the store knows it: a keyed hash as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Known(String);

impl Known {
    /// What the store calls this text; `purpose` keeps names, addresses and others apart.
    pub fn of(key: &Key, purpose: &str, text: &str) -> Self {
        Self(hex(&key.sign(format!("tries\n{purpose}\n{text}").as_bytes())[..16]))
    }
}

/// What becomes of the wish to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It counts; the password may be looked at.
    Yes,
    /// Too many: trying makes sense after this time.
    Wait(Duration),
}

/// Where tries are counted.
pub trait Tries: Send + Sync + 'static {
    /// Counts a try of this name from this address, if neither had too many.
    fn begin<'a>(&'a self, name: &'a Known, address: &'a Known, now: Timestamp) -> BoxFuture<'a, Result<Begun, StoreError>>;

    /// The try that was counted last had the right password.
    fn succeeded<'a>(&'a self, name: &'a Known, address: &'a Known) -> BoxFuture<'a, Result<(), StoreError>>;
}
