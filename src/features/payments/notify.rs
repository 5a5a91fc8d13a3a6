//! What WeChat Pay reports: payments and refunds. The raw bytes are verified before anything of them is parsed. A report that is right is
//! answered when what it says is durable; one that is wrong changes nothing, is counted, and is answered with a failure.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use tokio::time::timeout;

use super::attempts::Source;
use super::error::PaymentError;
use super::handle::Payments;
use super::{metrics, reading};
use crate::platform::error_chain;
use crate::platform::http::body::RawBody;
use crate::platform::http::problem::{Hint, Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::state::State;
use crate::platform::wechat::pay::{self, BadNotification, Notification, NotifyHeaders, WechatRefund, wall_clock};

/// WeChat Pay waits five seconds for the answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(4_500);

/// What became of a report.
enum Outcome {
    /// It is recorded.
    Recorded,
    /// It is wrong; the reason for metrics.
    Wrong(&'static str),
    /// It cannot be recorded now.
    Later,
}

/// WeChat Pay reports a payment
///
/// Called by WeChat Pay alone: nobody else can sign it.
#[utoipa::path(
    tag = "payments",
    operation_id = "payments_wechat_notify",
    request_body(content = String, content_type = "application/json", description = "As WeChat Pay signs and encrypts it"),
    responses(
        (status = 204, description = "Recorded, now or before"),
        (status = 403, description = "notification_unproven: the signature, or what is encrypted, is not WeChat Pay's", body = ProblemDocument),
        (status = 422, description = "notification_wrong: signed, and no payment of an order of this shop", body = ProblemDocument),
        (status = 400, description = "body_unreadable, header_repeated", body = ProblemDocument),
        (status = 413, description = "body_too_large: longer than 64 KiB", body = ProblemDocument),
        (status = 429, description = "rate_limited: too much from this address that WeChat Pay has not signed", body = ProblemDocument),
        (status = 503, description = "payment_unavailable: WeChat Pay sends it again", body = ProblemDocument),
    ),
)]
#[post("/payments/wechat/notify")]
pub async fn notify(
    body: RawBody,
    request: HttpRequest,
    payments: Provided<Payments>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    answered(&payments, &state, &request, body).await
}

/// WeChat Pay reports a refund
///
/// Called by WeChat Pay alone: nobody else can sign it.
#[utoipa::path(
    tag = "payments",
    operation_id = "payments_wechat_refund_notify",
    request_body(content = String, content_type = "application/json", description = "As WeChat Pay signs and encrypts it"),
    responses(
        (status = 204, description = "Recorded, now or before"),
        (status = 403, description = "notification_unproven: the signature, or what is encrypted, is not WeChat Pay's", body = ProblemDocument),
        (status = 422, description = "notification_wrong: signed, and no refund of this shop", body = ProblemDocument),
        (status = 400, description = "body_unreadable, header_repeated", body = ProblemDocument),
        (status = 413, description = "body_too_large: longer than 64 KiB", body = ProblemDocument),
        (status = 429, description = "rate_limited: too much from this address that WeChat Pay has not signed", body = ProblemDocument),
        (status = 503, description = "payment_unavailable: WeChat Pay sends it again", body = ProblemDocument),
    ),
)]
#[post("/payments/wechat/refund-notify")]
pub async fn refund_notify(
    body: RawBody,
    request: HttpRequest,
    payments: Provided<Payments>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    answered(&payments, &state, &request, body).await
}

/// WeChat Pay looks at the status alone: whatever is no success it sends again, for a day. It may send thousands at once; whoever has not
/// signed is bounded by its address.
async fn answered(payments: &Payments, state: &State, request: &HttpRequest, body: RawBody) -> Result<HttpResponse, Problem> {
    let unproven = |problem: Problem| state.take_from_address(request.peer_addr(), request.headers()).err().unwrap_or(problem);
    let body = body.bytes().map_err(unproven)?;
    let headers = NotifyHeaders::of(|name| request.headers().get(name)?.to_str().ok());
    match timeout(ANSWER_WITHIN, heard(payments, &headers, &body)).await.unwrap_or(Outcome::Later) {
        Outcome::Recorded => Ok(HttpResponse::NoContent().finish()),
        Outcome::Wrong(reason) => {
            metrics::REJECTED_TOTAL.with(&[("reason", reason)]).increment(1);
            Err(match reason {
                metrics::UNPROVEN => unproven(Problem::new(StatusCode::FORBIDDEN, "notification_unproven")),
                metrics::NO_MERCHANT => unproven(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "notification_wrong")),
                _ => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "notification_wrong"),
            })
        }
        Outcome::Later => {
            metrics::POSTPONED_TOTAL.get().increment(1);
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "payment_unavailable").hinting(Hint::RetryAfter(1)))
        }
    }
}

async fn heard(payments: &Payments, headers: &NotifyHeaders<'_>, body: &[u8]) -> Outcome {
    let Ok(wechat) = payments.wechat() else { return Outcome::Wrong(metrics::NO_MERCHANT) };
    match wechat.notification(headers, body, wall_clock()).await {
        Ok(Notification::Paid(trade)) => paid(payments, wechat, &trade).await,
        Ok(Notification::Refund(refund)) => refunded(payments, &refund).await,
        Err(bad) => {
            tracing::warn!("a notification is refused: {bad}");
            Outcome::Wrong(match bad {
                BadNotification::Unverified(_) | BadNotification::Encrypted(_) => metrics::UNPROVEN,
                BadNotification::Unreadable(_) => "unreadable",
                BadNotification::Event(_) => "event",
                BadNotification::OtherMerchant => "merchant",
            })
        }
    }
}

async fn paid(payments: &Payments, wechat: &pay::WechatPay, trade: &pay::Trade) -> Outcome {
    let (number, money) = match reading::money(trade, wechat) {
        Ok(read) => read,
        Err(bad) => {
            tracing::error!("a notification of WeChat Pay cannot be: {bad}");
            return Outcome::Wrong(bad.reason());
        }
    };
    let Some((user, order)) = reading::owner(trade.attach.as_deref()) else { return Outcome::Wrong("number") };
    match payments.orders.look(user, order).await {
        Ok(Ok(found)) if found.no == number.order => {}
        Ok(_) => {
            tracing::error!("WeChat Pay reports a payment of {number}, of which there is no order");
            return Outcome::Wrong("order");
        }
        Err(cause) => {
            tracing::warn!("a payment of {number} is taken up when it is reported again: {cause}");
            return Outcome::Later;
        }
    }
    match payments.take(Source::Notification, user, order, &money).await {
        Ok(_) => Outcome::Recorded,
        Err(PaymentError::Refused(refusal)) => Outcome::Wrong(refusal.code()),
        Err(error) => {
            tracing::warn!("a payment of {number} is taken up when it is reported again: {}", error_chain::of(&error));
            Outcome::Later
        }
    }
}

async fn refunded(payments: &Payments, refund: &WechatRefund) -> Outcome {
    match payments.refunded(refund).await {
        Ok(true) => Outcome::Recorded,
        Ok(false) => {
            tracing::error!("WeChat Pay reports refund {}, which is none of this shop, or another one", refund.out_refund_no);
            Outcome::Wrong("refund")
        }
        Err(error) => {
            tracing::warn!("refund {} is taken up when it is reported again: {}", refund.out_refund_no, error_chain::of(&error));
            Outcome::Later
        }
    }
}
