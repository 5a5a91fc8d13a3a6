//! `/docs`: the OpenAPI document, generated from the handlers, and a page to read and try it.

use std::borrow::Cow;

use utoipa::ToSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Content, InfoBuilder, OpenApi, OpenApiBuilder, RefOr};
use utoipa_swagger_ui::SwaggerUi;

use super::problem::{FieldError, PROBLEM_JSON, ProblemDocument};
use super::schemas;
use crate::platform::feature::Feature;

/// Where the document lies.
pub const DOCUMENT_PATH: &str = "/docs/openapi.json";

/// The document before any route.
pub fn base() -> OpenApi {
    let bearer = SecurityScheme::Http(
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some("A shopper's token")).build(),
    );
    let info = InfoBuilder::new().title("Mallcore").version(env!("CARGO_PKG_VERSION")).description(Some(
        "商城核心接口：秒杀、订单、商品。金额以分为单位的整数；时间为 RFC 3339（UTC）；错误为 RFC 9457 problem+json，程序以 `code` 为准。",
    ));
    OpenApiBuilder::new().info(info.build()).components(Some(ComponentsBuilder::new().security_scheme("bearer", bearer).build())).build()
}

/// The document with what all routes have in common, which no route has to say: the media type of problems and
/// the headers beside them, the codes of features' rules, and that bodies have no unknown fields.
pub fn complete(mut document: OpenApi, features: &[Feature]) -> OpenApi {
    let schemas = document.components.as_mut().map(|components| &mut components.schemas);
    let mut bodies = Vec::new();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
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

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = path;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}

fn complete_problem(status: &str, response: &mut Response) {
    if !response.content.values().any(|content| schema_name(content) == Some(&*ProblemDocument::name())) {
        return;
    }
    let media_type = PROBLEM_JSON;
    let media_type = media_type.to_str().unwrap_or_default();
    response.content = std::mem::take(&mut response.content).into_values().map(|content| (media_type.to_owned(), content)).collect();
    let (header, description, schema) = match status {
        "401" => ("WWW-Authenticate", "What is wrong with the token", schemas::text("Bearer( .*)?")),
        "429" | "503" => ("Retry-After", "Seconds to wait", schemas::whole_number(1, u64::from(u32::MAX))),
        _ => return,
    };
    let header_schema = HeaderBuilder::new().description(Some(description)).schema(Some(schema)).build();
    response.headers.insert(header.to_owned(), RefOr::T(header_schema));
}
