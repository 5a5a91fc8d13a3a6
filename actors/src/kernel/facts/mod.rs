//! What the journal's records mean: facts, never commands, with everything that replay and projection need.
//! - R1 A kind's number and body never change once released; a change is a new kind (the golden journals in `tests/it/golden` hold us to it).
//! - R2 A record says which schema version a reader of its kind needs, so that an older binary refuses by name what it cannot read.
//! - R3 Stock effects are deltas that commute; changes of an order carry the version that they make; cart lines are absolute.
//! - R4 What is written reads back as what was meant.
//!
//! From schema version 3 on a record is `version u8 | family u8 | number u8 | header | body`, the last two in postcard's wire format.
//! Versions 1 and 2 are read by `legacy`.

mod legacy;
mod macros;

use serde::{Deserialize, Serialize};

pub(crate) use macros::{facts, families};

use super::families::Fact;
use crate::journal::Sequence;
use crate::time::Timestamp;

/// The newest schema version that this release reads.
pub const SCHEMA_VERSION: u8 = 3;
/// The first schema version with families and headers.
const FIRST_WITH_HEADER: u8 = 3;

/// Which fact: the aggregate's family and the fact's number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// The aggregate's family.
    pub family: u8,
    /// The fact's number within the family.
    pub number: u8,
}

impl Kind {
    /// Whether it is a fact of this family.
    pub fn is_of<F: Family>(self) -> bool {
        self.family == F::FAMILY
    }
}

/// Who asked for what happened. The variants' order is their number on disk: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Origin {
    /// The process itself: timers, reservations of ids, and every record before schema version 3.
    #[default]
    System,
    /// The shopper whom the fact names.
    Shopper {
        /// Number of the HTTP request; 0 if it has none.
        request: u64,
    },
    /// Somebody at the admin console or the command line.
    Admin {
        /// Id in `admins`; 0 for the command line.
        admin: u64,
        /// Number of the HTTP request; 0 if it has none.
        request: u64,
    },
    /// A policy, acting on the fact that `Header::cause` names.
    Policy {
        /// The policy's number (docs/ARCHITECTURE.md lists them).
        policy: u16,
    },
}

/// What every record says beside its fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Header {
    /// When it was decided; never before an earlier record's of the same aggregate.
    pub at: Timestamp,
    /// Who asked for it.
    pub origin: Origin,
    /// The record that led to it; 0 if none did.
    pub cause: Sequence,
}

impl Header {
    /// Decided at `at` by the process itself.
    pub const fn system(at: Timestamp) -> Self {
        Self { at, origin: Origin::System, cause: Sequence::ZERO }
    }
}

/// One record: a fact and its circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When, by whom, because of what.
    pub header: Header,
    /// What happened, to which aggregate.
    pub fact: Fact,
}

/// Why a payload is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer release.
    #[error("the record needs journal schema version {needed}, this release reads up to {SCHEMA_VERSION}")]
    Newer {
        /// The version that can read it.
        needed: u8,
    },
    /// A kind that its version does not have.
    #[error("the record has the unknown kind {}.{}", .0.family, .0.number)]
    Unknown(Kind),
    /// Not what this kind of record looks like.
    #[error("the record's body is malformed")]
    Malformed,
}

/// The facts of one aggregate, as `facts!` makes them.
pub trait Family: Sized {
    /// The family's number on disk, as `families.rs` says.
    const FAMILY: u8;
    /// Number and schema version of this fact.
    fn number(&self) -> (u8, u8);
    /// The fact's name in logs, on the broker and in `journal inspect`.
    fn name(&self) -> &'static str;
    /// Appends the body.
    fn encode_body(&self, bytes: Vec<u8>) -> Vec<u8>;
    /// Reads the body of the fact with this number; `None` if the family has no such number.
    fn decode_body(number: u8, body: &[u8]) -> Option<Result<Self, DecodeError>>;
}

/// Appends a value in postcard's wire format. If the value refuses to be serialised, which no fact of ours does, the process ends: a record
/// must not be queued in part, and nothing may catch this as the failure of one command.
pub(crate) fn append<T: Serialize>(value: &T, bytes: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, bytes).unwrap_or_else(|error| {
        tracing::error!(%error, "a record cannot be encoded; this is a bug");
        std::process::abort()
    })
}

/// Reads a value that takes all of `body`.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, DecodeError> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        _ => Err(DecodeError::Malformed),
    }
}

/// A record's kind, header and body, the body not yet read.
struct Parts<'a> {
    kind: Kind,
    header: Header,
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        match bytes {
            [needed, ..] if *needed > SCHEMA_VERSION => Err(DecodeError::Newer { needed: *needed }),
            [needed, rest @ ..] if *needed < FIRST_WITH_HEADER => legacy::parts(rest),
            [_, family, number, rest @ ..] => {
                let (header, body) = postcard::take_from_bytes(rest).map_err(|_| DecodeError::Malformed)?;
                Ok(Self { kind: Kind { family: *family, number: *number }, header, body })
            }
            _ => Err(DecodeError::Malformed),
        }
    }
}

impl Record {
    /// Decided at `at` by the process itself.
    pub fn system(at: Timestamp, fact: impl Into<Fact>) -> Self {
        Self { header: Header::system(at), fact: fact.into() }
    }

    /// Appends the record's bytes. Total: see [`append`].
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        let (start, (kind, needed)) = (bytes.len(), self.fact.kind());
        bytes.extend_from_slice(&[needed, kind.family, kind.number]);
        *bytes = self.fact.encode_body(append(&self.header, std::mem::take(bytes)));
        debug_assert_eq!(Self::decode(&bytes[start..]).as_ref(), Ok(self), "R4: a record would be read as another one");
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`DecodeError`] if a newer release wrote it, or if it is not what its kind looks like.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let Parts { kind, header, body } = Parts::of(bytes)?;
        let fact = Fact::decode_body(kind, body)?;
        debug_assert_eq!(fact.kind().0, kind, "R1: a fact was read as one of another kind");
        Ok(Self { header, fact })
    }

    /// A record's kind and header; its body is not read.
    ///
    /// # Errors
    /// As for [`Self::decode`], unless only the body is malformed.
    pub fn peek(bytes: &[u8]) -> Result<(Kind, Header), DecodeError> {
        Parts::of(bytes).map(|parts| (parts.kind, parts.header))
    }
}
