//! `/orders/{id}/parcels`: the shopper's own.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::handle::Shipping;
use super::views::ParcelsView;
use crate::features::orders::OrderRef;
use crate::platform::auth::Shopper;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(parcels);
}

/// The parcels of an order, and where they are
///
/// A parcel's way is asked for at its carrier at most once in half an hour; while the tracking service does not answer, what was heard last is
/// shown. For goods that wait at the shop it has the code that the shopper shows there.
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_parcels",
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The parcels", body = ParcelsView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 401, description = "token_missing, token_invalid, token_expired", body = ProblemDocument),
        (status = 404, description = "unknown_order: there is none, or it is another's", body = ProblemDocument),
        (status = 429, description = "rate_limited", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/orders/{id}/parcels")]
pub async fn parcels(shopper: Shopper, order: PathId<OrderRef>, shipping: Provided<Shipping>) -> Result<HttpResponse, Problem> {
    let parcels = shipping.parcels(shopper.0, order.0).await?.ok_or_else(|| Problem::unknown("unknown_order"))?;
    Ok(HttpResponse::Ok().json(ParcelsView::from(parcels)))
}
