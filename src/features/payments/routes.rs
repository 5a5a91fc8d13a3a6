//! `/orders/{id}/pay` and `/orders/{id}/payment`: the shopper's own.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::handle::Payments;
use super::notify;
use super::views::{BegunView, StandingView};
use crate::features::orders::{OrderRef, Orders};
use crate::platform::auth::Shopper;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(pay).service(payment).service(notify::refund_notify).service(notify::notify);
}

/// Begin to pay an order
///
/// Answers the arguments of `wx.requestPayment`. Repeating it goes on with the same attempt, so nobody pays twice; the order is paid once
/// WeChat Pay has reported it, which `GET /v1/orders/{id}/payment` shows. An order that costs nothing is paid at once. While an attempt is open
/// the order is not closed: neither by its time nor by cancelling before WeChat Pay has ended the attempt.
#[utoipa::path(
    tag = "payments",
    operation_id = "payments_pay",
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "What the cashier is given", body = BegunView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_order: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "order_closed, already_paid, payer_unknown, too_many_attempts, payment_open: an attempt that cannot go on has not ended yet", body = ProblemDocument),
        (status = 503, description = "payment_unavailable, journal_full, warming, outcome_unknown, database_unavailable", body = ProblemDocument),
    ),
)]
#[post("/orders/{id}/pay")]
pub async fn pay(
    shopper: Shopper,
    order: PathId<OrderRef>,
    orders: Provided<Orders>,
    payments: Provided<Payments>,
) -> Result<HttpResponse, Problem> {
    let id = orders.id_of(shopper.0, order.0).await?.ok_or_else(|| Problem::unknown("unknown_order"))?;
    let begun = payments.pay(shopper.0, id).await?;
    Ok(HttpResponse::Ok().json(BegunView::from(begun)))
}

/// How the payment of an order stands
///
/// While an attempt is open WeChat Pay is asked, at most once a second for each order: call it when the shopper returns from the cashier.
#[utoipa::path(
    tag = "payments",
    operation_id = "payments_show",
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "How it stands", body = StandingView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_order: there is none, or it is another's", body = ProblemDocument),
        (status = 503, description = "warming, outcome_unknown, database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/orders/{id}/payment")]
pub async fn payment(
    shopper: Shopper,
    order: PathId<OrderRef>,
    orders: Provided<Orders>,
    payments: Provided<Payments>,
) -> Result<HttpResponse, Problem> {
    let id = orders.id_of(shopper.0, order.0).await?.ok_or_else(|| Problem::unknown("unknown_order"))?;
    let (order, refunds) = payments.stands(shopper.0, id).await?;
    Ok(HttpResponse::Ok().json(StandingView::new(&order, &refunds)))
}
