//! `/banners`: what is shown, what is behind it, and who clicked on it. No route here asks the database.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use mallcore_actors::banners::Visitor;
use mallcore_actors::ids::BannerId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::handle::Banners;
use super::products;
use super::views::BannerView;
use crate::features::catalog::{CardView, Catalog, Items, cards};
use crate::platform::auth::Shopper;
use crate::platform::http::cached::answer;
use crate::platform::http::client_address::bucket;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::state::State;
use crate::platform::page::{NumberedPage, PageNumber};

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(list).service(list_products).service(click);
}

/// Banners that are shown now
///
/// In the shop's order. A banner is there from its `start_time` until before its `end_time`.
#[utoipa::path(
    tag = "banners",
    operation_id = "banners_list",
    responses(
        (status = 200, description = "The banners", body = Items<BannerView>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/banners")]
pub async fn list(request: HttpRequest, banners: Provided<Banners>) -> Result<HttpResponse, Problem> {
    let shown = banners.current()?;
    Ok(answer(&request, shown.list.etag.clone(), || shown.list.body.clone()))
}

/// Products behind a banner
///
/// Those that its link names: a list chosen by hand, a category, a tag or recommendations, a single product.
#[utoipa::path(
    tag = "banners",
    operation_id = "banners_products",
    params(PathId::<BannerId>, PageNumber),
    responses(
        (status = 200, description = "A page", body = NumberedPage<CardView>),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 404, description = "unknown_banner: there is none, or it is not shown now", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/banners/{id}/products")]
pub async fn list_products(
    request: HttpRequest,
    id: PathId<BannerId>,
    banners: Provided<Banners>,
    catalog: Provided<Catalog>,
) -> Result<HttpResponse, Problem> {
    let page = PageNumber::parse(request.query_string())?;
    let (shown, snapshot) = (banners.current()?, catalog.current()?);
    let banner = shown.get(id.0).ok_or_else(|| Problem::unknown("unknown_banner"))?;
    let (entries, total) = products::page(banner, &snapshot, page);
    let rendered = cards::numbered(&products::cards(&entries), total, page);
    Ok(answer(&request, rendered.etag, || rendered.body))
}

/// A click on a banner
///
/// Counted a moment later, once a minute for each shopper with a good token, or for each address without one. A repeat is answered alike.
#[utoipa::path(
    tag = "banners",
    operation_id = "banners_click",
    params(PathId::<BannerId>),
    responses(
        (status = 204, description = "It is noted"),
        (status = 400, description = "validation_failed (id)", body = ProblemDocument),
        (status = 404, description = "unknown_banner: there is none, or it is not shown now", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[post("/banners/{id}/click")]
pub async fn click(
    request: HttpRequest,
    id: PathId<BannerId>,
    shopper: Option<Shopper>,
    state: web::Data<State>,
    banners: Provided<Banners>,
) -> Result<HttpResponse, Problem> {
    banners.current()?.get(id.0).ok_or_else(|| Problem::unknown("unknown_banner"))?;
    let address = || bucket(state.addresses.of(request.peer_addr(), request.headers()));
    let visitor = shopper.map_or_else(|| Visitor::Address(address()), |shopper| Visitor::Shopper(shopper.0));
    banners.click(visitor, id.0);
    Ok(HttpResponse::NoContent().finish())
}
