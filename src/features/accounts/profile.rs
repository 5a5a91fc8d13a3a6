//! What shoppers say of themselves: nickname, picture, gender. Texts are normalised and checked here, at the edge.

use mallcore_actors::ids::UserId;
use mallcore_actors::values::text::{BadText, Text};
use unicode_normalization::UnicodeNormalization;

use super::refusals::{AccountError, UNKNOWN_USER};
use super::repository::{self, User};
use super::service::Accounts;
use crate::platform::database::Tx;
use crate::platform::http::typed;
use crate::platform::reads::ANSWER_WITHIN;

/// Longest nickname, in characters.
pub const NICKNAME_CHARACTERS_MAX: usize = 32;
/// Longest address of a picture, in characters.
pub const AVATAR_CHARACTERS_MAX: usize = 255;

/// A nickname: NFC, without blanks at its ends, without characters that nobody sees or that turn the text around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nickname(String);

impl Nickname {
    /// Normalises a text that somebody typed.
    ///
    /// # Errors
    /// Those of [`Text::typed`].
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let text: String = text.nfc().collect();
        Text::<NICKNAME_CHARACTERS_MAX>::typed(&text).map(|text| Self(text.as_str().to_owned()))
    }
}

/// The address of a picture: https, with a host, without a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvatarUrl(String);

impl AvatarUrl {
    /// Reads an address; none if it is none of these.
    pub fn parse(text: &str) -> Option<Self> {
        (typed::picture(text, &()).is_ok() && text.len() <= AVATAR_CHARACTERS_MAX).then(|| Self(text.to_owned()))
    }
}

/// The whole profile, as its owner wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// How they want to be called.
    pub nickname: Option<Nickname>,
    /// Address of their picture.
    pub avatar: Option<AvatarUrl>,
    /// 0 unknown, 1 male, 2 female.
    pub gender: u8,
}

impl Accounts {
    /// The account with this id.
    pub async fn user(&self, id: UserId) -> Result<User, AccountError> {
        let found = self.reads.ask(ANSWER_WITHIN, async |database| repository::active(database, id).await).await?;
        found.ok_or(AccountError::Rule(&UNKNOWN_USER))
    }

    /// Sets somebody's profile.
    pub async fn set_profile(&self, id: UserId, profile: Profile) -> Result<User, AccountError> {
        let Profile { nickname, avatar, gender } = profile;
        let (nickname, avatar, now) = (nickname.map(|name| name.0), avatar.map(|url| url.0), self.now());
        self.writes
            .transaction(async |tx: &mut Tx| {
                let (nickname, avatar) = (nickname.clone(), avatar.clone());
                if !repository::set_profile(tx, id, nickname, avatar, gender, now).await? {
                    return Err(AccountError::Rule(&UNKNOWN_USER));
                }
                repository::lock(tx, id).await?.ok_or(AccountError::Rule(&UNKNOWN_USER))
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Option<String> {
        Nickname::parse(text).ok().map(|name| name.0)
    }

    #[test]
    fn a_nickname_is_one_text_however_it_was_typed() {
        assert_eq!(name("  Ame\u{301}lie "), Some("Am\u{e9}lie".to_owned()));
        assert_eq!(name("小明👨\u{200D}👩\u{200D}👧"), Some("小明👨\u{200D}👩\u{200D}👧".to_owned()));
        assert_eq!(name(&"名".repeat(32)).map(|name| name.chars().count()), Some(32));
        for wrong in ["", "   ", "a\nb", "a\u{202E}b", "a\u{200B}b", "\u{FEFF}", &"名".repeat(33)] {
            assert_eq!(name(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_picture_is_fetched_over_https() {
        let url = |text: &str| AvatarUrl::parse(text).map(|url| url.0);
        assert_eq!(url("https://Img.Example.com/a.png?x=1"), Some("https://Img.Example.com/a.png?x=1".to_owned()));
        for wrong in [
            "http://img.example.com/a.png",
            "HTTPS://img.example.com/a.png",
            "javascript:alert(1)",
            "https://",
            "//img.example.com",
            "https://u:p@example.com/",
            "data:image/png;base64,AA",
        ] {
            assert_eq!(url(wrong), None, "{wrong}");
        }
        assert_eq!(url(&format!("https://example.com/{}", "a".repeat(255))), None);
    }

    proptest! {
        #[test]
        fn what_is_a_nickname_stays_one(text in "\\PC{0,40}") {
            if let Some(once) = name(&text) {
                prop_assert_eq!(name(&once), Some(once.clone()));
            }
        }
    }
}
