//! Routes that WeChat Pay does not have: the shopper's side of a payment, and what goes wrong.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::web::{self, Bytes, Data, Json, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::{Order, Refund};
use super::faults::Faults;
use super::requests::Refusal;
use super::service::{Failed, PaySandbox};
use super::{api, notify, page};
use crate::platform::wechat::pay::{RefundState, TradeState, cashier_message};

/// Adds the routes, and begins to send notifications.
pub fn configure(routes: &mut ServiceConfig, sandbox: &Arc<PaySandbox>) {
    routes
        .app_data(Data::from(Arc::clone(sandbox)))
        .route("/v3/{path:.*}", web::route().to(api::answer))
        .route("/pay/{prepay_id}", web::get().to(show))
        .route("/pay/{prepay_id}", web::post().to(act))
        .route("/sandbox/request-payment", web::post().to(request_payment))
        .route("/sandbox/faults", web::get().to(faults))
        .route("/sandbox/faults", web::post().to(set_faults))
        .route("/sandbox/certificates", web::post().to(change_certificate))
        .route("/sandbox/refunds/{out_refund_no}", web::post().to(end_refund));
    let waiting = sandbox.waiting.lock().take();
    if let Some(waiting) = waiting {
        sandbox.resume();
        actix_web::rt::spawn(notify::run(Arc::clone(sandbox), waiting));
    }
}

/// What a shopper does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    /// Pays the order.
    Confirm,
    /// Goes away; the order can be paid later.
    Abandon,
    /// Opens the cashier, and is about to enter the password.
    Begin,
    /// Enters a wrong password.
    Fail,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    action: Action,
}

/// What a shopper sees of an order.
#[derive(Serialize)]
struct Shown {
    out_trade_no: String,
    total: u64,
    state: TradeState,
}

fn shown(sandbox: &PaySandbox, prepay_id: &str) -> Result<(Shown, String), Failed> {
    let number = sandbox.look(|books| books.order_prepaid(prepay_id).map(|order| order.made.out_trade_no.clone()));
    let order = number.map(|number| sandbox.order(&number)).transpose()?.flatten();
    let order = order.ok_or_else(|| Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在"))?;
    Ok((Shown { out_trade_no: order.made.out_trade_no, total: order.made.total, state: order.state }, order.made.description))
}

async fn show(sandbox: Data<PaySandbox>, prepay_id: Path<String>) -> HttpResponse {
    match shown(&sandbox, &prepay_id) {
        Ok((order, description)) => {
            let html = page::render(&prepay_id, &order.out_trade_no, &description, order.total, order.state);
            HttpResponse::Ok().insert_header((CONTENT_SECURITY_POLICY, page::POLICY)).content_type("text/html; charset=utf-8").body(html)
        }
        Err(failed) => refuse(failed),
    }
}

/// By the page's form or by JSON: `{"action": "confirm"}`.
async fn act(request: HttpRequest, body: Bytes, sandbox: Data<PaySandbox>, prepay_id: Path<String>) -> HttpResponse {
    let kind = request.headers().get("Content-Type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = kind.starts_with("application/x-www-form-urlencoded");
    let act: Result<Act, String> = if is_form { form(&body) } else { serde_json::from_slice(&body).map_err(|cause| cause.to_string()) };
    let act = match act {
        Ok(act) => act,
        Err(cause) => return refuse(Refusal::new(400, "PARAM_ERROR", &cause).into()),
    };
    let done = match act.action {
        Action::Confirm => sandbox.confirm(&prepay_id),
        Action::Begin => sandbox.begin(&prepay_id),
        Action::Fail => sandbox.fail(&prepay_id),
        Action::Abandon => Ok(()),
    };
    match done.and_then(|()| shown(&sandbox, &prepay_id)) {
        Ok(_) if is_form => HttpResponse::SeeOther().insert_header((LOCATION, format!("/pay/{prepay_id}"))).finish(),
        Ok((order, _)) => HttpResponse::Ok().json(order),
        Err(failed) => refuse(failed),
    }
}

fn form(body: &[u8]) -> Result<Act, String> {
    let fields: serde_json::Map<String, Value> =
        url::form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::from(value))).collect();
    serde_json::from_value(fields.into()).map_err(|cause| cause.to_string())
}

/// The arguments of `wx.requestPayment`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Requested {
    time_stamp: String,
    nonce_str: String,
    package: String,
    sign_type: String,
    pay_sign: String,
}

