//! `/after-sales`: the shopper's own cases.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use mallcore_actors::after_sales::{Reason, Status, UNKNOWN_AFTER_SALE};
use mallcore_actors::ids::AfterSaleId;
use mallcore_actors::refusal::Refusal;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{ApplyBody, PreviewBody, ShipBody};
use super::handle::{AfterSales, NotDone};
use super::service::AfterSaleError;
use super::views::{AfterSaleView, DetailView, PreviewView, ReasonView};
use crate::features::catalog::Items;
use crate::platform::auth::Shopper;
use crate::platform::http::body::RawBody;
use crate::platform::http::idempotency::IdempotencyKey;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::query::Query;
use crate::platform::http::schemas;
use crate::platform::http::state::State;
use crate::platform::page::{Page, PageParameters};

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(preview).service(reasons).service(cancel).service(ship).service(show).service(list).service(apply);
}

impl From<AfterSaleError> for Problem {
    fn from(cause: AfterSaleError) -> Self {
        match cause {
            AfterSaleError::Refused(refusal) => refusal.into(),
            AfterSaleError::Outrun | AfterSaleError::Database(_) | AfterSaleError::Append(_) => Self::database_unavailable(),
        }
    }
}

impl From<NotDone> for Problem {
    fn from(cause: NotDone) -> Self {
        match cause {
            NotDone::AfterSale(cause) => cause.into(),
            NotDone::Orders(cause) => cause.into(),
        }
    }
}

/// Where the order is named in the body.
fn of_order(cause: NotDone) -> Problem {
    match cause {
        NotDone::AfterSale(AfterSaleError::Refused(Refusal::UnknownOrder)) => {
            Problem::new(StatusCode::NOT_FOUND, "unknown_order").naming("order_id", "unknown_order")
        }
        cause => cause.into(),
    }
}

/// The parameter that picks cases in one status, for the OpenAPI document.
struct StatusParameter;

impl IntoParams for StatusParameter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![schemas::query("status", "Only cases in this status", schemas::word(Status::ALL.map(Status::name)))]
    }
}

/// Why money can be wanted back
///
/// In the order in which shoppers read them.
#[utoipa::path(
    tag = "after-sales",
    operation_id = "after_sales_reasons",
    responses(
        (status = 200, description = "Each of them", body = Items<ReasonView>),
        (status = 429, description = "rate_limited", body = ProblemDocument),
    ),
)]
#[get("/after-sales/reasons")]
pub async fn reasons() -> HttpResponse {
    HttpResponse::Ok().json(Items { items: Reason::ALL.map(ReasonView::from).to_vec() })
}

