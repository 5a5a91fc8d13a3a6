//! `Idempotency-Key`: what makes a repeated request the same request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use mallcore_actors::idempotency::KeyHash;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::header::single;
use super::problem::Problem;
use super::schemas;

static HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key, in characters.
pub const KEY_LENGTH_MAX: usize = 255;

/// The key of a request: 1 to 255 visible ASCII characters.
pub struct IdempotencyKey(HeaderValue);

impl IdempotencyKey {
    /// Of the request with these headers.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let wrong = |code| Problem::new(StatusCode::BAD_REQUEST, code).naming("Idempotency-Key", code);
        let value = single(headers, &HEADER, "Idempotency-Key")?.ok_or_else(|| wrong("header_missing"))?;
        let good = (1..=KEY_LENGTH_MAX).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic);
        if good { Ok(Self(value.clone())) } else { Err(wrong("header_invalid")) }
    }

    /// Its hash within `scope`, the route with its ids.
    pub fn hash(&self, scope: &str) -> KeyHash {
        // Visible ASCII is all that `of` lets in.
        KeyHash::of(scope, self.0.to_str().unwrap_or_default())
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request.headers()))
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "1 to 255 visible ASCII characters, the same for every attempt";
        vec![schemas::header("Idempotency-Key", description, schemas::text(&format!("[!-~]{{1,{KEY_LENGTH_MAX}}}")))]
    }
}