/// What the phone does with them: believes the merchant's signature, and shows the cashier.
async fn request_payment(sandbox: Data<PaySandbox>, requested: Json<Requested>) -> HttpResponse {
    let Requested { time_stamp, nonce_str, package, sign_type, pay_sign } = requested.into_inner();
    let message = cashier_message(&sandbox.appid, &time_stamp, &nonce_str, &package);
    if sign_type != "RSA" || !sandbox.keys.merchant_signed(&message, &pay_sign) {
        return refuse(Refusal::new(400, "SIGN_ERROR", "paySign 错误").into());
    }
    let prepay_id = package.strip_prefix("prepay_id=").unwrap_or_default();
    match shown(&sandbox, prepay_id) {
        Ok((order, _)) => HttpResponse::Ok().json(json!({ "page": format!("/pay/{prepay_id}"), "order": order })),
        Err(failed) => refuse(failed),
    }
}

async fn faults(sandbox: Data<PaySandbox>) -> HttpResponse {
    HttpResponse::Ok().json(sandbox.faults())
}

async fn set_faults(sandbox: Data<PaySandbox>, body: Bytes) -> HttpResponse {
    let faults: Result<Faults, String> = serde_json::from_slice(&body).map_err(|cause| cause.to_string());
    match faults.and_then(|faults| faults.fault().map_or(Ok(faults), |fault| Err(fault.to_owned()))) {
        Ok(faults) => {
            sandbox.set_faults(faults);
            HttpResponse::Ok().json(sandbox.faults())
        }
        Err(reason) => refuse(Refusal::new(400, "PARAM_ERROR", &reason).into()),
    }
}

async fn change_certificate(sandbox: Data<PaySandbox>) -> HttpResponse {
    match sandbox.change_certificate() {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(cause) => refuse(Failed::Disk(cause)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    state: RefundState,
}

/// What a person does at the merchant platform with a refund that is abnormal.
async fn end_refund(sandbox: Data<PaySandbox>, out_refund_no: Path<String>, end: Json<End>) -> HttpResponse {
    match sandbox.end_refund(&out_refund_no, end.state) {
        Ok(true) => HttpResponse::NoContent().finish(),
        Ok(false) => refuse(Refusal::new(409, "INVALID_REQUEST", "退款不存在或已结束").into()),
        Err(failed) => refuse(failed),
    }
}

impl PaySandbox {
    /// Ends a refund when its time has come.
    pub(super) fn finish_later(self: &Arc<Self>, refund: &Refund) {
        if refund.state != RefundState::Processing {
            return;
        }
        let (end, millis) = {
            let mut chance = self.chance.lock();
            (chance.next_refund(), chance.faults().refund_millis)
        };
        let (sandbox, number) = (Arc::clone(self), refund.asked.out_refund_no.clone());
        actix_web::rt::spawn(async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            if let Err(failed) = sandbox.end_refund(&number, end) {
                tracing::error!("the WeChat sandbox cannot end the refund {number}: {failed:?}");
            }
        });
    }

    /// Lets the delayed payment of an order that was closed arrive when its time has come.
    pub(super) fn arrive_later(self: &Arc<Self>, out_trade_no: &str) {
        let Some(millis) = self.look(|books| books.order(out_trade_no).and_then(Order::arrival_millis)) else { return };
        let (sandbox, number) = (Arc::clone(self), out_trade_no.to_owned());
        actix_web::rt::spawn(async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            if let Err(failed) = sandbox.arrive(&number) {
                tracing::error!("the WeChat sandbox cannot let the payment of {number} arrive: {failed:?}");
            }
        });
    }

    /// After a restart: delayed payments and refunds that were on their way go on.
    fn resume(self: &Arc<Self>) {
        let delayed: Vec<String> = self.look(|books| {
            let delayed = books.orders().filter(|order| order.arrival_millis().is_some());
            delayed.map(|order| order.made.out_trade_no.clone()).collect()
        });
        delayed.iter().for_each(|number| self.arrive_later(number));
        let refunds: Vec<Refund> = self.look(|books| books.refunds().cloned().collect());
        refunds.iter().for_each(|refund| self.finish_later(refund));
    }

    /// Pays an order without a shopper, if that is turned on.
    pub(super) fn pay_later(self: &Arc<Self>, prepay_id: &str) {
        let Some(millis) = self.faults().pay_after_millis else { return };
        let (sandbox, prepay_id) = (Arc::clone(self), prepay_id.to_owned());
        actix_web::rt::spawn(async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            if let Err(failed) = sandbox.confirm(&prepay_id) {
                tracing::info!("the WeChat sandbox cannot pay {prepay_id}: {failed:?}");
            }
        });
    }
}

fn refuse(failed: Failed) -> HttpResponse {
    let refusal = match failed {
        Failed::Refused(refusal) => refusal,
        Failed::Disk(cause) => Refusal::new(500, "SYSTEM_ERROR", &cause.to_string()),
    };
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    HttpResponse::build(status).json(json!({ "code": refusal.code, "message": refusal.message }))
}
