//! The cookie that holds an administrator's session, and the token that proves that a page of the back office sent a request.
//! - K1 No script reads the cookie (`HttpOnly`), no other site sends it (`SameSite=Strict`), no other path gets it, and outside of the
//!   embedded mode and development no plain connection carries it (`Secure`).
//! - K2 The CSRF token is a hash of what the cookie holds: whoever cannot read the cookie cannot make the token, and nobody makes the cookie
//!   from the token.

use actix_web::http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::platform::auth::key::hex;
use crate::platform::sessions::SessionToken;

/// Name of the cookie.
pub const NAME: &str = "admin_session";
/// Header that carries the CSRF token.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Longest value that can be a session's.
const VALUE_BYTES_MAX: usize = 128;

/// How the cookie is set.
#[derive(Debug, Clone)]
pub struct Cookie {
    /// Before the shop's paths.
    prefix: String,
    /// Whether only encrypted connections carry it.
    is_secure: bool,
}

impl Cookie {
    /// For the routes of administrators below this prefix.
    pub const fn new(prefix: String, is_secure: bool) -> Self {
        Self { prefix, is_secure }
    }

    /// `Set-Cookie` that begins a session. It ends with the browser; the server ends it earlier.
    pub fn begin(&self, token: &SessionToken) -> HeaderValue {
        self.value(&format!("{NAME}={}", token.expose()))
    }

    /// `Set-Cookie` that takes the cookie away.
    pub fn end(&self) -> HeaderValue {
        self.value(&format!("{NAME}=; Max-Age=0"))
    }

    fn value(&self, beginning: &str) -> HeaderValue {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!("{beginning}; Path={}/admin; HttpOnly; SameSite=Strict{secure}", self.prefix);
        // Hexadecimal digits and a prefix that the configuration has checked.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The session that a request names: none without the cookie, or if it comes twice, as from somebody who plants one of a neighbouring name.
pub fn token(headers: &HeaderMap) -> Option<SessionToken> {
    let texts = headers.get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == NAME).map(|(_, value)| value);
    let value = values.next().filter(|value| !value.is_empty() && value.len() <= VALUE_BYTES_MAX)?;
    values.next().is_none().then(|| SessionToken::of_cookie(value))
}

/// The CSRF token of a session.
pub fn csrf(token: &SessionToken) -> String {
    hex(&Sha256::digest(format!("mallcore csrf\n{}", token.expose()).as_bytes()))
}

/// Whether this is the CSRF token of the session, in a time that does not depend on where they differ.
pub fn is_csrf(token: &SessionToken, sent: &HeaderValue) -> bool {
    csrf(token).as_bytes().ct_eq(sent.as_bytes()).into()
}

/// Whether the browser says that a page of another site sent the request. Other clients say nothing.
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn found(cookies: &[&str]) -> Option<String> {
        let request = cookies.iter().fold(TestRequest::default(), |request, cookie| request.append_header((COOKIE, *cookie)));
        token(request.to_http_request().headers()).map(|token| token.expose().to_owned())
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(found(&["a=1; admin_session=abc; b=2"]), Some("abc".to_owned()));
        assert_eq!(found(&["a=1", "admin_session=abc"]), Some("abc".to_owned()));
        for none in [&[][..], &["admin_session="], &["admin_sessions=abc"], &["x-admin_session=abc"], &["admin_session"]] {
            assert_eq!(found(none), None, "{none:?}");
        }
        assert_eq!(found(&["admin_session=abc; admin_session=def"]), None);
        assert_eq!(found(&[&format!("admin_session={}", "a".repeat(129))]), None);
    }

    #[test]
    fn a_cookie_is_set_for_the_routes_of_administrators_only() {
        let (token, cookie) = (SessionToken::of_cookie("abc"), Cookie::new("/v1".to_owned(), true));
        assert_eq!(cookie.begin(&token), "admin_session=abc; Path=/v1/admin; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(Cookie::new(String::new(), false).end(), "admin_session=; Max-Age=0; Path=/admin; HttpOnly; SameSite=Strict");
    }

    #[test]
    fn the_token_of_one_session_is_none_of_another() {
        let [one, other] = ["abc", "abd"].map(SessionToken::of_cookie);
        let sent = HeaderValue::from_str(&csrf(&one)).unwrap();
        assert!(is_csrf(&one, &sent) && !is_csrf(&other, &sent) && !is_csrf(&one, &HeaderValue::from_static("abc")));
    }
}
