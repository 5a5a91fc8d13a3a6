//! The client: the merchant's requests, and what their answers mean.

use std::time::{Duration, Instant};

use mallcore_actors::money::Money;
use mallcore_actors::time::Timestamp;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::cashier::Cashier;
use super::credentials::{BadPayClient, Credentials};
use super::error::{Closing, PayCode, PayError};
use super::exchange::read;
use super::keyring::Keyring;
use super::refund::{RefundAnswer, RefundRequest, WechatRefund};
use super::time::render_time;
use super::trade::{Trade, TradeAnswer};
use crate::platform::config;
use crate::platform::outgoing::Outgoing;

/// WeChat Pay, unless another address is configured.
const API_BASE: &str = "https://api.mch.weixin.qq.com";
/// A shopper waits for a prepaid order.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);
/// Requests on their way at the same time, at most.
const CONCURRENT_MAX: usize = 64;
/// The longest answer are a few certificates.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// Bills may be long, and nobody waits for them.
const BILL_WITHIN: Duration = Duration::from_secs(120);
/// Compressed bytes of a bill, at most.
const BILL_BYTES_MAX: usize = 64 << 20;
/// Characters of `description`, at most.
const DESCRIPTION_CHARACTERS_MAX: usize = 127;

/// The client; made once.
#[derive(Debug)]
pub struct WechatPay {
    pub(super) base: Url,
    pub(super) appid: String,
    pub(super) public_key_id: Option<String>,
    pub(super) credentials: Credentials,
    pub(super) keyring: Keyring,
    pub(super) outgoing: Outgoing,
    pub(super) downloads: Outgoing,
    /// When platform certificates were last asked for.
    pub(super) certificates_asked_at: Mutex<Option<Instant>>,
    notify_base: String,
}

/// An order that a shopper is about to pay.
#[derive(Debug, Clone, Copy)]
pub struct Prepay<'a> {
    /// The shop's number: 6 to 32 of letters, digits, `_`, `-`, `|`, `*`.
    pub out_trade_no: &'a str,
    /// What the payer sees; cut to 127 characters.
    pub description: &'a str,
    /// What has to be paid, at least 1 fen.
    pub amount: Money,
    /// The payer in the configured mini-program.
    pub openid: &'a str,
    /// Nobody can pay afterwards.
    pub time_expire: Timestamp,
    /// Comes back in queries and notifications; at most 128 characters.
    pub attach: Option<&'a str>,
}

/// WeChat Pay's reference to an order that can be paid, good for two hours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PrepayId(String);

