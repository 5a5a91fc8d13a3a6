//! Refresh tokens: what names a session, signed. Nothing of them is stored: the signature proves that we issued this generation of this
//! session, and the session's own state (`features::accounts`) says whether that generation still counts.
//! - R1 A token is `<user>.<session>.<generation>.<signature>`; the signature covers the other three under a key that is derived from
//!   `JWT_SECRET` for this purpose only, so an access token is never one and the other way round.
//! - R2 The same generation has the same token: whoever lost an answer gets the very same token again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mallcore_actors::ids::UserId;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::key::Key;
use crate::platform::http::path::plain_number;

/// No token is longer; read before anything else.
pub const REFRESH_TOKEN_BYTES_MAX: usize = 160;

const PURPOSE: &str = "mallcore refresh tokens";

/// Names one session of a user: one device that logged in. 16 random bytes as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FamilyId(String);

impl FamilyId {
    /// A new one.
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// 22 characters of URL-safe base64.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let is_plain = text.len() == 22 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_plain.then(|| Self(text.to_owned()))
    }
}

/// What a refresh token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshClaims {
    /// The user whose session is refreshed.
    pub user: UserId,
    /// The session: one device that logged in.
    pub family: FamilyId,
    /// How often the session was refreshed before this token was issued.
    pub generation: u32,
}

/// Signs and reads refresh tokens.
#[derive(Debug)]
pub struct RefreshTokens {
    current: Key,
    previous: Option<Key>,
}

impl RefreshTokens {
    /// Under a key that is derived from this one.
    pub fn new(root: &Key) -> Self {
        Self { current: root.derive(PURPOSE), previous: None }
    }

    /// Accepts tokens under the key that was used before, too.
    pub fn with_previous(mut self, root: &Key) -> Self {
        self.previous = Some(root.derive(PURPOSE));
        self
    }

    /// The token that says this.
    pub fn sign(&self, claims: &RefreshClaims) -> String {
        let text = text(claims);
        let signature = URL_SAFE_NO_PAD.encode(self.current.sign(text.as_bytes()));
        format!("{text}.{signature}")
    }

    /// What a token says; none if we did not issue it.
    pub fn read(&self, token: &str) -> Option<RefreshClaims> {
        if token.len() > REFRESH_TOKEN_BYTES_MAX {
            return None;
        }
        let (text, signed) = token.rsplit_once('.')?;
        let signed = URL_SAFE_NO_PAD.decode(signed).ok()?;
        let is_signed_under = |key: &Key| bool::from(key.sign(text.as_bytes()).ct_eq(&signed));
        if !is_signed_under(&self.current) && !self.previous.as_ref().is_some_and(is_signed_under) {
            return None;
        }
        let mut parts = text.split('.');
        let user = UserId::new(plain_number(parts.next()?)?).ok()?;
        let family = FamilyId::parse(parts.next()?)?;
        let generation = u32::try_from(plain_number(parts.next()?)?).ok()?;
        parts.next().is_none().then_some(RefreshClaims { user, family, generation })
    }
}

fn text(claims: &RefreshClaims) -> String {
    format!("{}.{}.{}", claims.user, claims.family.as_str(), claims.generation)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn claims(user: u64, generation: u32) -> RefreshClaims {
        RefreshClaims { user: UserId::new(user).unwrap(), family: FamilyId::random(), generation }
    }

    #[test]
    fn a_token_says_what_was_signed_under_a_known_secret() {
        let tokens = RefreshTokens::new(&Key::new(SECRET));
        let claims = claims(7, 3);
        let token = tokens.sign(&claims);
        assert_eq!((tokens.read(&token), token.len() <= REFRESH_TOKEN_BYTES_MAX), (Some(claims.clone()), true));
        assert_eq!(tokens.sign(&claims), token, "the same generation has the same token");
        let other = b"another secret of thirty-two bytes";
        assert_eq!(RefreshTokens::new(&Key::new(other)).read(&token), None);
        assert_eq!(RefreshTokens::new(&Key::new(other)).with_previous(&Key::new(SECRET)).read(&token), Some(claims));
    }

    #[test]
    fn an_access_token_is_no_refresh_token() {
        let access = super::super::Verifier::new(SECRET);
        let token = access.issue(UserId::new(7).unwrap(), std::time::Duration::from_secs(60)).unwrap();
        assert_eq!(RefreshTokens::new(&Key::new(SECRET)).read(&token), None);
        assert!(access.verify(&RefreshTokens::new(&Key::new(SECRET)).sign(&claims(7, 0))).is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_taken_for_a_token(text in ".{0,200}") {
            prop_assert_eq!(RefreshTokens::new(&Key::new(SECRET)).read(&text), None);
        }

        #[test]
        fn a_changed_token_is_none(place in 0_usize..40, letter in "[0-9a-zA-Z.]") {
            let tokens = RefreshTokens::new(&Key::new(SECRET));
            let token = tokens.sign(&claims(1_234_567, 9));
            let mut forged = token.clone();
            forged.replace_range(place..=place, &letter);
            prop_assert!(forged == token || tokens.read(&forged).is_none());
        }
    }
}
