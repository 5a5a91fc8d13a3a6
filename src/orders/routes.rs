//! `/orders`: the shopper's own.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use mallcore_actors::ids::OrderId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{OrderRef, OrderView};
use crate::auth::Shopper;
use crate::http::path::PathId;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::query::Query;
use crate::http::state::State;
use crate::page::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page, PageParameters};

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(cancel).service(show).service(list);
}

/// The shopper's orders, newest first
///
/// Shows what was acknowledged before the request, whether or not the database has it yet.
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_list",
    params(PageParameters),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "A page", body = Page<OrderView>),
        (status = 400, description = "validation_failed (cursor, size), header_repeated", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/orders")]
pub async fn list(shopper: Shopper, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let mut query = Query::new(request.query_string(), &["cursor", "size"]);
    let after = query.cursor().and_then(|id| OrderId::new(id).ok());
    // The upper bound is itself a u32.
    let size = query.number("size", 1, u64::from(PAGE_SIZE_MAX)).map_or(PAGE_SIZE_DEFAULT, |size| size as u32);
    query.finish()?;
    Ok(HttpResponse::Ok().json(state.shop.orders(shopper.0, after, size).await?))
}

/// One of the shopper's orders
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_show",
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The order", body = OrderView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 404, description = "unknown_order: there is none, or it is another's", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/orders/{id}")]
pub async fn show(shopper: Shopper, order: PathId<OrderRef>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let order = state.shop.order(shopper.0, order.0).await?.ok_or_else(|| Problem::unknown("unknown_order"))?;
    Ok(HttpResponse::Ok().json(order))
}

/// Cancel an unpaid order
///
/// Its pieces are free again. Cancelling what is cancelled already answers the order as it stands.
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_cancel",
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The order, closed", body = OrderView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 404, description = "unknown_order: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "wrong_status: it is paid", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, warming, outcome_unknown, database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/orders/{id}/cancel")]
pub async fn cancel(shopper: Shopper, order: PathId<OrderRef>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let order = state.shop.cancel(shopper.0, order.0).await???;
    Ok(HttpResponse::Ok().json(order))
}
