//! `/orders`: the shopper's own.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use mallcore_actors::ids::OrderId;
use mallcore_actors::orders::Status;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa_actix_web::service_config::ServiceConfig;

use super::checkout;
use super::{OrderDetail, OrderRef, OrderView, Orders};
use crate::features::addresses::{AddressError, Addresses};
use crate::platform::auth::Shopper;
use crate::platform::error_chain;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::query::Query;
use crate::platform::http::schemas;
use crate::platform::page::{Page, PageParameters};

/// The parameter that picks orders of one status, for the OpenAPI document.
struct OrderStatusParameter;

impl IntoParams for OrderStatusParameter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let pattern = Status::ALL.map(Status::name).join("|");
        vec![schemas::query("status", "Only orders of this status", schemas::text(&format!("({pattern})")))]
    }
}

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(checkout::preview).service(counts).service(confirm).service(show).service(hide).service(list);
    routes.service(checkout::create);
}

/// The shopper's orders, newest first
///
/// Shows what was acknowledged before the request, whether or not the database has it yet.
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_list",
    params(PageParameters, OrderStatusParameter),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "A page", body = Page<OrderView>),
        (status = 400, description = "validation_failed (cursor/size/status), header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/orders")]
pub async fn list(shopper: Shopper, request: HttpRequest, orders: Provided<Orders>) -> Result<HttpResponse, Problem> {
    let mut query = Query::new(request.query_string(), &["cursor", "size", "status"]);
    let after = query.cursor().and_then(|id| OrderId::new(id).ok());
    let size = query.size();
    let status = query.word("status", |word| Status::ALL.into_iter().find(|status| status.name() == word));
    query.finish()?;
    Ok(HttpResponse::Ok().json(orders.page(shopper.0, status, after, size).await?))
}

/// One of the shopper's orders
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_show",
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The order", body = OrderDetail),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_order: there is none, or it is another's", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/orders/{id}")]
pub async fn show(
    shopper: Shopper,
    order: PathId<OrderRef>,
    orders: Provided<Orders>,
    addresses: Provided<Addresses>,
) -> Result<HttpResponse, Problem> {
    let mut order = orders.detail(shopper.0, order.0).await?.ok_or_else(|| Problem::unknown("unknown_order"))?;
    if let Some((request, snapshot)) = &order.sealed_delivery {
        match addresses.delivered(shopper.0, *request, snapshot).await {
            Ok(None) => {}
            Ok(Some(delivered)) => {
                order.remark = delivered.remark().map(str::to_owned).or(order.remark);
                order.delivery = Some(delivered.view());
            }
            // The order is shown all the same; its address is there again with the database, or with the right keys.
            Err(AddressError::Vault(cause)) if cause.is_transient() => {}
            Err(error) => {
                tracing::error!("the address of order {} cannot be opened: {}", order.order.order_no, error_chain::of(&error));
            }
        }
    }
    Ok(HttpResponse::Ok().json(order))
}

/// How many orders the shopper has, by status
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_counts",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "A number for each status; hidden orders are not counted", body = BTreeMap<String, u64>),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/orders/counts")]
pub async fn counts(shopper: Shopper, orders: Provided<Orders>) -> Result<HttpResponse, Problem> {
    let counts = orders.counts(shopper.0).await?;
    let by_name = Status::ALL.into_iter().map(|status| (status.name(), counts.get(&status).copied().unwrap_or_default()));
    Ok(HttpResponse::Ok().json(by_name.collect::<BTreeMap<_, _>>()))
}

/// Confirm that an order was received
///
/// Confirming what is confirmed already answers the order as it stands.
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_confirm",
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The order, completed", body = OrderView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_order: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "wrong_status: it is not on its way", body = ProblemDocument),
        (status = 503, description = "journal_full, warming, outcome_unknown, database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/orders/{id}/confirm")]
pub async fn confirm(shopper: Shopper, order: PathId<OrderRef>, orders: Provided<Orders>) -> Result<HttpResponse, Problem> {
    let order = orders.confirm_receipt(shopper.0, order.0).await???;
    Ok(HttpResponse::Ok().json(order))
}

/// Hide an order from the shopper's list
///
/// It is still found by its id. Hiding what is hidden changes nothing.
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_hide",
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 204, description = "Hidden"),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_order: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "wrong_status: something may still happen to it", body = ProblemDocument),
        (status = 503, description = "journal_full, warming, outcome_unknown, database_unavailable", body = ProblemDocument),
    ),
)]
#[delete("/orders/{id}")]
pub async fn hide(shopper: Shopper, order: PathId<OrderRef>, orders: Provided<Orders>) -> Result<HttpResponse, Problem> {
    orders.hide(shopper.0, order.0).await???;
    Ok(HttpResponse::NoContent().finish())
}
