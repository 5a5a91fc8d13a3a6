//! Bearer tokens: JSON Web Tokens under HS256 with `sub` (the user), `iat` and `exp` (seconds). `nbf` is honoured; a token that lists
//! critical extensions (`crit`) is refused, because none is understood here (RFC 7515, section 4.1.11).
//! `ver` is the version of the user's tokens at the time (0 where it is missing), `sid` the session that the token belongs to, if any.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use mallcore_actors::ids::UserId;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::key::Key;
use super::refresh::{FamilyId, RefreshTokens};
use super::remembered::Remembered;
use super::revocations::Revocations;
use crate::platform::http::path::plain_number;

/// A shorter secret can be guessed: HS256 wants at least as many bytes as its hash has.
pub const SECRET_BYTES_MIN: usize = 32;

/// Why a token does not say who is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was good until some time ago.
    #[error("the token has expired")]
    Expired,
    /// It was good until the user's tokens were revoked.
    #[error("the token was revoked")]
    Revoked,
    /// It was not signed by us, or says nothing that we understand.
    #[error("the token is not valid")]
    Invalid,
}

/// Signs tokens and checks them. Made once; a check allocates only what parsing needs.
pub struct Verifier {
    signing: EncodingKey,
    current: DecodingKey,
    /// Still accepted while its tokens run out.
    previous: Option<DecodingKey>,
    validation: Validation,
    remembered: Remembered,
    revocations: Arc<Revocations>,
    root: Key,
    refresh_tokens: RefreshTokens,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(deserialize_with = "user")]
    sub: UserId,
    /// Checked by the library, which takes fractions of a second too.
    exp: serde_json::Number,
    #[serde(default)]
    ver: u32,
    #[serde(default)]
    sid: Option<FamilyId>,
}

#[derive(Serialize)]
struct IssuedClaims {
    sub: String,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ver: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<FamilyId>,
}

