//! `/products`: what the shop has.

use actix_web::{HttpRequest, HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Catalog, ProductQuery, ProductView};
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::page::Page;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(show).service(list);
}

/// Products on sale
#[utoipa::path(
    tag = "catalog",
    operation_id = "products_list",
    params(ProductQuery),
    responses(
        (status = 200, description = "A page", body = Page<ProductView>),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/products")]
pub async fn list(request: HttpRequest, catalog: Provided<Catalog>) -> Result<HttpResponse, Problem> {
    let query = ProductQuery::parse(request.query_string())?;
    Ok(HttpResponse::Ok().json(catalog.products(query).await?))
}

/// One product
#[utoipa::path(
    tag = "catalog",
    operation_id = "products_show",
    params(PathId::<u64>),
    responses(
        (status = 200, description = "The product", body = ProductView),
        (status = 400, description = "validation_failed (id)", body = ProblemDocument),
        (status = 404, description = "unknown_product: there is none, or it is off the shelf", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/products/{id}")]
pub async fn show(id: PathId<u64>, catalog: Provided<Catalog>) -> Result<HttpResponse, Problem> {
    let product = catalog.product(id.0).await?.ok_or_else(|| Problem::unknown("unknown_product"))?;
    Ok(HttpResponse::Ok().json(product))
}
