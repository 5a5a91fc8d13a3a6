//! `/recommendations`, `/products/{id}/related`: from memory; no answer waits for the database for long.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa_actix_web::service_config::ServiceConfig;

use super::Recommendations;
use crate::features::catalog::snapshot::{etag, hash};
use crate::features::catalog::{CardView, Catalog, Items};
use crate::platform::auth::Shopper;
use crate::platform::http::cached::answer;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::query::Query;
use crate::platform::http::schemas;

/// Products of one answer, at most.
const SIZE_MAX: u64 = 50;
/// Products of an answer whose reader did not say.
const SIZE_DEFAULT: u64 = 10;
/// One shopper's own: nobody else may keep it.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(related).service(liked);
}

/// The parameter of both lists.
#[derive(Debug)]
pub struct SizeParameter;

impl IntoParams for SizeParameter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let size = schemas::whole_number(1, SIZE_MAX).default(Some(SIZE_DEFAULT.into()));
        vec![schemas::query("size", "Products at most; the default is 10", size)]
    }
}

fn size(request: &HttpRequest) -> Result<usize, Problem> {
    let mut query = Query::new(request.query_string(), &["size"]);
    let size = query.number("size", 1, SIZE_MAX).unwrap_or(SIZE_DEFAULT);
    query.finish()?;
    Ok(size as usize)
}

/// What is bought together with a product
///
/// By the paid orders of the last months, filled up with what its category sells, by sales and rating. Only what can be bought now, and never
/// the product itself.
#[utoipa::path(
    tag = "recommendations",
    operation_id = "products_related",
    params(PathId::<u64>, SizeParameter),
    responses(
        (status = 200, description = "The products, the best first", body = Items<CardView>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 404, description = "unknown_product: there is none, or it is off the shelf", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/products/{id}/related")]
pub async fn related(
    request: HttpRequest,
    product: PathId<u64>,
    catalog: Provided<Catalog>,
    recommendations: Provided<Recommendations>,
) -> Result<HttpResponse, Problem> {
    let size = size(&request)?;
    let snapshot = catalog.current()?;
    snapshot.card(product.0).ok_or_else(|| Problem::unknown("unknown_product"))?;
    let body = recommendations.related(&snapshot, product.0, size);
    Ok(answer(&request, etag(hash(&body)), || body.clone()))
}

/// What the shopper may like
///
/// With a good token: what is bought together with what the shopper has looked at, kept and bought, and what sells in its categories; without
/// one, or for somebody who is new, what sells and is rated best. Only what can be bought now, each product once.
#[utoipa::path(
    tag = "recommendations",
    operation_id = "recommendations_list",
    params(SizeParameter),
    responses(
        (status = 200, description = "The products, the best first", body = Items<CardView>),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/recommendations")]
pub async fn liked(
    request: HttpRequest,
    shopper: Option<Shopper>,
    catalog: Provided<Catalog>,
    recommendations: Provided<Recommendations>,
) -> Result<HttpResponse, Problem> {
    let size = size(&request)?;
    let snapshot = catalog.current()?;
    let body = match shopper {
        Some(shopper) => recommendations.liked_by(shopper.0, &snapshot, size).await,
        None => recommendations.popular(&snapshot, size),
    };
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, JSON)).insert_header((CACHE_CONTROL, PRIVATE)).body(body))
}
