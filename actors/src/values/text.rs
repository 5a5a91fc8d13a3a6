//! Texts that fit their columns.
//! - T1 A text that exists has 1 to `MOST` characters, none of them a control character, and no blanks at its ends.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing to read.
    #[error("the text is blank")]
    Blank,
    /// Too many characters.
    #[error("the text has more than {most} characters")]
    Long {
        /// The most characters that the text may have.
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

    /// The text, trimmed at both ends.
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
    fn a_text_is_counted_in_characters_and_has_nothing_hidden() {
        assert_eq!(Text::<200>::parse(&"盘".repeat(200)).unwrap().as_str().len(), 600);
        assert_eq!(Text::<200>::parse(&"😀".repeat(201)), Err(BadText::Long { most: 200 }));
        assert_eq!(Text::<200>::parse(" \t "), Err(BadText::Blank));
        assert_eq!(Text::<200>::parse("a\nb"), Err(BadText::Control));
        assert_eq!(Text::<64>::parse("  小王 ").unwrap().as_str(), "小王");
        assert_eq!(Text::<64>::try_from(" x".to_owned()), Err(BadText::Blank));
    }
}
