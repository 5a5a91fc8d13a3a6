//! `{id}` in paths.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use mallcore_actors::ids::{ActivityId, AddressId, AfterSaleId, BannerId, FlashItemId, ID_MAX, SkuId};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{RefOr, Schema};

use super::problem::Problem;
use super::schemas;

/// What `{id}` may be.
pub trait ParsePath: Sized {
    /// What it names, for the OpenAPI document.
    const NAMES: &'static str;

    /// Takes the text of the segment.
    fn parse(text: &str) -> Option<Self>;

    /// What `parse` takes, for the OpenAPI document.
    fn schema() -> RefOr<Schema> {
        schemas::id().into()
    }

    /// What is answered to a text that `parse` does not take.
    fn refuse(_text: &str) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "validation_failed").naming("id", "not_a_whole_number")
    }
}

/// Extracts `{id}`; a text that cannot be one is 400 naming `id`.
pub struct PathId<T>(pub T);

impl<T: ParsePath> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.match_info().get("id").unwrap_or_default();
        ready(T::parse(text).map(Self).ok_or_else(|| T::refuse(text)))
    }
}

impl<T: ParsePath> IntoParams for PathId<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![schemas::path("id", T::NAMES, T::schema())]
    }
}

/// A number in decimal digits only: no sign, no leading zero.
pub fn plain_number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if digits { text.parse().ok() } else { None }
}

/// The id of a product.
impl ParsePath for u64 {
    const NAMES: &'static str = "Product";

    fn parse(text: &str) -> Option<Self> {
        plain_number(text).filter(|id| (1..=ID_MAX).contains(id))
    }
}

impl ParsePath for BannerId {
    const NAMES: &'static str = "Banner";

    fn parse(text: &str) -> Option<Self> {
        plain_number(text).and_then(|id| Self::new(id).ok())
    }
}

impl ParsePath for FlashItemId {
    const NAMES: &'static str = "Flash item";

    fn parse(text: &str) -> Option<Self> {
        Self::new(plain_number(text)?).ok()
    }
}

impl ParsePath for ActivityId {
    const NAMES: &'static str = "Flash sale";

    fn parse(text: &str) -> Option<Self> {
        Self::new(plain_number(text)?).ok()
    }
}

impl ParsePath for SkuId {
    const NAMES: &'static str = "SKU";

    fn parse(text: &str) -> Option<Self> {
        Self::new(plain_number(text)?).ok()
    }
}

impl ParsePath for AfterSaleId {
    const NAMES: &'static str = "After-sale case";

    fn parse(text: &str) -> Option<Self> {
        Self::new(plain_number(text)?).ok()
    }
}

impl ParsePath for AddressId {
    const NAMES: &'static str = "Address";

    fn parse(text: &str) -> Option<Self> {
        Self::new(plain_number(text)?).ok()
    }
}
