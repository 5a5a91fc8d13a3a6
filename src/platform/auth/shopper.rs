//! Whoever sent a request with a good bearer token, and has a token left in their bucket.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpRequest, web};
use mallcore_actors::ids::UserId;

use super::Verifier;
use crate::platform::http::header::single;
use crate::platform::http::problem::{Hint, Problem};
use crate::platform::http::state::State;

/// The shopper who asks. Routes that take one answer 401 to everybody else, and 429 to one who asks too often.
#[derive(Debug, Clone, Copy)]
pub struct Shopper(pub UserId);

impl Shopper {
    /// Who sent a request with these headers.
    pub fn of(headers: &HeaderMap, state: &State) -> Result<Self, Problem> {
        let user = Self::verified(headers, &state.verifier)?;
        state.limits.take_from_user(user)?;
        Ok(Self(user))
    }

    /// The same without counting the request against the user's limit: for who asks before the request is carried out.
    pub fn verified(headers: &HeaderMap, verifier: &Verifier) -> Result<UserId, Problem> {
        Ok(verifier.verify(Self::token(headers)?)?)
    }

    /// The token in these headers, which says nothing before it is verified.
    pub fn token(headers: &HeaderMap) -> Result<&str, Problem> {
        single(headers, &AUTHORIZATION, "Authorization")?.and_then(bearer).ok_or_else(|| {
            let missing = Problem::new(StatusCode::UNAUTHORIZED, "token_missing").naming("Authorization", "token_missing");
            missing.hinting(Hint::Challenge("Bearer"))
        })
    }
}

impl FromRequest for Shopper {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("a route without state"));
        ready(state.and_then(|state| Self::of(request.headers(), state)))
    }
}

fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = std::str::from_utf8(authorization.as_bytes()).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
