//! Texts that fit their columns.
//! - T1 A text that exists has 1 to `MOST` characters, none of them a control character, and no blanks at its ends.
//! - T2 One that somebody types ([`Text::typed`]) has no invisible characters and none that turn the writing direction either. What is stored may
//!   be older than this rule, so reading it back asks for T1 only.

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
    /// A character that nobody sees, or that turns the text around it.
    #[error("the text has an invisible character")]
    Hidden,
}

/// Control characters, line ends, marks of writing direction, and what takes no room; emoji are joined by U+200D, which is none of them.
pub fn is_hidden(character: char) -> bool {
    let hidden =
        ['\u{200B}'..='\u{200C}', '\u{200E}'..='\u{200F}', '\u{2028}'..='\u{202E}', '\u{2060}'..='\u{206F}', '\u{FFF9}'..='\u{FFFB}'];
    let is_alone = matches!(character, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{FEFF}');
    character.is_control() || is_alone || hidden.iter().any(|range| range.contains(&character))
}

/// Whether nobody sees anything of a text: blanks, hidden characters, and what joins or fills without being seen.
pub fn is_blank(text: &str) -> bool {
    let fills = |character| {
        matches!(character, '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{2800}')
    };
    text.chars().all(|character| character.is_whitespace() || is_hidden(character) || fills(character))
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

    /// Accepts what somebody has typed: as [`Text::parse`], without hidden characters (T2). A text that shows nothing is blank.
    pub fn typed(text: &str) -> Result<Self, BadText> {
        let text = Self::parse(text)?;
        if is_blank(&text.0) {
            return Err(BadText::Blank);
        }
        if text.0.chars().any(is_hidden) { Err(BadText::Hidden) } else { Ok(text) }
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

    #[test]
    fn what_is_typed_can_be_seen() {
        let family = "小明👨\u{200D}👩\u{200D}👧";
        assert_eq!(Text::<64>::typed(family).unwrap().as_str(), family);
        for blank in ["", " ", "\u{200B}", "\u{200B} \u{202E}", "\u{200D}", "\u{3164}\u{FEFF}", "\u{2800}"] {
            assert_eq!(Text::<64>::typed(blank), Err(BadText::Blank), "{blank:?}");
        }
        for hidden in ["李\u{200B}雷", "\u{202E}李雷", "李雷\u{FEFF}", "李\u{61C}雷"] {
            assert_eq!(Text::<64>::typed(hidden), Err(BadText::Hidden), "{hidden:?}");
            assert_eq!(Text::<64>::parse(hidden).unwrap().as_str(), hidden, "what is stored is read");
        }
        assert_eq!(Text::<64>::typed("a\nb"), Err(BadText::Control));
    }
}
