//! The routes of APIv3: who asks is checked by the signature, whatever is answered is signed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::faults::{AnswerFault, KeyMode};
use super::requests::{CloseBody, PrepayBody, RefundBody, Refusal};
use super::service::{Failed, MCHID, PaySandbox};
use super::{bill, checkout};
use crate::platform::auth::key::hex;
use crate::platform::wechat::pay::{SCHEME, WINDOW_SECONDS, answer_message, header, nonce, render_time, request_message, wall_clock};

/// What is answered before it is signed.
struct Said {
    status: u16,
    body: Vec<u8>,
}

impl Said {
    fn json(body: &Value) -> Self {
        Self { status: 200, body: body.to_string().into_bytes() }
    }

    fn refusal(refusal: &Refusal) -> Self {
        let body = json!({ "code": refusal.code, "message": refusal.message });
        Self { status: refusal.status, body: body.to_string().into_bytes() }
    }
}

/// Any request below `/v3/`.
pub async fn answer(request: HttpRequest, body: Bytes, sandbox: Data<PaySandbox>) -> HttpResponse {
    let fault = sandbox.chance.lock().next_answer();
    if let Some(AnswerFault::Delay { millis }) = fault {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
    let said = match &fault {
        Some(AnswerFault::Status { status, code }) => Said::refusal(&Refusal::new(*status, code, "沙箱按要求出错")),
        _ => match check(&request, &body, &sandbox).map_err(Failed::from).and_then(|()| decide(&request, &body, &sandbox)) {
            Ok(Reached::Answer(said)) => said,
            // Bills are not signed.
            Ok(Reached::File(bytes)) => return HttpResponse::Ok().content_type("application/octet-stream").body(bytes),
            Err(Failed::Refused(refusal)) => Said::refusal(&refusal),
            Err(Failed::Disk(cause)) => {
                tracing::error!("the WeChat sandbox cannot do it: {cause}");
                Said::refusal(&Refusal::new(500, "SYSTEM_ERROR", "系统错误"))
            }
        },
    };
    signed(&request, &sandbox, said, fault.as_ref()).unwrap_or_else(|_| HttpResponse::InternalServerError().finish())
}

fn signed(request: &HttpRequest, sandbox: &PaySandbox, said: Said, fault: Option<&AnswerFault>) -> io::Result<HttpResponse> {
    if fault == Some(&AnswerFault::Lost) {
        return Ok(HttpResponse::BadGateway().finish());
    }
    let status = StatusCode::from_u16(said.status).map_err(io::Error::other)?;
    let mut answer = HttpResponse::build(status);
    answer.content_type("application/json; charset=utf-8").insert_header(("Request-ID", nonce()));
    if fault != Some(&AnswerFault::Unsigned) {
        let wanted = request.headers().get(header::SERIAL).and_then(|value| value.to_str().ok());
        let signer = sandbox.signer(wanted)?;
        let skew = if let Some(AnswerFault::Clock { seconds }) = fault { *seconds } else { 0 };
        let timestamp = (wall_clock().millis() / 1_000).saturating_add_signed(skew).to_string();
        let nonce = nonce();
        let covered: &[u8] = if fault == Some(&AnswerFault::WrongSignature) { b"other bytes" } else { &said.body };
        let signature = signer.key.sign(&answer_message(&timestamp, &nonce, covered)).map_err(io::Error::other)?;
        let serial = if fault == Some(&AnswerFault::UnknownSerial) { "7777777777777777777777777777777777777777" } else { &signer.serial };
        answer.insert_header((header::SERIAL, serial)).insert_header((header::TIMESTAMP, timestamp)).insert_header((header::NONCE, nonce));
        answer.insert_header((header::SIGNATURE, signature)).insert_header((header::SIGNATURE_TYPE, SCHEME));
    }
    Ok(answer.body(said.body))
}

/// Whether the merchant has signed it, now.
fn check(request: &HttpRequest, body: &[u8], sandbox: &PaySandbox) -> Result<(), Refusal> {
    let refused = |message: &str| Refusal::new(401, "SIGN_ERROR", message);
    let authorization = request.headers().get("Authorization").and_then(|value| value.to_str().ok());
    let parameters =
        authorization.and_then(|text| text.strip_prefix(SCHEME)).ok_or_else(|| refused("缺少 Authorization，或签名类型错误"))?;
    let parameter = |name: &str| {
        let quoted = |part: &str| part.trim().strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"').map(str::to_owned);
        parameters.split(',').find_map(quoted).ok_or_else(|| refused(&format!("Authorization 缺少 {name}")))
    };
    let (mchid, nonce, seconds, serial) = (parameter("mchid")?, parameter("nonce_str")?, parameter("timestamp")?, parameter("serial_no")?);
    let signature = parameter("signature")?;
    let seconds: u64 = seconds.parse().map_err(|_| refused("timestamp 格式错误"))?;
    if mchid != MCHID || serial != sandbox.keys.merchant_serial() {
        return Err(refused("商户号或商户证书序列号错误"));
    }
    if seconds.abs_diff(wall_clock().millis() / 1_000) > WINDOW_SECONDS {
        return Err(refused("timestamp 与服务器时间相差过大"));
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let message = request_message(request.method().as_str(), target, seconds, &nonce, body);
    if sandbox.keys.merchant_signed(&message, &signature) {
        Ok(())
    } else {
        Err(refused("签名错误，请检查商户私钥与证书序列号"))
    }
}

enum Reached {
    Answer(Said),
    File(Vec<u8>),
}

fn decide(request: &HttpRequest, body: &[u8], sandbox: &Arc<PaySandbox>) -> Result<Reached, Failed> {
    let path: Vec<&str> = request.path().trim_matches('/').split('/').collect();
    let said = match (request.method().as_str(), path.as_slice()) {
        ("POST", ["v3", "pay", "transactions", "jsapi"]) => {
            let prepay_id = sandbox.prepay(&read::<PrepayBody>(body)?)?;
            sandbox.pay_later(&prepay_id);
            Said::json(&json!({ "prepay_id": prepay_id }))
        }
        ("GET", ["v3", "pay", "transactions", "out-trade-no", number]) => {
            own(&parameter(request, "mchid"))?;
            let order = sandbox.order(number)?.ok_or_else(|| Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在"))?;
            Said::json(&checkout::trade(&order, &sandbox.appid))
        }
        ("GET", ["v3", "pay", "transactions", "id", number]) => {
            own(&parameter(request, "mchid"))?;
            let order = sandbox.look(|books| books.order_paid(number).cloned());
            let order = order.ok_or_else(|| Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在"))?;
            Said::json(&checkout::trade(&order, &sandbox.appid))
        }
        ("POST", ["v3", "pay", "transactions", "out-trade-no", number, "close"]) => {
            own(&read::<CloseBody>(body)?.mchid)?;
            sandbox.close(number)?;
            sandbox.arrive_later(number);
            Said { status: 204, body: Vec::new() }
        }
        ("POST", ["v3", "refund", "domestic", "refunds"]) => {
            let refund = sandbox.ask_refund(&read::<RefundBody>(body)?)?;
            sandbox.finish_later(&refund);
            Said::json(&checkout::refund(&refund))
        }
        ("GET", ["v3", "refund", "domestic", "refunds", number]) => {
            let refund = sandbox.look(|books| books.refund(number).cloned());
            Said::json(&checkout::refund(&refund.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"))?))
        }
        ("GET", ["v3", "certificates"]) => Said::json(&certificates(sandbox)?),
        ("GET", ["v3", "bill", kind @ ("tradebill" | "fundflowbill")]) => Said::json(&bill_place(request, sandbox, kind)?),
        ("GET", ["v3", "billdownload", "file"]) => {
            let token = parameter(request, "token");
            let (kind, day) = token.split_once('-').unwrap_or_default();
            return Ok(Reached::File(bill::packed(&bill_of(sandbox, kind, day)?)?));
        }
        _ => return Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "沙箱没有这个接口").into()),
    };
    Ok(Reached::Answer(said))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|cause| Refusal::new(400, "PARAM_ERROR", &format!("参数错误：{cause}")))
}

fn own(mchid: &str) -> Result<(), Refusal> {
    if mchid == MCHID { Ok(()) } else { Err(Refusal::new(400, "PARAM_ERROR", "mchid 与签名的商户不一致")) }
}

/// A parameter of the query; empty where it is not there.
fn parameter(request: &HttpRequest, name: &str) -> String {
    let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn certificates(sandbox: &PaySandbox) -> Result<Value, Failed> {
    if sandbox.faults().keys == KeyMode::PublicKey {
        return Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请使用微信支付公钥").into());
    }
    let mut data = Vec::new();
    for signer in sandbox.keys.certificates()? {
        let pem = signer.certificate.as_deref().unwrap_or_default();
        let nonce: String = nonce().chars().take(12).collect();
        let encrypted = sandbox.api_key.seal(&nonce, "certificate", pem.as_bytes()).map_err(io::Error::other)?;
        data.push(json!({
            "serial_no": signer.serial,
            "effective_time": render_time(Timestamp::from_millis(1_577_836_800_000)),
            "expire_time": render_time(Timestamp::from_millis(2_840_140_800_000)),
            "encrypt_certificate": encrypted,
        }));
    }
    Ok(json!({ "data": data }))
}

fn bill_place(request: &HttpRequest, sandbox: &PaySandbox, kind: &str) -> Result<Value, Failed> {
    let day = parameter(request, "bill_date");
    let bill = bill_of(sandbox, kind, &day)?;
    let hash = hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, bill.as_bytes()).as_ref());
    let base = format!("http://{}", request.connection_info().host());
    Ok(json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": format!("{base}/v3/billdownload/file?token={kind}-{day}") }))
}

fn bill_of(sandbox: &PaySandbox, kind: &str, day: &str) -> Result<String, Failed> {
    let number = day.replace('-', "").parse().ok().filter(|_| day.len() == "2026-11-26".len());
    let day = BusinessDay::of_number(number.ok_or_else(|| Refusal::new(400, "PARAM_ERROR", "bill_date 格式错误"))?);
    let bill = sandbox.look(|books| if kind == "tradebill" { bill::trades(books, &sandbox.appid, day) } else { bill::funds(books, day) });
    bill.ok_or_else(|| Refusal::new(400, "NO_STATEMENT_EXIST", "账单文件不存在").into())
}
