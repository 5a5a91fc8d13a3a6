//! A stand-in for Tencent Cloud SMS on loopback: computes each signature anew, and keeps what was sent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use mallcore::platform::config::{Secret, Sms, SmsKind, TencentSms};
use mallcore::platform::sms::tencent::authorization;
use mallcore::platform::sms::{SmsError, SmsSender, TencentSender};
use serde_json::{Value, json};

use super::super::app::until;

const SECRET_ID: &str = "AKIDexample";
const SECRET_KEY: &str = "a secret key of the tests";

#[derive(Default)]
struct Sent {
    codes: Mutex<HashMap<String, Vec<String>>>,
    /// Answered instead of "Ok".
    refusal: Mutex<Option<&'static str>>,
}

/// The running stand-in.
pub struct SmsService {
    address: String,
    sent: Arc<Sent>,
}

async fn send(request: HttpRequest, body: web::Bytes, sent: web::Data<Sent>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap());
    let expected = authorization(SECRET_ID, SECRET_KEY, "sms", header("host"), header("x-tc-timestamp").parse().unwrap(), &body);
    if header("authorization") != expected || header("x-tc-action") != "SendSms" {
        return HttpResponse::Ok().json(json!({ "Response": { "Error": { "Code": "AuthFailure.SignatureFailure", "Message": "" } } }));
    }
    let wish: Value = serde_json::from_slice(&body).unwrap();
    let (phone, code) = (wish["PhoneNumberSet"][0].as_str().unwrap(), wish["TemplateParamSet"][0].as_str().unwrap());
    assert_eq!(
        (wish["TemplateId"].as_str(), wish["SignName"].as_str(), wish["TemplateParamSet"][1].as_str()),
        (Some("1"), Some("青木"), Some("5"))
    );
    let status = sent.refusal.lock().unwrap().unwrap_or("Ok");
    if status == "Ok" {
        let phone = phone.strip_prefix("+86").unwrap().to_owned();
        sent.codes.lock().unwrap().entry(phone).or_default().push(code.to_owned());
    }
    HttpResponse::Ok().json(json!({ "Response": { "SendStatusSet": [{ "Code": status, "Message": "", "PhoneNumber": phone }] } }))
}

impl SmsService {
    pub fn start() -> Self {
        let sent = Arc::new(Sent::default());
        let data = web::Data::from(Arc::clone(&sent));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).route("/", web::post().to(send)));
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Self { address, sent }
    }

    pub fn settings(&self) -> Sms {
        Sms { kind: SmsKind::Tencent, per_address_per_hour: 200, tencent: Some(self.account()) }
    }

    fn account(&self) -> TencentSms {
        TencentSms {
            api_base: self.address.clone(),
            region: "ap-guangzhou".to_owned(),
            secret_id: SECRET_ID.to_owned(),
            secret_key: Secret::new(SECRET_KEY),
            app_id: "1400000000".to_owned(),
            sign_name: "青木".to_owned(),
            template_id: "1".to_owned(),
        }
    }

    pub fn last_code(&self, phone: &str) -> Option<String> {
        self.sent.codes.lock().unwrap().get(phone)?.last().cloned()
    }

    pub fn count(&self, phone: &str) -> usize {
        self.sent.codes.lock().unwrap().get(phone).map_or(0, Vec::len)
    }

    pub fn refuse(&self, with: Option<&'static str>) {
        *self.sent.refusal.lock().unwrap() = with;
    }
}

#[actix_web::test]
async fn the_sender_signs_what_it_sends() {
    let service = SmsService::start();
    let sender = TencentSender::new(service.account()).unwrap();
    sender.send("13800138000", "123456", 5).await.unwrap();
    assert_eq!(service.last_code("13800138000").as_deref(), Some("123456"));
    let forger = TencentSender::new(TencentSms { secret_key: Secret::new("another"), ..service.account() }).unwrap();
    assert!(matches!(forger.send("13800138000", "000000", 5).await, Err(SmsError::Refused(_))));
    service.refuse(Some("LimitExceeded.PhoneNumberDailyLimit"));
    assert!(matches!(sender.send("13800138000", "222222", 5).await, Err(SmsError::Number(_))));
    assert_eq!(service.count("13800138000"), 1);
}

#[actix_web::test]
async fn a_service_that_is_away_is_told_as_such() {
    let service = SmsService::start();
    let nobody = TencentSms { api_base: format!("http://127.0.0.1:{}", crate::redis::server::free_port()), ..service.account() };
    let sender = TencentSender::new(nobody).unwrap();
    until("nobody listens there", async || matches!(sender.send("13800138000", "1", 5).await, Err(SmsError::Unavailable(_)))).await;
}
