//! Which web pages of other origins may call the API: those of `CORS_ORIGIN`, by their exact names.
//! - X1 Without the setting no request is looked at and no header is added.
//! - X2 With it every answer varies by origin, so that no cache shows one origin what was said to another.
//!
//! Shoppers come with a bearer token, so no answer allows credentials (cookies).

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};

/// What a page may send.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key");
/// What a page may read beside what every page may.
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static("Location, Retry-After");
/// Seconds for which a browser need not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins that may call.
pub struct Cors {
    origins: HashMap<Box<[u8]>, HeaderValue>,
}

impl Cors {
    /// For these origins; none if there are none.
    pub fn of(origins: &[String]) -> Option<Self> {
        // What is not a header's text was refused with the configuration.
        let value = |origin: &String| Some((origin.as_bytes().into(), HeaderValue::from_str(origin).ok()?));
        let origins: HashMap<_, _> = origins.iter().filter_map(value).collect();
        (!origins.is_empty()).then_some(Self { origins })
    }

    /// The name of the origin that asks, if it may call.
    pub fn known(&self, request: &HeaderMap) -> Option<&HeaderValue> {
        self.origins.get(request.get(ORIGIN)?.as_bytes())
    }

    /// Tells the browser that pages of this origin may read the answer; without one, that it depends.
    pub fn mark(origin: Option<HeaderValue>, answer: &mut HeaderMap) {
        answer.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
        }
    }

    /// The answer to a browser that asks before it calls; none if this is no such question. A stranger's gets no permission.
    pub fn preflight(&self, request: &HeaderMap, methods: &'static str) -> Option<HttpResponse> {
        if !(request.contains_key(ORIGIN) && request.contains_key(ACCESS_CONTROL_REQUEST_METHOD)) {
            return None;
        }
        let mut answer = HttpResponse::NoContent();
        if self.known(request).is_some() {
            answer.insert_header((ACCESS_CONTROL_ALLOW_METHODS, methods));
            answer.insert_header((ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS));
            answer.insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE));
        }
        Some(answer.finish())
    }
}
