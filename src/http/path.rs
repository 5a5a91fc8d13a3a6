//! `{id}` in paths.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use mallcore_actors::ids::{ActivityId, FlashItemId, SkuId};

use super::problem::Problem;

/// What `{id}` may be.
pub trait ParsePath: Sized {
    /// Takes the text of the segment.
    fn parse(text: &str) -> Option<Self>;
}

/// Extracts `{id}`; a text that cannot be one is 400 naming `id`.
pub struct PathId<T>(pub T);

impl<T: ParsePath> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(T::parse);
        ready(id.map(Self).ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "validation_failed").naming("id", "not_a_whole_number")))
    }
}

/// A number in decimal digits only: no sign, no leading zero.
pub fn plain_number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if digits { text.parse().ok() } else { None }
}

impl ParsePath for u64 {
    fn parse(text: &str) -> Option<Self> {
        plain_number(text)
    }
}

impl ParsePath for FlashItemId {
    fn parse(text: &str) -> Option<Self> {
        Self::new(plain_number(text)?).ok()
    }
}

impl ParsePath for ActivityId {
    fn parse(text: &str) -> Option<Self> {
        Self::new(plain_number(text)?).ok()
    }
}

impl ParsePath for SkuId {
    fn parse(text: &str) -> Option<Self> {
        Self::new(plain_number(text)?).ok()
    }
}
