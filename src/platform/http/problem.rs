//! Every "no" as an RFC 9457 problem document: this file alone maps refusals of the core, and what is unavailable, to status and code.
//! - P1 `code` is stable: clients decide by it. `title` and `detail` are for people, Chinese first.
//! - P2 A validation error names every field that is wrong.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, ResponseError};
use mallcore_actors::refusal::{Refusal, Rule, RuleClass, Unavailable};
use serde::Serialize;
use utoipa::ToSchema;

use super::admission::Overflow;
use super::{schemas, wording};
use crate::platform::auth::TokenError;
use crate::platform::reads::StoreError;
use crate::platform::rfc3339::Rfc3339;

/// The media type of RFC 9457.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

thread_local! {
    /// Bodies of problems that are nothing but their code, of which there are few.
    static PLAIN: RefCell<Vec<(&'static str, StatusCode, Bytes)>> = const { RefCell::new(Vec::new()) };
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field of the body, parameter of the query or path, or header.
    pub field: Cow<'static, str>,
    /// What is wrong, for programs.
    #[schema(schema_with = schemas::problem_code, required = true)]
    pub code: &'static str,
    /// What is wrong, for people.
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
}

/// What HTTP says beside the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// `Retry-After`, in seconds.
    RetryAfter(u32),
    /// Content of the header `WWW-Authenticate`.
    Challenge(&'static str),
    /// Content of the header `Allow`.
    Allow(&'static str),
    /// `Accept-Encoding`: the content codings that a body may have.
    AcceptEncoding(&'static str),
}

/// What a refusal tells beside its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// When the sale begins.
    StartsAt(Rfc3339),
    /// How many are allowed.
    Limit(u32),
    /// The words of an aggregate's own rule, whose code `wording` does not know.
    Words(&'static Rule),
    /// What the order costs now.
    Quote(Box<serde_json::Value>),
}

/// A "no" on its way out; small, because it is the other half of every result.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Status code of the answer.
    pub status: StatusCode,
    /// What happened, for programs.
    pub code: &'static str,
    /// What happened, where the words of the code do not say enough.
    pub detail: Option<Box<str>>,
    /// The id under which our log has it.
    pub instance: Option<Box<str>>,
    /// The fields that are wrong.
    pub errors: Vec<FieldError>,
    /// What else there is to know.
    pub fact: Option<Fact>,
    /// What the caller should do.
    pub hint: Option<Hint>,
}

/// A problem document, as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument<'a> {
    /// `urn:mallcore:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:mallcore:problem:sold_out")]
    kind: String,
    /// What happened, in two words.
    #[schema(value_type = String, example = "已售罄 / Sold out")]
    title: &'a str,
    /// Status code of the answer.
    #[schema(example = 409)]
    status: u16,
    /// What happened, for programs.
    #[schema(schema_with = schemas::problem_code, required = true, example = "sold_out")]
    code: &'a str,
    /// What happened, in a sentence.
    #[schema(value_type = String)]
    detail: &'a str,
    /// Which occurrence: the id under which our log has it. Only where there is a line in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    instance: Option<&'a str>,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(value_type = Vec<FieldError>, required = false)]
    errors: &'a [FieldError],
    /// With `not_started`: when the sale begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<Rfc3339>,
    /// With `purchase_limit`, `too_many_unpaid` and `too_many_addresses`: how many are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    /// With `price_changed`: what the order costs now, as `POST /v1/orders/preview` tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    quote: Option<&'a serde_json::Value>,
}

impl Problem {
    /// A problem with the words that belong to its code.
    pub const fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, detail: None, instance: None, errors: Vec::new(), fact: None, hint: None }
    }

    /// The same with another sentence.
    pub fn because(mut self, detail: String) -> Self {
        self.detail = Some(detail.into_boxed_str());
        self
    }

    /// 405, with the methods that there are.
    pub fn method_not_allowed(methods: &'static str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").hinting(Hint::Allow(methods))
    }

    /// The same with what the caller should do.
    pub fn hinting(mut self, hint: Hint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The same with what else there is to know.
    pub fn stating(mut self, fact: Fact) -> Self {
        self.fact = Some(fact);
        self
    }

    /// The same with what the order costs now.
    pub fn quoting(mut self, quote: serde_json::Value) -> Self {
        self.fact = Some(Fact::Quote(Box::new(quote)));
        self
    }

    /// The same, naming a field.
    pub fn naming(mut self, field: impl Into<Cow<'static, str>>, code: &'static str) -> Self {
        self.errors.push(FieldError { field: field.into(), code, detail: Cow::Borrowed(wording::of(code).1) });
        self
    }

    /// The same, naming a field in words of its own.
    pub fn naming_because(mut self, field: impl Into<Cow<'static, str>>, code: &'static str, detail: &'static str) -> Self {
        self.errors.push(FieldError { field: field.into(), code, detail: Cow::Borrowed(detail) });
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

    /// One field has a value that cannot be (422), in words that tell what is wanted.
    pub fn invalid(field: &'static str, wanted: &'static str) -> Self {
        Self::fields(Vec::new()).naming_because(field, "invalid", wanted)
    }

    /// There is no such thing, or it is another's (404).
    pub fn unknown(code: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code).naming("id", code)
    }

    /// Our own mistake (500); logged here, once, under the id that the answer shows.
    pub fn internal(what: &str) -> Self {
        let instance = format!("urn:uuid:{}", uuid::Uuid::new_v4());
        tracing::error!(instance, "a request failed: {what}");
        Self { instance: Some(instance.into_boxed_str()), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal") }
    }

    /// Wait for so many seconds (429).
    pub fn too_many_requests(retry_after_seconds: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited").hinting(Hint::RetryAfter(retry_after_seconds))
    }

    /// An aggregate's own refusal, in its own words.
    fn of_rule(rule: &'static Rule) -> Self {
        let status = match rule.class {
            RuleClass::Missing => StatusCode::NOT_FOUND,
            RuleClass::Conflict => StatusCode::CONFLICT,
            RuleClass::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, rule.code).stating(Fact::Words(rule))
    }

    /// The database did not answer (503).
    pub fn database_unavailable() -> Self {
        Self::unavailable("database_unavailable", 5)
    }

    /// The connection is beyond a limit of connections, and not for a health check.
    pub(super) fn overflow(limit: Overflow) -> Self {
        match limit {
            Overflow::All => Self::unavailable("connections_full", 1),
            Overflow::Address => Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_connections").hinting(Hint::RetryAfter(1)),
        }
    }

    fn unavailable(code: &'static str, retry_after_seconds: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code).hinting(Hint::RetryAfter(retry_after_seconds))
    }

    /// The document's bytes. Those of a problem that tells nothing but its code, such as `sold_out`, are rendered once a thread: a flash
    /// sale answers little else.
    pub(super) fn body(&self) -> Bytes {
        let has_fact = !matches!(self.fact, None | Some(Fact::Words(_)));
        let is_plain = self.detail.is_none() && self.instance.is_none() && self.errors.is_empty() && !has_fact;
        if !is_plain {
            return self.render();
        }
        PLAIN.with_borrow_mut(|plain| match plain.iter().find(|(code, status, _)| *code == self.code && *status == self.status) {
            Some((.., body)) => body.clone(),
            None => {
                let body = self.render();
                plain.push((self.code, self.status, body.clone()));
                body
            }
        })
    }

    fn render(&self) -> Bytes {
        // Strings and numbers only: this cannot fail, and an empty body would still carry the status.
        serde_json::to_vec(&self.document()).unwrap_or_default().into()
    }

    fn document(&self) -> ProblemDocument<'_> {
        let (title, detail) = match &self.fact {
            Some(Fact::Words(rule)) => (rule.title, rule.detail),
            _ => wording::of(self.code),
        };
        let (mut starts_at, mut limit, mut quote) = (None, None, None);
        match &self.fact {
            Some(Fact::StartsAt(at)) => starts_at = Some(*at),
            Some(Fact::Limit(most)) => limit = Some(*most),
            Some(Fact::Words(_)) | None => {}
            Some(Fact::Quote(now)) => quote = Some(&**now),
        }
        ProblemDocument {
            kind: ["urn:mallcore:problem:", self.code].concat(),
            title,
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail.as_deref().unwrap_or(detail),
            instance: self.instance.as_deref(),
            errors: &self.errors,
            starts_at,
            limit,
            quote,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code();
        match refusal {
            Refusal::Rule(rule) => Self::of_rule(rule),
            Refusal::UnknownItem | Refusal::UnknownOrder => Self::unknown(code),
            Refusal::IdempotencyMismatch => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code).naming("Idempotency-Key", code),
            Refusal::NotStarted { starts_at } => Self::new(StatusCode::CONFLICT, code).stating(Fact::StartsAt(starts_at.into())),
            Refusal::PurchaseLimit { limit } | Refusal::TooManyUnpaid { limit } => {
                Self::new(StatusCode::CONFLICT, code).stating(Fact::Limit(limit))
            }
            Refusal::SoldOut | Refusal::Ended | Refusal::WrongStatus | Refusal::NotDue | Refusal::OffSale => {
                Self::new(StatusCode::CONFLICT, code)
            }
            Refusal::OrderClosed | Refusal::AlreadyPaid | Refusal::AmountMismatch { .. } => Self::new(StatusCode::CONFLICT, code),
            Refusal::ExceedsOrder | Refusal::TooManyParts { .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code),
            Refusal::InsufficientStock { .. } | Refusal::VersionMismatch { .. } | Refusal::TooMuchStock { .. } => {
                Self::new(StatusCode::CONFLICT, code)
            }
        }
    }
}

