//! Tencent Cloud SMS (`SendSms`, version 2021-01-11) with its signature TC3-HMAC-SHA256
//! (<https://www.tencentcloud.com/document/product/382/40536>, <https://www.tencentcloud.com/document/api/382/40505>).
//! - T1 The signature covers content type, host and the exact bytes of the body.
//! - T2 A message is sent at most once for each call: only a connection that could not be made is tried again.
//!
//! Not here: templates. The one that is configured has two parameters, the code and the minutes for which it is good.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{SmsError, SmsSender};
use crate::platform::auth::key::{Key, hex};
use crate::platform::config::TencentSms;
use crate::platform::outgoing::{self, Failure, Outgoing};

const ACTION: &str = "SendSms";
const VERSION: &str = "2021-01-11";
const SERVICE: &str = "sms";
const JSON: &str = "application/json; charset=utf-8";
/// A shopper waits for it.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Messages that are handed over at the same time, at most.
const CONCURRENT_MAX: usize = 32;
const ANSWER_BYTES_MAX: usize = 16 << 10;

/// Sends through one account of Tencent Cloud SMS.
pub struct TencentSender {
    settings: TencentSms,
    outgoing: Outgoing,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Response")]
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    error: Option<Refusal>,
    #[serde(default)]
    send_status_set: Vec<Refusal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
}

impl TencentSender {
    /// With these settings.
    ///
    /// # Errors
    /// The HTTP client's, if it cannot be made.
    pub fn new(settings: TencentSms) -> Result<Self, reqwest::Error> {
        Ok(Self { settings, outgoing: Outgoing::new(ANSWER_WITHIN, CONCURRENT_MAX, ANSWER_BYTES_MAX)? })
    }

    async fn ask(&self, phone: &str, code: &str, minutes: u32) -> Result<(), SmsError> {
        let settings = &self.settings;
        let body = json!({
            "PhoneNumberSet": [format!("+86{phone}")],
            "SmsSdkAppId": settings.app_id,
            "SignName": settings.sign_name,
            "TemplateId": settings.template_id,
            "TemplateParamSet": [code, minutes.to_string()],
        })
        .to_string();
        let url = reqwest::Url::parse(&settings.api_base).map_err(|cause| SmsError::Refused(cause.to_string()))?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(SmsError::Refused("TENCENT_SMS_API_BASE has no host".to_owned())),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let authorization = authorization(&settings.secret_id, settings.secret_key.expose(), SERVICE, &host, now, body.as_bytes());
        let request = self.outgoing.client().post(url).body(body).header(AUTHORIZATION, authorization).header(CONTENT_TYPE, JSON);
        let request = request.header(HOST, host).header("X-TC-Action", ACTION).header("X-TC-Version", VERSION);
        let request = request.header("X-TC-Region", &settings.region).header("X-TC-Timestamp", now.to_string());
        let answer = self.outgoing.ask(request).await.map_err(|failure| SmsError::Unavailable(failure.to_string()))?;
        let answer: Answer = outgoing::json(&answer).map_err(|failure: Failure| SmsError::Unavailable(failure.to_string()))?;
        judge(answer.response)
    }
}

fn judge(response: Response) -> Result<(), SmsError> {
    if let Some(error) = response.error {
        let told = format!("{}: {}", error.code, error.message);
        let is_passing = ["InternalError", "RequestLimitExceeded", "LimitExceeded"].iter().any(|code| error.code.starts_with(code));
        return Err(if is_passing { SmsError::Unavailable(told) } else { SmsError::Refused(told) });
    }
    match response.send_status_set.into_iter().next() {
        Some(status) if status.code == "Ok" => Ok(()),
        // The message may repeat the number: only the code is told on.
        Some(status) if status.code.contains("PhoneNumber") || status.code.starts_with("LimitExceeded") => {
            Err(SmsError::Number(status.code))
        }
        Some(status) if status.code.starts_with("InternalError") => Err(SmsError::Unavailable(status.code)),
        Some(status) => Err(SmsError::Refused(status.code)),
        None => Err(SmsError::Unavailable("an answer without a status".to_owned())),
    }
}

impl SmsSender for TencentSender {
    fn send<'a>(&'a self, phone: &'a str, code: &'a str, minutes: u32) -> BoxFuture<'a, Result<(), SmsError>> {
        Box::pin(self.ask(phone, code, minutes))
    }
}

/// The header `Authorization` of a POST to `/` at this moment (seconds since 1970).
pub fn authorization(id: &str, secret: &str, service: &str, host: &str, now: u64, body: &[u8]) -> String {
    let request = format!("POST\n/\n\ncontent-type:{JSON}\nhost:{host}\n\ncontent-type;host\n{}", hex(&Sha256::digest(body)));
    let date = DateTime::from_timestamp(i64::try_from(now).unwrap_or(0), 0).unwrap_or_default().format("%Y-%m-%d").to_string();
    let scope = format!("{date}/{service}/tc3_request");
    let text = format!("TC3-HMAC-SHA256\n{now}\n{scope}\n{}", hex(&Sha256::digest(request.as_bytes())));
    let key = Key::new(format!("TC3{secret}").as_bytes()).derive(&date).derive(service).derive("tc3_request");
    format!("TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=content-type;host, Signature={}", hex(&key.sign(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Tencent Cloud's documentation, "Signature v3", with the keys that it prints
    /// (<https://github.com/tencentyun/qcloud-documents>, "签名方法 v3").
    #[test]
    fn the_signature_is_that_of_the_documentation() {
        let body = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let (id, secret) = ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE");
        let header = authorization(id, secret, "cvm", "cvm.tencentcloudapi.com", 1_551_113_065, body.as_bytes());
        let expected = "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
                        SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168";
        assert_eq!(header, expected);
    }

    #[test]
    fn what_the_service_says_is_told_apart() {
        let judged = |text: &str| judge(serde_json::from_str::<Answer>(text).unwrap().response);
        let status = |code: &str| format!(r#"{{"Response":{{"SendStatusSet":[{{"Code":"{code}","Message":"m"}}],"RequestId":"r"}}}}"#);
        assert!(judged(&status("Ok")).is_ok());
        assert!(matches!(judged(&status("LimitExceeded.PhoneNumberDailyLimit")), Err(SmsError::Number(_))));
        assert!(matches!(judged(&status("FailedOperation.InsufficientBalanceInSmsPackage")), Err(SmsError::Refused(_))));
        let error = r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"m"},"RequestId":"r"}}"#;
        assert!(matches!(judged(error), Err(SmsError::Refused(_))));
        let error = r#"{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":"m"},"RequestId":"r"}}"#;
        assert!(matches!(judged(error), Err(SmsError::Unavailable(_))));
        assert!(matches!(judged(r#"{"Response":{"RequestId":"r"}}"#), Err(SmsError::Unavailable(_))));
    }
}
