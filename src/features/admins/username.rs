//! The names that administrators log in with.

use mallcore_actors::values::text::{Text, is_hidden};
use unicode_normalization::UnicodeNormalization;

/// Characters that a name may have.
pub const CHARACTERS_MAX: usize = 50;

/// A name: NFKC, in lower case, without blanks and without characters that nobody sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Normalises a text that somebody typed; none if nobody can be called so.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.trim().nfkc().flat_map(char::to_lowercase).collect();
        let text = Text::<CHARACTERS_MAX>::parse(&text).ok()?;
        let is_plain = text.as_str().chars().all(|character| !character.is_whitespace() && !is_hidden(character));
        is_plain.then(|| Self(text.as_str().to_owned()))
    }

    /// The normalised name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Option<String> {
        Username::parse(text).map(|name| name.0)
    }

    #[test]
    fn a_name_is_one_text_however_it_was_typed() {
        assert_eq!(name(" Ａdmin "), Some("admin".to_owned()));
        assert_eq!(name("运营-小李"), Some("运营-小李".to_owned()));
        for wrong in ["", " ", "a b", "a\u{200B}b", "a\nb", &"a".repeat(51)] {
            assert_eq!(name(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_a_name_stays_one(text in "\\PC{0,60}") {
            if let Some(once) = name(&text) {
                prop_assert!(once.chars().count() <= CHARACTERS_MAX);
                prop_assert_eq!(name(&once), Some(once.clone()), "{}", text);
            }
        }
    }
}