/// What may be applied for, and what would go back
///
/// Nothing is promised: what goes back is what the order says when it refunds. Without `items` it is reckoned for all that is left.
#[utoipa::path(
    tag = "after-sales",
    operation_id = "after_sales_preview",
    request_body = PreviewBody,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "What is left of each line, and what would go back", body = PreviewView),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 404, description = "unknown_order, unknown_order_line: there is none, or it is another's", body = ProblemDocument),
        (status = 408, description = "body_timeout", body = ProblemDocument),
        (status = 409, description = "order_not_paid, after_sale_closed, after_sale_pieces", body = ProblemDocument),
        (status = 413, description = "body_too_large", body = ProblemDocument),
        (status = 415, description = "content_encoding_unsupported", body = ProblemDocument),
        (status = 422, description = "validation_failed: each wrong field is named", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/after-sales/preview")]
pub async fn preview(body: RawBody, shopper: Shopper, cases: Provided<AfterSales>) -> Result<HttpResponse, Problem> {
    let body: PreviewBody = body.json()?;
    let (order, pieces) = body.wanted()?;
    Ok(HttpResponse::Ok().json(PreviewView::from(cases.preview(shopper.0, order, pieces).await.map_err(of_order)?)))
}

/// Apply for money back
///
/// For pieces of a paid order, until some days after its receipt. The same key and body again gets its case as it stands. Pieces of a case
/// that was refused, cancelled or expired can be applied for again, in a new case.
#[utoipa::path(
    tag = "after-sales",
    operation_id = "after_sales_apply",
    request_body = ApplyBody,
    params(IdempotencyKey),
    security(("bearer" = [])),
    responses(
        (status = 201, description = "The case", body = AfterSaleView),
        (status = 200, description = "The case that an earlier attempt has applied for, as it stands", body = AfterSaleView),
        (status = 400, description = "malformed_json, body_unreadable, header_missing, header_invalid, header_repeated", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 404, description = "unknown_order, unknown_order_line: there is none, or it is another's", body = ProblemDocument),
        (status = 408, description = "body_timeout", body = ProblemDocument),
        (status = 409, description = "order_not_paid, after_sale_closed, after_sale_pieces, not_sent, too_many_after_sales", body = ProblemDocument),
        (status = 413, description = "body_too_large", body = ProblemDocument),
        (status = 415, description = "content_encoding_unsupported", body = ProblemDocument),
        (status = 422, description = "validation_failed, reason_unfit, idempotency_mismatch", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/after-sales")]
pub async fn apply(
    body: RawBody,
    shopper: Shopper,
    key: IdempotencyKey,
    cases: Provided<AfterSales>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let body: ApplyBody = body.json()?;
    let (order, application) = body.application(key.hash("after-sales"))?;
    let written = cases.apply(shopper.0, order, &application).await.map_err(of_order)?;
    let is_new = written.outbox.is_some();
    let view = AfterSaleView::from(written.after_sale);
    if !is_new {
        return Ok(HttpResponse::Ok().json(view));
    }
    let location = format!("{}/after-sales/{}", state.prefix, view.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(view))
}

/// The shopper's cases, newest first
#[utoipa::path(
    tag = "after-sales",
    operation_id = "after_sales_list",
    params(PageParameters, StatusParameter),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "A page", body = Page<AfterSaleView>),
        (status = 400, description = "validation_failed (cursor/size/status), header_repeated", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/after-sales")]
pub async fn list(shopper: Shopper, request: HttpRequest, cases: Provided<AfterSales>) -> Result<HttpResponse, Problem> {
    let mut query = Query::new(request.query_string(), &["cursor", "size", "status"]);
    let before = query.cursor();
    let size = query.size();
    let status = query.word("status", Status::of);
    query.finish()?;
    let found = cases.of_user(shopper.0, status, before, size + 1).await?;
    let items = found.into_iter().map(AfterSaleView::from).collect();
    Ok(HttpResponse::Ok().json(Page::of(items, size, None, |case| case.id)))
}

/// One of the shopper's cases, with what happened to it
#[utoipa::path(
    tag = "after-sales",
    operation_id = "after_sales_show",
    params(PathId::<AfterSaleId>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The case", body = DetailView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 404, description = "unknown_after_sale: there is none, or it is another's", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/after-sales/{id}")]
pub async fn show(shopper: Shopper, id: PathId<AfterSaleId>, cases: Provided<AfterSales>) -> Result<HttpResponse, Problem> {
    let found = cases.one(shopper.0, id.0).await?.ok_or(Refusal::Rule(&UNKNOWN_AFTER_SALE))?;
    Ok(HttpResponse::Ok().json(DetailView::from(found)))
}

/// Take an application back
///
/// Until the goods were sent, or the refund was approved. Cancelling what is cancelled already answers the case as it stands.
#[utoipa::path(
    tag = "after-sales",
    operation_id = "after_sales_cancel",
    params(PathId::<AfterSaleId>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The case, cancelled", body = AfterSaleView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 404, description = "unknown_after_sale: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "after_sale_status: it has gone too far", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/after-sales/{id}/cancel")]
pub async fn cancel(shopper: Shopper, id: PathId<AfterSaleId>, cases: Provided<AfterSales>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(AfterSaleView::from(cases.cancel(shopper.0, id.0).await?)))
}

/// Say with which parcel the goods come back
///
/// Once the return was approved. The same parcel again answers the case as it stands.
#[utoipa::path(
    tag = "after-sales",
    operation_id = "after_sales_ship",
    request_body = ShipBody,
    params(PathId::<AfterSaleId>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The case, returning", body = AfterSaleView),
        (status = 400, description = "malformed_json, body_unreadable, header_repeated, validation_failed (id)", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 404, description = "unknown_after_sale: there is none, or it is another's", body = ProblemDocument),
        (status = 408, description = "body_timeout", body = ProblemDocument),
        (status = 409, description = "after_sale_status: no goods are awaited", body = ProblemDocument),
        (status = 413, description = "body_too_large", body = ProblemDocument),
        (status = 415, description = "content_encoding_unsupported", body = ProblemDocument),
        (status = 422, description = "validation_failed: each wrong field is named", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/after-sales/{id}/ship")]
pub async fn ship(body: RawBody, shopper: Shopper, id: PathId<AfterSaleId>, cases: Provided<AfterSales>) -> Result<HttpResponse, Problem> {
    let body: ShipBody = body.json()?;
    let shipped = cases.ship(shopper.0, id.0, body.parcel()?).await?;
    Ok(HttpResponse::Ok().json(AfterSaleView::from(shipped)))
}
