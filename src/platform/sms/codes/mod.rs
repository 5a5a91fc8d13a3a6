//! Codes that were sent to phones, and how many. A port with two implementations: Redis, where several processes share it, and memory, where
//! there is one. One contract suite (`tests/it/codes.rs`) proves both.
//! - C1 A code is good for its time, for one use, and for so many tries; a new code takes the place of the one before.
//! - C2 A phone gets no second code before its pause is over, and only so many a day; an address asks only for so many an hour.
//! - C3 Neither phones nor codes are kept: phones and addresses by their keyed hashes, codes by theirs. Whoever reads the store learns nothing.
//! - C4 Times are the caller's: the store has no clock of its own.

mod memory;
mod redis;

pub use memory::MemoryCodes;
pub use redis::RedisCodes;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use mallcore_actors::time::Timestamp;
use rand::Rng;
use subtle::ConstantTimeEq;

use crate::platform::auth::key::{Key, hex};

/// What codes are good for, and how many there may be.
#[derive(Debug, Clone, Copy)]
pub struct CodeRules {
    /// How long a code is good.
    pub lives: Duration,
    /// How often a code may be tried, the right try included.
    pub tries_max: u32,
    /// Between two codes for one phone.
    pub pause: Duration,
    /// Codes for one phone in a day that begins with the first of them.
    pub per_day_max: u32,
    /// Codes that one address may ask for in an hour that begins with the first of them.
    pub per_address_max: u32,
}

impl Default for CodeRules {
    fn default() -> Self {
        Self { lives: Duration::from_secs(300), tries_max: 5, pause: Duration::from_secs(60), per_day_max: 10, per_address_max: 200 }
    }
}

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);

/// A phone or an address, as the store knows it: a keyed hash as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Known(String);

/// A code, as the store keeps it: a keyed hash of phone and code, as text.
#[derive(Clone)]
pub struct CodeHash(String);

impl CodeHash {
    /// Whether two are the same, in a time that does not depend on where they differ.
    fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

/// Makes codes, and hashes whatever goes into the store.
pub struct CodeMaker(Key);

/// Six digits. Prints stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// The digits: for the message only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl CodeMaker {
    /// Under a key that nothing else is hashed with.
    pub const fn new(key: Key) -> Self {
        Self(key)
    }

    /// A new code, from the system's generator of random numbers.
    pub fn draw(&self) -> Code {
        Code(format!("{:06}", rand::rng().random_range(0..1_000_000)))
    }

    /// What the store calls a phone or an address; `purpose` keeps codes for logging in apart from those for binding a phone.
    pub fn known(&self, purpose: &str, text: &str) -> Known {
        Known(hex(&self.0.sign(format!("{purpose}\n{text}").as_bytes())[..16]))
    }

    /// What the store keeps of a code for this phone.
    pub fn hash(&self, phone: &Known, code: &str) -> CodeHash {
        CodeHash(hex(&self.0.sign(format!("code\n{}\n{code}", phone.0).as_bytes())))
    }
}

/// What becomes of the wish for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The code is good from now on.
    Yes,
    /// Too many: none is kept, and asking makes sense after this time.
    Wait(Duration),
}

/// What becomes of a code that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It was right, and is used up.
    Right,
    /// It was wrong, has expired, was used, or was tried too often: one answer for all, so that nobody learns which.
    Wrong,
}

/// The store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum CodesError {
    /// Redis is away or refuses.
    #[error("the codes cannot be reached")]
    Store(#[from] crate::platform::redis::Error),
    /// Memory is full of codes that are still good.
    #[error("there is no room for another code")]
    Full,
}

/// Where codes that were sent are kept and tried.
pub trait Codes: Send + Sync + 'static {
    /// Keeps a code for a phone, if the limits of phone and address allow it.
    fn keep<'a>(&'a self, phone: &'a Known, address: &'a Known, code: CodeHash, now: Timestamp) -> BoxFuture<'a, Result<Kept, CodesError>>;

    /// Tries a code.
    fn attempt<'a>(&'a self, phone: &'a Known, code: CodeHash, now: Timestamp) -> BoxFuture<'a, Result<Tried, CodesError>>;
}