impl Verifier {
    /// Signs and accepts tokens under one secret.
    pub fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Our own clock has set `exp`, so there is nobody to be lenient to.
        validation.leeway = 0;
        validation.validate_nbf = true;
        let root = Key::new(secret);
        Self {
            signing: EncodingKey::from_secret(secret),
            current: DecodingKey::from_secret(secret),
            previous: None,
            validation,
            remembered: Remembered::none(),
            revocations: Arc::default(),
            refresh_tokens: RefreshTokens::new(&root),
            root,
        }
    }

    /// Accepts tokens under the secret that was used before, too.
    pub fn with_previous(mut self, secret: &[u8]) -> Self {
        self.previous = Some(DecodingKey::from_secret(secret));
        self.refresh_tokens = self.refresh_tokens.with_previous(&Key::new(secret));
        self
    }

    /// Remembers up to so many tokens that were good.
    pub fn remembering(mut self, tokens: usize) -> Self {
        self.remembered = Remembered::up_to(tokens);
        self
    }

    /// Whose token this is.
    pub fn verify(&self, token: &str) -> Result<UserId, TokenError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| TokenError::Invalid)?.as_secs();
        if let Some((user, seen)) = self.remembered.find(token, now)
            && seen == self.revocations.seen(user)
        {
            return Ok(user);
        }
        let claims = self.decode(token)?;
        // Before the version is compared: a revocation in between changes it, and the token is verified again.
        let seen = self.revocations.seen(claims.sub);
        if !self.revocations.accepts(claims.sub, claims.ver) {
            return Err(TokenError::Revoked);
        }
        if let Some(expires_at) = claims.exp.as_u64() {
            self.remembered.note(token, claims.sub, expires_at, seen);
        }
        Ok(claims.sub)
    }

    /// The session that a good token belongs to; none for one that was not issued at a log-in.
    pub fn session(&self, token: &str) -> Option<FamilyId> {
        self.decode(token).ok()?.sid
    }

    /// Signs and reads the refresh tokens that belong to these access tokens.
    pub const fn refresh_tokens(&self) -> &RefreshTokens {
        &self.refresh_tokens
    }

    /// A key for another purpose than tokens, derived from the same secret.
    pub fn key(&self, purpose: &str) -> Key {
        self.root.derive(purpose)
    }

    /// What is known of revoked tokens.
    pub const fn revocations(&self) -> &Arc<Revocations> {
        &self.revocations
    }

    fn decode(&self, token: &str) -> Result<Claims, TokenError> {
        match (self.verify_under(&self.current, token), &self.previous) {
            (Err(error), Some(previous)) if *error.kind() == ErrorKind::InvalidSignature => self.verify_under(previous, token),
            (outcome, _) => outcome,
        }
        .map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => TokenError::Expired,
            _ => TokenError::Invalid,
        })
    }

    /// A token for `user` that is good for `lifetime` from now on; it belongs to no session.
    pub fn issue(&self, user: UserId, lifetime: Duration) -> Result<String, TokenError> {
        self.sign(user, lifetime, None, None)
    }

    /// The same under the version of the user's tokens, so that it counts although earlier ones were revoked.
    pub fn issue_under(&self, user: UserId, version: u32, lifetime: Duration) -> Result<String, TokenError> {
        self.sign(user, lifetime, Some(version), None)
    }

    /// A token of a session, under the version of the user's tokens.
    pub fn issue_for_session(&self, user: UserId, version: u32, session: FamilyId, lifetime: Duration) -> Result<String, TokenError> {
        self.sign(user, lifetime, Some(version), Some(session))
    }

    fn sign(&self, user: UserId, lifetime: Duration, ver: Option<u32>, sid: Option<FamilyId>) -> Result<String, TokenError> {
        let issued_at = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| TokenError::Invalid)?;
        let claims = IssuedClaims { sub: user.to_string(), iat: issued_at.as_secs(), exp: (issued_at + lifetime).as_secs(), ver, sid };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(|_| TokenError::Invalid)
    }

    fn verify_under(&self, key: &DecodingKey, token: &str) -> jsonwebtoken::errors::Result<Claims> {
        let token = decode::<Claims>(token, key, &self.validation)?;
        if token.header.crit.is_some() { Err(ErrorKind::InvalidToken.into()) } else { Ok(token.claims) }
    }
}

