//! `/docs`: the OpenAPI document, generated from the handlers, and a page to read and try it.

use std::borrow::Cow;

use utoipa::ToSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Content, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr};
use utoipa_swagger_ui::SwaggerUi;

use super::expectation::{wants, wants_bearer};
use super::parameterless::has_query;
use super::problem::{FieldError, PROBLEM_JSON, ProblemDocument};
use super::schemas;
use crate::platform::feature::Feature;

/// Where the document lies.
pub const DOCUMENT_PATH: &str = "/docs/openapi.json";

/// The security scheme of administrators.
const ADMIN_SESSION: &str = "admin_session";

/// The document before any route.
pub fn base() -> OpenApi {
    let bearer = SecurityScheme::Http(
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some("A shopper's token")).build(),
    );
    let session = ApiKeyValue::with_description(
        "admin_session",
        "An administrator's session. Everything but GET also wants its CSRF token in the header `X-CSRF-Token`.",
    );
    let info = InfoBuilder::new().title("Mallcore").version(env!("CARGO_PKG_VERSION")).description(Some(
        "商城核心接口：秒杀、订单、商品。金额以分为单位的整数；时间为 RFC 3339（UTC）；错误为 RFC 9457 problem+json，程序以 `code` 为准。",
    ));
    let schemes = ComponentsBuilder::new().security_scheme("bearer", bearer);
    let schemes = schemes.security_scheme(ADMIN_SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    OpenApiBuilder::new().info(info.build()).components(Some(schemes.build())).build()
}

/// The document with what all routes have in common, which no route has to say: refusals that every route has, the media type of problems and
/// the headers beside them, the codes of features' rules, and that bodies have no unknown fields.
pub fn complete(mut document: OpenApi, features: &[Feature]) -> OpenApi {
    let schemas = document.components.as_mut().map(|components| &mut components.schemas);
    let mut bodies = Vec::new();
    for (changes, operation) in document.paths.paths.values_mut().flat_map(operations) {
        add_shared_refusals(operation, changes);
        if let Some(RefOr::T(body)) = &operation.request_body {
            bodies.extend(body.content.values().filter_map(schema_name).map(str::to_owned));
        }
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response {
                complete_problem(status, response);
            }
        }
    }
    let rules: Vec<&str> = features.iter().flat_map(|feature| feature.rules).map(|rule| rule.code).collect();
    for (name, schema) in schemas.into_iter().flatten() {
        let RefOr::T(Schema::Object(schema)) = schema else { continue };
        if bodies.contains(name) {
            // `fields` refuses them in every body.
            schema.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        if [ProblemDocument::name(), FieldError::name()].contains(&Cow::Borrowed(name))
            && let Some(RefOr::T(Schema::Object(code))) = schema.properties.get_mut("code")
        {
            code.enum_values.get_or_insert_default().extend(rules.iter().map(|rule| (*rule).into()));
        }
    }
    document
}

/// Refusals that come before an operation's own, with their codes. One that the operation describes itself is left as it is.
fn add_shared_refusals(operation: &mut Operation, changes: bool) {
    let is_tagged = |wanted: &str| operation.tags.iter().flatten().any(|tag| tag == wanted);
    // Probes are never told to wait.
    let (is_limited, is_of_shop) = (!is_tagged("health"), !is_tagged("health") && !is_tagged("demo"));
    let (with_body, with_token) = (operation.request_body.is_some(), wants_bearer(operation));
    let with_session = wants(operation, ADMIN_SESSION);
    if with_session && changes {
        let description = "The `csrf_token` of the log-in or the profile";
        let parameter = schemas::header("X-CSRF-Token", description, schemas::text("[0-9a-f]{64}"));
        operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
    }
    let shared = [
        ("401", with_session, "admin_signed_out"),
        ("403", with_session && changes, "csrf_token_invalid"),
        ("401", with_token, "token_missing, token_invalid, token_expired, token_revoked"),
        ("408", with_body, "body_timeout"),
        ("413", with_body, "body_too_large"),
        ("415", with_body, "content_encoding_unsupported"),
        ("429", is_limited, "rate_limited"),
    ];
    for (status, is_possible, codes) in shared {
        if is_possible && !operation.responses.responses.contains_key(status) {
            operation.responses.responses.insert(status.to_owned(), RefOr::T(problem(codes)));
        }
    }
    if is_of_shop && !has_query(operation) {
        add_unknown_parameters(operation);
    }
}

/// `parameterless` refuses every parameter of a query, where there are none.
fn add_unknown_parameters(operation: &mut Operation) {
    const CODE: &str = "validation_failed (query)";
    let described = operation.responses.responses.entry("400".to_owned()).or_insert_with(|| RefOr::T(problem("")));
    let RefOr::T(described) = described else { return };
    described.description = match &*described.description {
        "" => CODE.to_owned(),
        own => match own.split_once("validation_failed (") {
            Some((before, after)) => format!("{before}validation_failed (query/{after}"),
            None => format!("{CODE}, {own}"),
        },
    };
}

fn problem(codes: &str) -> Response {
    let schema = Ref::from_schema_name(ProblemDocument::name());
    ResponseBuilder::new().description(codes).content("application/json", ContentBuilder::new().schema(Some(schema)).build()).build()
}

/// The component that a body is described by.
fn schema_name(content: &RefOr<Content>) -> Option<&str> {
    match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) => schema.ref_location.strip_prefix("#/components/schemas/"),
        _ => None,
    }
}

/// The page, with its assets in the binary.
pub fn page(document: OpenApi, features: &[Feature]) -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").url(DOCUMENT_PATH, complete(document, features))
}

/// The operations of a path, each with whether it may change something.
fn operations(path: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = path;
    let looks = [get, options, head, trace].into_iter().flatten().map(|operation| (false, operation));
    looks.chain([put, post, delete, patch].into_iter().flatten().map(|operation| (true, operation)))
}

fn complete_problem(status: &str, response: &mut Response) {
    if !response.content.values().any(|content| schema_name(content) == Some(&*ProblemDocument::name())) {
        return;
    }
    let media_type = PROBLEM_JSON;
    let media_type = media_type.to_str().unwrap_or_default();
    response.content = std::mem::take(&mut response.content).into_values().map(|content| (media_type.to_owned(), content)).collect();
    let (header, description, schema) = match status {
        "401" => ("WWW-Authenticate", "What is wrong with the token or session", schemas::text("(Bearer|Cookie)( .*)?")),
        "429" | "503" => ("Retry-After", "Seconds to wait", schemas::whole_number(1, u64::from(u32::MAX))),
        _ => return,
    };
    let header_schema = HeaderBuilder::new().description(Some(description)).schema(Some(schema)).build();
    response.headers.insert(header.to_owned(), RefOr::T(header_schema));
}
