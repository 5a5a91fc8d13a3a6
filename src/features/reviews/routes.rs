//! `/orders/{id}/reviews`, `/products/{id}/reviews`, `/user/reviews`: written, read by everybody, and one's own.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post};
use mallcore_actors::ids::SkuId;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa_actix_web::service_config::ServiceConfig;

use super::handle::{NotWritten, Reviews};
use super::model::{STARS_MAX, Sort, Wanted};
use super::service::ReviewError;
use super::views::{OwnView, PendingView, ReviewPage, ReviewView, WriteBody};
use crate::features::catalog::{Catalog, Items};
use crate::features::orders::OrderRef;
use crate::platform::auth::Shopper;
use crate::platform::http::body::RawBody;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::query::Query;
use crate::platform::http::schemas;
use crate::platform::page::{Page, PageParameters};

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(of_product).service(write).service(pending).service(own);
}

impl From<NotWritten> for Problem {
    fn from(cause: NotWritten) -> Self {
        match cause {
            NotWritten::Review(ReviewError::Refused(refusal)) => refusal.into(),
            NotWritten::Review(ReviewError::Unknown(_) | ReviewError::Database(_) | ReviewError::Append(_)) => Self::database_unavailable(),
            NotWritten::Orders(cause) => cause.into(),
            NotWritten::Unavailable(cause) => cause.into(),
        }
    }
}

/// The parameters of a product's reviews.
#[derive(Debug)]
pub struct ReviewParameters;

impl IntoParams for ReviewParameters {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![
            schemas::query("stars", "Only with so many stars", schemas::whole_number(1, STARS_MAX.into())),
            schemas::query("with_pictures", "Only with pictures; the default is false", schemas::word(["false", "true"])),
            schemas::query("sort", "The order; the default is newest", schemas::word(Sort::ALL.map(Sort::name))),
        ];
        parameters.extend(PageParameters::into_params(place));
        parameters
    }
}

/// Review a line of a received order
///
/// One line a request: order and SKU are its key, so it takes no `Idempotency-Key`. The same review again gets the first answer; a review
/// cannot be changed. With moderation it is `pending`, and others see it once somebody of the shop has looked at it.
#[utoipa::path(
    tag = "reviews",
    operation_id = "reviews_write",
    request_body = WriteBody,
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 201, description = "The review", body = OwnView),
        (status = 200, description = "The review, as an earlier request wrote it", body = OwnView),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated, validation_failed (id)", body = ProblemDocument),
        (status = 404, description = "unknown_order, unknown_order_line: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "not_received, already_reviewed, review_closed", body = ProblemDocument),
        (status = 422, description = "validation_failed: each wrong field is named", body = ProblemDocument),
        (status = 503, description = "database_unavailable, warming", body = ProblemDocument),
    ),
)]
#[post("/orders/{id}/reviews")]
pub async fn write(
    body: RawBody,
    shopper: Shopper,
    order: PathId<OrderRef>,
    reviews: Provided<Reviews>,
    catalog: Provided<Catalog>,
) -> Result<HttpResponse, Problem> {
    let body: WriteBody = body.json()?;
    let sku = SkuId::new(body.sku_id).map_err(|_| Problem::field("sku_id", "out_of_range"))?;
    let written = reviews.write(shopper.0, order.0, sku, body.into()).await?;
    let status = if written.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let card = catalog.card(written.review.product);
    Ok(HttpResponse::build(status).json(OwnView::new(written.review, card)))
}

/// Reviews of a product
///
/// Those that are shown, with what all of them add up to. `total` counts those that are asked for; it is null where both filters are set.
#[utoipa::path(
    tag = "reviews",
    operation_id = "reviews_of_product",
    params(PathId::<u64>, ReviewParameters),
    responses(
        (status = 200, description = "A page", body = ReviewPage),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 404, description = "unknown_product: there is none, or it is off the shelf", body = ProblemDocument),
        (status = 503, description = "database_unavailable, warming", body = ProblemDocument),
    ),
)]
#[get("/products/{id}/reviews")]
pub async fn of_product(
    request: HttpRequest,
    product: PathId<u64>,
    reviews: Provided<Reviews>,
    catalog: Provided<Catalog>,
) -> Result<HttpResponse, Problem> {
    let mut query = Query::new(request.query_string(), &["stars", "with_pictures", "sort", "cursor", "size"]);
    let stars = query.number("stars", 1, STARS_MAX.into()).map(|stars| stars as u8);
    let with_pictures = query.word("with_pictures", |word| word.parse().ok()).unwrap_or(false);
    let sort = query.word("sort", Sort::of).unwrap_or(Sort::Newest);
    let (after, size) = (query.cursor(), query.size());
    query.finish()?;
    catalog.current()?.card(product.0).ok_or_else(|| Problem::unknown("unknown_product"))?;
    let found = reviews.of_product(product.0, Wanted { stars, with_pictures, sort, after }, size + 1).await?;
    let sums = reviews.ratings.of(product.0);
    let total = match (stars, with_pictures) {
        (None, false) => Some(sums.count),
        (None, true) => Some(sums.with_pictures),
        (Some(stars), false) => sums.by_stars.get(usize::from(stars) - 1).copied(),
        (Some(_), true) => None,
    };
    let page = Page::of(found.into_iter().map(ReviewView::from).collect(), size, total, |review| review.id);
    Ok(HttpResponse::Ok().json(ReviewPage { summary: sums.into(), page }))
}

/// The shopper's own reviews
///
/// Newest first, hidden ones too.
#[utoipa::path(
    tag = "reviews",
    operation_id = "reviews_own",
    params(PageParameters),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "A page", body = Page<OwnView>),
        (status = 400, description = "validation_failed: each wrong parameter is named; header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/user/reviews")]
pub async fn own(
    request: HttpRequest,
    shopper: Shopper,
    reviews: Provided<Reviews>,
    catalog: Provided<Catalog>,
) -> Result<HttpResponse, Problem> {
    let mut query = Query::new(request.query_string(), &["cursor", "size"]);
    let (before, size) = (query.cursor(), query.size());
    query.finish()?;
    let found = reviews.of_user(shopper.0, before, size + 1).await?;
    let shown = found.into_iter().map(|review| {
        let card = catalog.card(review.product);
        OwnView::new(review, card)
    });
    Ok(HttpResponse::Ok().json(Page::of(shown.collect(), size, None, |review| review.id)))
}

/// What the shopper can review
///
/// The lines without a review of the last 100 received orders that are not hidden, the newest order first.
#[utoipa::path(
    tag = "reviews",
    operation_id = "reviews_pending",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Orders with such lines", body = Items<PendingView>),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/user/reviews/pending")]
pub async fn pending(shopper: Shopper, reviews: Provided<Reviews>) -> Result<HttpResponse, Problem> {
    let pending = reviews.pending(shopper.0).await?;
    Ok(HttpResponse::Ok().json(Items { items: pending.into_iter().map(PendingView::from).collect() }))
}