impl From<Unavailable> for Problem {
    fn from(cause: Unavailable) -> Self {
        // A full mailbox is empty again within milliseconds; a full journal or budget waits for its projections.
        let retry_after_seconds = match cause {
            Unavailable::JournalFull | Unavailable::LagFull => 10,
            Unavailable::LagShed => 2,
            Unavailable::Busy | Unavailable::Warming | Unavailable::OutcomeUnknown => 1,
        };
        Self::unavailable(cause.code(), retry_after_seconds)
    }
}

impl From<StoreError> for Problem {
    fn from(_: StoreError) -> Self {
        Self::database_unavailable()
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        let (code, challenge) = match error {
            TokenError::Expired => ("token_expired", "Bearer error=\"invalid_token\", error_description=\"expired\""),
            TokenError::Revoked => ("token_revoked", "Bearer error=\"invalid_token\", error_description=\"revoked\""),
            TokenError::Invalid => ("token_invalid", "Bearer error=\"invalid_token\""),
        };
        Self::new(StatusCode::UNAUTHORIZED, code).naming("Authorization", code).hinting(Hint::Challenge(challenge))
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
        let body = self.body();
        let mut response = HttpResponse::build(self.status);
        response.insert_header((CONTENT_TYPE, PROBLEM_JSON));
        match self.hint {
            Some(Hint::RetryAfter(seconds)) => response.insert_header((RETRY_AFTER, HeaderValue::from(seconds))),
            Some(Hint::Challenge(challenge)) => response.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static(challenge))),
            Some(Hint::AcceptEncoding(codings)) => response.insert_header((ACCEPT_ENCODING, HeaderValue::from_static(codings))),
            Some(Hint::Allow(methods)) => response.insert_header((ALLOW, HeaderValue::from_static(methods))),
            None => &mut response,
        };
        response.body(body)
    }
}
