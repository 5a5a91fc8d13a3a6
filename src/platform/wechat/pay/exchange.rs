//! One request and its answer: signed, sent once, verified before it is read.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;

use super::client::WechatPay;
use super::error::PayError;
use super::merchant_key::nonce;
use super::metrics;
use super::signed::{NotifyHeaders, Unverified, header};
use super::time::wall_clock;
use crate::platform::outgoing::{Answer, Failure, Outgoing};

const AGENT: &str = concat!("mallcore/", env!("CARGO_PKG_VERSION"));

impl WechatPay {
    /// The verified body of a successful answer; 204 has an empty one.
    pub(super) async fn exchange(
        &self,
        call: &'static str,
        method: Method,
        target: &str,
        body: Option<Value>,
    ) -> Result<Vec<u8>, PayError> {
        let outcome = self.verified(method, target, body).await;
        metrics::asked(call, &outcome);
        if let Err(error @ (PayError::Unverified { .. } | PayError::Unexpected(_) | PayError::Signing(_))) = &outcome {
            tracing::error!("WeChat Pay, {call}: {error}");
        }
        outcome
    }

    async fn verified(&self, method: Method, target: &str, body: Option<Value>) -> Result<Vec<u8>, PayError> {
        let url = self.base.join(target).map_err(|cause| PayError::Unexpected(cause.to_string()))?;
        let answer = self.outgoing.answer_of(self.signed(&self.outgoing, method, url, body)?).await?;
        let verified = self.verify_answer(&answer).await;
        // 202 says that it is not done: the shopper is still paying.
        if answer.status.is_success() && answer.status != StatusCode::ACCEPTED {
            return match verified {
                Ok(()) => Ok(answer.bytes),
                Err(cause) => Err(PayError::Unverified { status: answer.status.as_u16(), code: None, cause }),
            };
        }
        Err(PayError::of_answer(answer.status, &answer.bytes, verified))
    }

    /// A request with its signature, which covers the target as it is sent.
    pub(super) fn signed(&self, way: &Outgoing, method: Method, url: Url, body: Option<Value>) -> Result<RequestBuilder, PayError> {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let seconds = wall_clock().millis() / 1_000;
        let authorization = self.credentials.merchant.authorization(method.as_str(), &target, seconds, &nonce(), body.as_bytes())?;
        let mut request = way.client().request(method, url);
        request = request.header(AUTHORIZATION, authorization).header(ACCEPT, "application/json").header(USER_AGENT, AGENT);
        if let Some(id) = &self.public_key_id {
            request = request.header(header::SERIAL, id);
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        Ok(request)
    }

    /// Verifies an answer; a serial number that is not known yet may be that of a new certificate.
    async fn verify_answer(&self, answer: &Answer) -> Result<(), Unverified> {
        let headers = NotifyHeaders::of_answer(&answer.headers);
        let verified = self.keyring.verify(&headers, &answer.bytes, wall_clock());
        let verified = match verified {
            Err(Unverified::Serial(serial)) => {
                self.fetch_certificates(&serial).await;
                self.keyring.verify(&headers, &answer.bytes, wall_clock())
            }
            verified => verified,
        };
        if let Err(cause) = &verified
            // WeChat Pay itself does not sign every failure of its own.
            && !answer.status.is_server_error()
        {
            metrics::unverified(cause.reason());
        }
        verified
    }
}

/// Reads a verified body.
pub(super) fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, PayError> {
    crate::platform::outgoing::json(body).map_err(|failure: Failure| PayError::from(failure))
}
