//! `Idempotency-Key`: what makes a repeated request the same request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};
use mallcore_actors::idempotency::KeyHash;

use super::problem::Problem;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key, in characters.
pub const KEY_LENGTH_MAX: usize = 255;

/// The key of a request: 1 to 255 visible ASCII characters.
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Its hash within `scope`, the route with its ids.
    pub fn hash(&self, scope: &str) -> KeyHash {
        KeyHash::of(scope, &self.0)
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(key(request).map(|key| Self(key.to_owned())))
    }
}

fn key(request: &HttpRequest) -> Result<&str, Problem> {
    let wrong = |code| Problem::new(StatusCode::BAD_REQUEST, code).naming("Idempotency-Key", code);
    let value = request.headers().get(HEADER).ok_or_else(|| wrong("header_missing"))?;
    // `to_str` accepts visible ASCII, spaces and tabs.
    let text = value.to_str().map_err(|_| wrong("header_invalid"))?;
    let good = (1..=KEY_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(text) } else { Err(wrong("header_invalid")) }
}
