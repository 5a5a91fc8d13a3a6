//! `/docs`: the OpenAPI document, generated from the handlers, and a page to read and try it.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_swagger_ui::SwaggerUi;

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

/// The page, with its assets in the binary.
pub fn page(document: OpenApi) -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").url(DOCUMENT_PATH, document)
}
