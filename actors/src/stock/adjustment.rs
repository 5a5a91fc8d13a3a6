//! What somebody of the shop may say about a SKU's stock: so many pieces came in or went out, and why.
//! - T1 A delta is never 0 and never more than one SKU may have.

use serde::{Deserialize, Serialize};

pub use crate::values::text::BadText;
use crate::values::text::Text;

/// The most available pieces that an adjustment may leave, and the most that it may move.
pub const PIECES_MAX: u32 = 9_999_999;

const _: () = assert!(PIECES_MAX <= i32::MAX as u32, "a delta of so many pieces is an i32");

/// Characters of a reason; at most four bytes each.
pub const REASON_CHARACTERS_MAX: usize = 200;
/// Characters of an operator's name.
pub const OPERATOR_CHARACTERS_MAX: usize = 64;

/// Pieces that come (positive) or go (negative).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i32")]
pub struct Delta(i32);

/// A number of pieces that nobody can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an adjustment moves between 1 and {PIECES_MAX} pieces, one way or the other")]
pub struct BadDelta;

impl TryFrom<i32> for Delta {
    type Error = BadDelta;

    fn try_from(pieces: i32) -> Result<Self, BadDelta> {
        Self::new(pieces)
    }
}

impl Delta {
    /// Accepts −[`PIECES_MAX`] to [`PIECES_MAX`] without 0.
    pub const fn new(pieces: i32) -> Result<Self, BadDelta> {
        if pieces == 0 || pieces.unsigned_abs() > PIECES_MAX { Err(BadDelta) } else { Ok(Self(pieces)) }
    }

    /// The signed number.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// `pieces` after the change, unless that is below 0 or no number of pieces.
    pub fn applied_to(self, pieces: u32) -> Option<u32> {
        pieces.checked_add_signed(self.0)
    }
}

/// Why stock was adjusted, in the words of whoever did it.
pub type Reason = Text<REASON_CHARACTERS_MAX>;
/// Who did it.
pub type Operator = Text<OPERATOR_CHARACTERS_MAX>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_moves_something_and_not_more_than_there_may_be() {
        let most = PIECES_MAX as i32;
        for bad in [0, most + 1, -most - 1, i32::MIN, i32::MAX] {
            assert_eq!(Delta::new(bad), Err(BadDelta), "{bad}");
        }
        for good in [1, -1, most, -most] {
            assert_eq!(Delta::new(good).map(Delta::get), Ok(good));
        }
        assert_eq!(Delta(-3).applied_to(2), None);
        assert_eq!(Delta(-3).applied_to(3), Some(0));
    }
}
