//! Headers that say one thing: sent twice they are refused, because two programs on the way could each believe another one.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use super::problem::Problem;

/// The header's value, if it was sent; 400 `header_repeated` if it was sent more than once. `shown` is the name as clients write it.
pub fn single<'a>(headers: &'a HeaderMap, name: &HeaderName, shown: &'static str) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name);
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "header_repeated").naming(shown, "header_repeated")),
    }
}
