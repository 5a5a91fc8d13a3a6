//! Answers that clients keep: an entity tag, and 304 for whoever has these bytes already.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

/// Kept by anybody, and asked for again each time: what it shows may change at any moment.
const CACHED: HeaderValue = HeaderValue::from_static("public, no-cache");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The bytes with their entity tag, or 304 if the request says that its sender has them; then nothing is rendered.
pub fn answer(request: &HttpRequest, etag: HeaderValue, body: impl FnOnce() -> Bytes) -> HttpResponse {
    if is_known(request, &etag) {
        return HttpResponse::build(StatusCode::NOT_MODIFIED).insert_header((ETAG, etag)).insert_header((CACHE_CONTROL, CACHED)).finish();
    }
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, JSON)).insert_header((ETAG, etag)).insert_header((CACHE_CONTROL, CACHED));
    response.body(body())
}

/// Whether `If-None-Match` names this tag, by weak comparison (RFC 9110, 13.1.2).
fn is_known(request: &HttpRequest, etag: &HeaderValue) -> bool {
    let named = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let mut tags = named.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check(header: &str, status: u16) {
        let request = TestRequest::default().insert_header((IF_NONE_MATCH, header)).to_http_request();
        let answer = answer(&request, HeaderValue::from_static("\"a1\""), || Bytes::from_static(b"{}"));
        assert_eq!(answer.status().as_u16(), status, "{header}");
        assert_eq!(answer.headers().get(ETAG).unwrap(), "\"a1\"");
    }

    #[test]
    fn a_known_tag_is_not_sent_again() {
        for known in ["\"a1\"", "W/\"a1\"", "\"b\", \"a1\"", "*"] {
            check(known, 304);
        }
        for other in ["\"a2\"", "a1", "", "W/\"a\""] {
            check(other, 200);
        }
    }
}
