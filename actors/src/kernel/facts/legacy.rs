//! Records of schema versions 1 and 2: `version u8 | at varint | variant varint | body`. The variant was the position in one enum of all
//! events; bodies are what they still are, so only the kind has to be found.

use super::{DecodeError, Header, Kind, Parts};
use crate::time::Timestamp;

/// Kinds by the position that they had: (family, number).
const KINDS: [Kind; 9] = [
    Kind { family: 0, number: 1 },
    Kind { family: 1, number: 1 },
    Kind { family: 1, number: 2 },
    Kind { family: 2, number: 1 },
    Kind { family: 2, number: 2 },
    Kind { family: 2, number: 3 },
    Kind { family: 2, number: 4 },
    Kind { family: 2, number: 5 },
    Kind { family: 1, number: 3 },
];

/// What follows the version.
pub(super) fn parts(rest: &[u8]) -> Result<Parts<'_>, DecodeError> {
    let ((at, variant), body) = postcard::take_from_bytes::<(Timestamp, u32)>(rest).map_err(|_| DecodeError::Malformed)?;
    let kind = usize::try_from(variant).ok().and_then(|variant| KINDS.get(variant)).ok_or(DecodeError::Malformed)?;
    Ok(Parts { kind: *kind, header: Header::system(at), body })
}
