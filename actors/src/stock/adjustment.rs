//! What somebody of the shop may say about a SKU's stock: so many pieces came in or went out, and why.
//! - T1 A text that exists fits its column: counted in characters, no control characters, nothing blank.
//! - T2 A delta is never 0 and never more than one SKU may have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most available pieces that an adjustment may leave, and the most that it may move.
pub const PIECES_MAX: u32 = 9_999_999;
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

/// Why a text is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing to read.
    #[error("the text is blank")]
    Blank,
    /// Too many characters.
    #[error("the text has more than {most} characters")]
    Long {
        /// Characters allowed.
        most: usize,
    },
    /// A line break, NUL or the like.
    #[error("the text has a control character")]
    Control,
}

/// A text of 1 to `MOST` characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MOST: usize>(Box<str>);

/// Why stock was adjusted, in the words of whoever did it.
pub type Reason = Text<REASON_CHARACTERS_MAX>;
/// Who did it.
pub type Operator = Text<OPERATOR_CHARACTERS_MAX>;

impl<const MOST: usize> Text<MOST> {
    /// Accepts 1 to `MOST` characters after blanks at both ends are taken off.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadText::Blank);
        }
        if text.chars().nth(MOST).is_some() {
            return Err(BadText::Long { most: MOST });
        }
        if text.chars().any(char::is_control) {
            return Err(BadText::Control);
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MOST: usize> TryFrom<String> for Text<MOST> {
    type Error = BadText;

    fn try_from(text: String) -> Result<Self, BadText> {
        let parsed = Self::parse(&text)?;
        // What is stored was parsed before: anything else is not ours.
        if parsed.0.len() == text.len() { Ok(parsed) } else { Err(BadText::Blank) }
    }
}

impl<const MOST: usize> From<Text<MOST>> for String {
    fn from(text: Text<MOST>) -> Self {
        text.0.into()
    }
}

impl<const MOST: usize> fmt::Display for Text<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MOST: usize> fmt::Debug for Text<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

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

    #[test]
    fn a_text_is_counted_in_characters_and_has_nothing_hidden() {
        assert_eq!(Reason::parse(&"盘".repeat(200)).unwrap().as_str().len(), 600);
        assert_eq!(Reason::parse(&"😀".repeat(201)), Err(BadText::Long { most: 200 }));
        assert_eq!(Reason::parse(" \t "), Err(BadText::Blank));
        assert_eq!(Reason::parse("a\nb"), Err(BadText::Control));
        assert_eq!(Operator::parse("  小王 ").unwrap().as_str(), "小王");
        assert_eq!(Operator::try_from(" x".to_owned()), Err(BadText::Blank));
    }
}
