//! `/zones/…`: what was published last, as it lies in memory.

use actix_web::{HttpRequest, HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::handle::Zones;
use super::views::{HomepageView, ZoneView};
use crate::features::catalog::CardView;
use crate::features::catalog::snapshot::{Rendered, Zone};
use crate::platform::http::cached;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::page::{NumberedPage, PageNumber};

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(homepage).service(discount).service(hot).service(discount_products).service(hot_products);
}

fn answer(request: &HttpRequest, rendered: &Rendered) -> HttpResponse {
    cached::answer(request, rendered.etag.clone(), || rendered.body.clone())
}

fn page(request: &HttpRequest, zones: &Zones, zone: Zone) -> Result<HttpResponse, Problem> {
    let page = PageNumber::parse(request.query_string())?;
    Ok(answer(request, &zones.current()?.page(zone, page)))
}

/// Zones on the home page
///
/// The first three products of the discount zone and of the hot zone.
#[utoipa::path(
    tag = "zones",
    operation_id = "zones_homepage",
    responses(
        (status = 200, description = "Both zones", body = HomepageView),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/zones/homepage")]
pub async fn homepage(request: HttpRequest, zones: Provided<Zones>) -> Result<HttpResponse, Problem> {
    Ok(answer(&request, &zones.current()?.homepage))
}

/// The discount zone
///
/// With its first page: by the shop's weight, then the strongest discount first.
#[utoipa::path(
    tag = "zones",
    operation_id = "zones_discount",
    responses(
        (status = 200, description = "The zone", body = ZoneView),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/zones/discount")]
pub async fn discount(request: HttpRequest, zones: Provided<Zones>) -> Result<HttpResponse, Problem> {
    Ok(answer(&request, &zones.current()?.discount.head))
}

/// The hot zone
///
/// With its first page: by the shop's weight, then what sold most first.
#[utoipa::path(
    tag = "zones",
    operation_id = "zones_hot",
    responses(
        (status = 200, description = "The zone", body = ZoneView),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/zones/hot")]
pub async fn hot(request: HttpRequest, zones: Provided<Zones>) -> Result<HttpResponse, Problem> {
    Ok(answer(&request, &zones.current()?.hot.head))
}

/// Products of the discount zone
///
/// Page by page, in the zone's order.
#[utoipa::path(
    tag = "zones",
    operation_id = "zones_discount_products",
    params(PageNumber),
    responses(
        (status = 200, description = "A page", body = NumberedPage<CardView>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/zones/discount/products")]
pub async fn discount_products(request: HttpRequest, zones: Provided<Zones>) -> Result<HttpResponse, Problem> {
    page(&request, &zones, Zone::Discount)
}

/// Products of the hot zone
///
/// Page by page, in the zone's order.
#[utoipa::path(
    tag = "zones",
    operation_id = "zones_hot_products",
    params(PageNumber),
    responses(
        (status = 200, description = "A page", body = NumberedPage<CardView>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/zones/hot/products")]
pub async fn hot_products(request: HttpRequest, zones: Provided<Zones>) -> Result<HttpResponse, Problem> {
    page(&request, &zones, Zone::Hot)
}
