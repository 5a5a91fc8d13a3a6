//! `/orders/{id}/pay`, `/orders/{id}/payment` and `/orders/{id}/cancel`, which may have to end a payment first: the shopper's own.

use actix_web::{HttpResponse, get, post};
use mallcore_actors::orders::PAYMENT_OPEN;
use mallcore_actors::refusal::Refusal;
use utoipa_actix_web::service_config::ServiceConfig;

use super::handle::Payments;
use super::notify;
use super::views::{BegunView, StandingView};
use crate::features::orders::{OrderRef, OrderView, Orders};
use crate::platform::auth::Shopper;
use crate::platform::http::path::PathId;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(pay).service(payment).service(cancel).service(notify::refund_notify).service(notify::notify);
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

/// Cancel an unpaid order
///
/// Its pieces are free again. Cancelling what is cancelled already answers the order as it stands. Where somebody may be paying, WeChat Pay
/// ends that first, within eight seconds; if it does not, nothing has changed: `payment_open`.
#[utoipa::path(
    tag = "orders",
    operation_id = "orders_cancel",
    params(PathId::<OrderRef>),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The order, closed", body = OrderView),
        (status = 400, description = "validation_failed (id), header_repeated", body = ProblemDocument),
        (status = 404, description = "unknown_order: there is none, or it is another's", body = ProblemDocument),
        (status = 409, description = "wrong_status: it is paid; payment_open: a payment of it has not ended", body = ProblemDocument),
        (status = 503, description = "busy, journal_full, warming, outcome_unknown, database_unavailable, payment_unavailable", body = ProblemDocument),
    ),
)]
#[post("/orders/{id}/cancel")]
pub async fn cancel(
    shopper: Shopper,
    order: PathId<OrderRef>,
    orders: Provided<Orders>,
    payments: Provided<Payments>,
) -> Result<HttpResponse, Problem> {
    let named = order.0;
    let is_open = |answer: &Result<_, Refusal>| matches!(answer, Err(Refusal::Rule(rule)) if rule.code == PAYMENT_OPEN.code);
    let mut answer = orders.cancel(shopper.0, named).await??;
    if is_open(&answer)
        && let Some(id) = orders.id_of(shopper.0, named).await?
    {
        payments.end_attempt(shopper.0, id).await?;
        // Somebody who has begun another attempt meanwhile is not cut off.
        answer = orders.cancel(shopper.0, named).await??;
    }
    Ok(HttpResponse::Ok().json(answer?))
}
