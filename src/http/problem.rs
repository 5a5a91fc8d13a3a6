//! Every "no" as an RFC 9457 problem document: this file alone turns refusals and weather into status and code.
//! - P1 `code` is stable: clients decide by it. `title` and `detail` are for people, Chinese first.
//! - P2 A validation error names every field that is wrong.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use mallcore_actors::refusal::{Refusal, Unavailable};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::wording;
use crate::auth::TokenError;
use crate::rfc3339::Rfc3339;
use crate::shop::StoreError;

/// The media type of RFC 9457.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field of the body, parameter of the query or path, or header.
    pub field: Cow<'static, str>,
    /// What is wrong, for programs.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// What is wrong, for people.
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
}

/// A problem document.
#[derive(Debug, Clone, ToSchema)]
pub struct Problem {
    /// HTTP's status.
    #[schema(value_type = u16, example = 409)]
    pub status: StatusCode,
    /// What happened, for programs; `type` is `urn:mallcore:problem:` and this.
    #[schema(value_type = String, example = "sold_out")]
    pub code: &'static str,
    /// What happened, in two words.
    #[schema(value_type = String, example = "已售罄 / Sold out")]
    pub title: &'static str,
    /// What happened, in a sentence.
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
    /// Which occurrence: the id under which our log has it. Only where there is a line in the log.
    #[schema(value_type = Option<String>)]
    pub instance: Option<String>,
    /// The fields that are wrong.
    #[schema(value_type = Vec<FieldError>)]
    pub errors: Vec<FieldError>,
    /// With `not_started`: when the sale begins.
    pub starts_at: Option<Rfc3339>,
    /// With `purchase_limit` and `too_many_unpaid`: how many are allowed.
    pub limit: Option<u32>,
    /// Seconds, sent as `Retry-After`.
    #[schema(ignore)]
    pub retry_after_seconds: Option<u64>,
    /// Sent as `WWW-Authenticate`.
    #[schema(ignore)]
    pub challenge: Option<&'static str>,
    /// Sent as `Allow`.
    #[schema(ignore)]
    pub allow: Option<&'static str>,
}

impl Problem {
    /// A problem with the words that belong to its code.
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        let (title, detail) = wording::of(code);
        Self {
            status,
            code,
            title,
            detail: Cow::Borrowed(detail),
            instance: None,
            errors: Vec::new(),
            starts_at: None,
            limit: None,
            retry_after_seconds: None,
            challenge: None,
            allow: None,
        }
    }

    /// The same with another sentence.
    pub fn because(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same, naming a field.
    pub fn naming(mut self, field: impl Into<Cow<'static, str>>, code: &'static str) -> Self {
        self.errors.push(FieldError { field: field.into(), code, detail: Cow::Borrowed(wording::of(code).1) });
        self
    }

    /// The fields are readable and wrong (422).
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed") }
    }

    /// One field is readable and wrong (422).
    pub fn field(field: &'static str, code: &'static str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed").naming(field, code)
    }

    /// There is no such thing, or it is another's (404).
    pub fn unknown(code: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code).naming("id", code)
    }

    /// Our own mistake (500); logged here, once, under the id that the answer shows.
    pub fn internal(what: &str) -> Self {
        let instance = format!("urn:uuid:{}", uuid::Uuid::new_v4());
        tracing::error!(instance, "a request failed: {what}");
        Self { instance: Some(instance), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal") }
    }

    /// Wait for so many seconds (429).
    pub fn too_many_requests(retry_after_seconds: u64) -> Self {
        Self { retry_after_seconds: Some(retry_after_seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited") }
    }

    fn unavailable(code: &'static str, retry_after_seconds: u64) -> Self {
        Self { retry_after_seconds: Some(retry_after_seconds), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code();
        match refusal {
            Refusal::UnknownItem | Refusal::UnknownOrder => Self::unknown(code),
            Refusal::IdempotencyMismatch => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code).naming("Idempotency-Key", code),
            Refusal::NotStarted { starts_at } => Self { starts_at: Some(starts_at.into()), ..Self::new(StatusCode::CONFLICT, code) },
            Refusal::PurchaseLimit { limit } | Refusal::TooManyUnpaid { limit } => {
                Self { limit: Some(limit), ..Self::new(StatusCode::CONFLICT, code) }
            }
            Refusal::SoldOut | Refusal::Ended | Refusal::WrongStatus | Refusal::NotDue => Self::new(StatusCode::CONFLICT, code),
        }
    }
}

impl From<Unavailable> for Problem {
    fn from(weather: Unavailable) -> Self {
        // A full mailbox is empty again within milliseconds; a full journal waits for its projections.
        let retry_after_seconds = if weather == Unavailable::JournalFull { 10 } else { 1 };
        Self::unavailable(weather.code(), retry_after_seconds)
    }
}

impl From<StoreError> for Problem {
    fn from(_: StoreError) -> Self {
        Self::unavailable("database_unavailable", 5)
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        let (code, challenge) = match error {
            TokenError::Expired => ("token_expired", "Bearer error=\"invalid_token\", error_description=\"expired\""),
            TokenError::Invalid => ("token_invalid", "Bearer error=\"invalid_token\""),
        };
        Self { challenge: Some(challenge), ..Self::new(StatusCode::UNAUTHORIZED, code).naming("Authorization", code) }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Type(&'static str);
        impl Serialize for Type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&format_args!("urn:mallcore:problem:{}", self.0))
            }
        }
        let mut document = serializer.serialize_struct("Problem", 9)?;
        document.serialize_field("type", &Type(self.code))?;
        document.serialize_field("title", self.title)?;
        document.serialize_field("status", &self.status.as_u16())?;
        document.serialize_field("code", self.code)?;
        document.serialize_field("detail", &self.detail)?;
        if let Some(instance) = &self.instance {
            document.serialize_field("instance", instance)?;
        }
        if !self.errors.is_empty() {
            document.serialize_field("errors", &self.errors)?;
        }
        if let Some(starts_at) = &self.starts_at {
            document.serialize_field("starts_at", starts_at)?;
        }
        if let Some(limit) = self.limit {
            document.serialize_field("limit", &limit)?;
        }
        document.end()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        // Strings and numbers only: this cannot fail, and an empty body would still carry the status.
        let body = serde_json::to_vec(self).unwrap_or_default();
        let mut response = HttpResponse::build(self.status);
        response.insert_header((CONTENT_TYPE, PROBLEM_JSON));
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if let Some(challenge) = self.challenge {
            response.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static(challenge)));
        }
        if let Some(allow) = self.allow {
            response.insert_header((ALLOW, HeaderValue::from_static(allow)));
        }
        response.body(body)
    }
}