/// Reads the decimal text of a user's id.
fn user<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UserId, D::Error> {
    struct Subject;
    impl de::Visitor<'_> for Subject {
        type Value = UserId;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a user's id as text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<UserId, E> {
            // One user has one subject: with `007` or `+7` accepted beside `7`, whoever compares subjects as text would see three users.
            plain_number(text).and_then(|id| UserId::new(id).ok()).ok_or_else(|| E::custom("not a user's id"))
        }
    }
    deserializer.deserialize_str(Subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn signed(algorithm: Algorithm, secret: &[u8], claims: &serde_json::Value) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    fn check(token: &str, expected: Result<u64, TokenError>) {
        let verifier = Verifier::new(SECRET).remembering(16);
        for time in ["first", "second"] {
            assert_eq!(verifier.verify(token).map(UserId::get), expected, "{time} time: {token}");
        }
    }

    #[test]
    fn what_was_issued_is_accepted_under_the_same_secret_only() {
        let user = UserId::new(7).unwrap();
        let token = Verifier::new(SECRET).issue(user, Duration::from_secs(60)).unwrap();
        check(&token, Ok(7));
        let other = b"another secret of thirty-two bytes";
        assert_eq!(Verifier::new(other).verify(&token), Err(TokenError::Invalid));
        assert_eq!(Verifier::new(other).with_previous(SECRET).verify(&token), Ok(user));
    }

    #[test]
    fn a_remembered_token_is_believed_letter_for_letter() {
        let verifier = Verifier::new(SECRET).remembering(16);
        let token = verifier.issue(UserId::new(7).unwrap(), Duration::from_secs(60)).unwrap();
        assert_eq!(verifier.verify(&token).map(UserId::get), Ok(7));
        for place in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            // The last letter of a signature has bits that mean nothing.
            if place + 1 < token.len() {
                assert_eq!(verifier.verify(&forged), Err(TokenError::Invalid), "{place}");
            }
        }
        assert_eq!(verifier.verify(&token[..token.len() - 1]), Err(TokenError::Invalid));
        assert_eq!(verifier.verify(&token).map(UserId::get), Ok(7));
    }

    #[test]
    fn a_revoked_token_stops_at_once_although_it_is_remembered() {
        let (verifier, user) = (Verifier::new(SECRET).remembering(16), UserId::new(7).unwrap());
        let minute = Duration::from_secs(60);
        let (old, session) = (verifier.issue(user, minute).unwrap(), FamilyId::random());
        let other = verifier.issue(UserId::new(7 + (1 << 16)).unwrap(), minute).unwrap();
        let newer = verifier.issue_for_session(user, 1, session.clone(), minute).unwrap();
        for token in [&old, &newer, &other] {
            assert!(verifier.verify(token).is_ok());
        }
        verifier.revocations().revoke_below(user, 1, mallcore_actors::time::Timestamp::from_millis(1));
        for _ in 0..2 {
            assert_eq!(verifier.verify(&old), Err(TokenError::Revoked));
            assert_eq!(verifier.verify(&newer), Ok(user));
            assert!(verifier.verify(&other).is_ok(), "a neighbour's token goes on");
        }
        assert_eq!((verifier.session(&newer), verifier.session(&old)), (Some(session), None));
    }

    #[test]
    fn an_expired_token_is_told_apart() {
        check(&signed(Algorithm::HS256, SECRET, &json!({"sub": "7", "exp": 1_000})), Err(TokenError::Expired));
    }

    #[test]
    fn forged_and_odd_tokens_are_invalid() {
        let exp = 99_999_999_999_u64;
        // {"alg":"none","typ":"JWT"} . {"sub":"7","exp":99999999999}
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiI3IiwiZXhwIjo5OTk5OTk5OTk5OX0";
        for token in [
            String::new(),
            "a.b.c".to_owned(),
            format!("{none}."),
            format!("{none}.AAAA"),
            signed(Algorithm::HS512, SECRET, &json!({"sub": "7", "exp": exp})),
            signed(Algorithm::HS256, b"not our secret", &json!({"sub": "7", "exp": exp})),
            signed(Algorithm::HS256, SECRET, &json!({"sub": "7"})),
            signed(Algorithm::HS256, SECRET, &json!({"exp": exp})),
            signed(Algorithm::HS256, SECRET, &json!({"sub": "0", "exp": exp})),
            signed(Algorithm::HS256, SECRET, &json!({"sub": "seven", "exp": exp})),
            signed(Algorithm::HS256, SECRET, &json!({"sub": "007", "exp": exp})),
            signed(Algorithm::HS256, SECRET, &json!({"sub": "+7", "exp": exp})),
            signed(Algorithm::HS256, SECRET, &json!({"sub": 7, "exp": exp})),
        ] {
            check(&token, Err(TokenError::Invalid));
        }
    }

    #[test]
    fn a_token_counts_from_its_nbf_on() {
        let exp = 99_999_999_999_u64;
        let from = |nbf: serde_json::Value| signed(Algorithm::HS256, SECRET, &json!({"sub": "7", "exp": exp, "nbf": nbf}));
        check(&from(json!(1_000)), Ok(7));
        for wrong in [json!(exp - 1), json!("1000"), json!(-1)] {
            check(&from(wrong), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn critical_extensions_are_not_understood() {
        let header =
            |crit: &[&str]| Header { crit: Some(crit.iter().map(|name| (*name).to_owned()).collect()), ..Header::new(Algorithm::HS256) };
        for crit in [&["exp"][..], &["urn:example:tenant"], &[]] {
            let claims = json!({"sub": "7", "exp": 99_999_999_999_u64});
            check(&encode(&header(crit), &claims, &EncodingKey::from_secret(SECRET)).unwrap(), Err(TokenError::Invalid));
        }
    }
}