impl PrepayId {
    /// One that was kept.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As WeChat Pay writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which trade is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradeRef<'a> {
    /// By the shop's number.
    OutTradeNo(&'a str),
    /// By WeChat Pay's number.
    TransactionId(&'a str),
}

#[derive(Deserialize)]
struct Prepaid {
    prepay_id: PrepayId,
}

impl WechatPay {
    /// With these settings; reads the files of keys.
    ///
    /// # Errors
    /// [`BadPayClient`].
    pub fn new(settings: &config::WechatPay) -> Result<Self, BadPayClient> {
        let mut credentials = Credentials::read(settings)?;
        let url = |variable, text: &str| Url::parse(text).map_err(|cause| BadPayClient::Url { variable, reason: cause.to_string() });
        url("WECHAT_PAY_NOTIFY_URL", &settings.notify_url)?;
        Ok(Self {
            base: url("WECHAT_PAY_API_BASE", settings.api_base.as_deref().unwrap_or(API_BASE))?,
            appid: settings.appid.clone(),
            public_key_id: settings.public_key_id.clone(),
            keyring: Keyring::new(std::mem::take(&mut credentials.platform)),
            credentials,
            outgoing: Outgoing::new(ANSWER_WITHIN, CONCURRENT_MAX, ANSWER_BYTES_MAX)?,
            downloads: Outgoing::new(BILL_WITHIN, 1, BILL_BYTES_MAX)?,
            certificates_asked_at: Mutex::new(None),
            notify_base: settings.notify_url.trim_end_matches('/').to_owned(),
        })
    }

    /// Number of the merchant.
    pub fn mchid(&self) -> &str {
        &self.credentials.merchant.mchid
    }

    /// Id of the mini-program.
    pub fn appid(&self) -> &str {
        &self.appid
    }

    /// Last moment of the merchant's certificate, if its file is there.
    pub const fn merchant_certificate_until(&self) -> Option<Timestamp> {
        self.credentials.merchant_until
    }

    /// Where WeChat Pay reports payments.
    pub fn notify_url(&self) -> String {
        format!("{}/payments/wechat/notify", self.notify_base)
    }

    /// Where WeChat Pay reports refunds.
    pub fn refund_notify_url(&self) -> String {
        format!("{}/payments/wechat/refund-notify", self.notify_base)
    }

    /// Makes an order that can be paid in the mini-program (JSAPI). Repeating it with the same number and content gives an order that is the
    /// same to the payer.
    ///
    /// # Errors
    /// [`PayError`]; [`PayCode::OrderPaid`] and [`PayCode::OrderClosed`] if it is too late, [`PayCode::OutTradeNoUsed`] if the number stands for
    /// another order.
    pub async fn prepay(&self, order: &Prepay<'_>) -> Result<PrepayId, PayError> {
        let mut body = json!({
            "appid": self.appid,
            "mchid": self.mchid(),
            "description": cut(order.description),
            "out_trade_no": order.out_trade_no,
            "time_expire": render_time(order.time_expire),
            "notify_url": self.notify_url(),
            "amount": { "total": order.amount.fen(), "currency": "CNY" },
            "payer": { "openid": order.openid },
        });
        if let Some(attach) = order.attach {
            body["attach"] = attach.into();
        }
        let answer = self.exchange("prepay", Method::POST, "/v3/pay/transactions/jsapi", Some(body)).await?;
        Ok(read::<Prepaid>(&answer)?.prepay_id)
    }

    /// What `wx.requestPayment` is given.
    ///
    /// # Errors
    /// [`PayError::Signing`].
    pub fn cashier(&self, prepay_id: &PrepayId, now: Timestamp) -> Result<Cashier, PayError> {
        Ok(Cashier::sign(&self.credentials.merchant, &self.appid, prepay_id, now)?)
    }

    /// What became of an order.
    ///
    /// # Errors
    /// [`PayError`]; [`PayCode::OrderNotExist`] if WeChat Pay has never heard of it.
    pub async fn trade(&self, which: TradeRef<'_>) -> Result<Trade, PayError> {
        let (path, number) = match which {
            TradeRef::OutTradeNo(number) => ("out-trade-no", number),
            TradeRef::TransactionId(number) => ("id", number),
        };
        let target = format!("/v3/pay/transactions/{path}/{}?mchid={}", segment(number)?, self.mchid());
        let answer = self.exchange("query", Method::GET, &target, None).await?;
        let trade = Trade::try_from(read::<TradeAnswer>(&answer)?).map_err(|cause| PayError::Unexpected(cause.to_string()))?;
        let is_asked = match which {
            TradeRef::OutTradeNo(number) => trade.out_trade_no == number,
            TradeRef::TransactionId(number) => trade.transaction_id.as_deref() == Some(number),
        };
        if trade.mchid != self.mchid() || !is_asked {
            return Err(PayError::Unexpected("the trade is another one".to_owned()));
        }
        Ok(trade)
    }

    /// From now on nobody can pay this order, unless somebody has.
    ///
    /// # Errors
    /// [`PayError`].
    pub async fn close(&self, out_trade_no: &str) -> Result<Closing, PayError> {
        let target = format!("/v3/pay/transactions/out-trade-no/{}/close", segment(out_trade_no)?);
        match self.exchange("close", Method::POST, &target, Some(json!({ "mchid": self.mchid() }))).await {
            Ok(_) => Ok(Closing::Closed),
            Err(error) => match error.refusal() {
                Some(PayCode::OrderClosed | PayCode::OrderNotExist) => Ok(Closing::Closed),
                Some(PayCode::OrderPaid) => Ok(Closing::AlreadyPaid),
                Some(PayCode::UserPaying) => Ok(Closing::UserPaying),
                _ => Err(error),
            },
        }
    }

    /// Pays money of a trade back. It is accepted here, and done later: a notification and [`Self::refund_status`] say so.
    ///
    /// # Errors
    /// [`PayError`]; [`PayCode::NotEnough`] if the merchant's balance does not suffice, [`PayCode::InvalidRequest`] if less than that is left of
    /// the trade.
    pub async fn refund(&self, request: &RefundRequest<'_>) -> Result<WechatRefund, PayError> {
        let body = json!({
            "transaction_id": request.transaction_id,
            "out_refund_no": request.out_refund_no,
            "reason": request.reason,
            "notify_url": self.refund_notify_url(),
            "amount": { "refund": request.refund.fen(), "total": request.total.fen(), "currency": "CNY" },
        });
        let answer = self.exchange("refund", Method::POST, "/v3/refund/domestic/refunds", Some(body)).await?;
        let refund = refund(&answer, request.out_refund_no)?;
        if refund.transaction_id != request.transaction_id || refund.refund != request.refund {
            return Err(PayError::Unexpected("the refund has another trade or amount".to_owned()));
        }
        Ok(refund)
    }

    /// What became of a refund.
    ///
    /// # Errors
    /// [`PayError`]; [`PayCode::ResourceNotExists`] if WeChat Pay has never heard of it.
    pub async fn refund_status(&self, out_refund_no: &str) -> Result<WechatRefund, PayError> {
        let target = format!("/v3/refund/domestic/refunds/{}", segment(out_refund_no)?);
        refund(&self.exchange("refund_query", Method::GET, &target, None).await?, out_refund_no)
    }
}

fn refund(answer: &[u8], out_refund_no: &str) -> Result<WechatRefund, PayError> {
    let refund = WechatRefund::try_from(read::<RefundAnswer>(answer)?).map_err(|cause| PayError::Unexpected(cause.to_string()))?;
    if refund.out_refund_no == out_refund_no { Ok(refund) } else { Err(PayError::Unexpected("the refund is another one".to_owned())) }
}

/// A number as part of a path: nothing that a URL would understand in another way.
fn segment(number: &str) -> Result<&str, PayError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-*@".contains(&byte);
    if !number.is_empty() && number.len() <= 64 && number.bytes().all(is_plain) {
        Ok(number)
    } else {
        Err(PayError::Unexpected(format!("{number:?} is no number of an order or a refund")))
    }
}

fn cut(description: &str) -> String {
    description.chars().take(DESCRIPTION_CHARACTERS_MAX).collect()
}
