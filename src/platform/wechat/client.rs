//! The client: how WeChat is asked, and what logging in asks.

use std::time::Duration;

use reqwest::{RequestBuilder, Url};
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::access_token::{AccessToken, Kept};
use super::error::WechatError;
use crate::platform::config::{self, Secret};
use crate::platform::outgoing::{self, Failure, Outgoing};

/// WeChat's API, unless another address is configured.
const API_BASE: &str = "https://api.weixin.qq.com";
/// A shopper waits for it, and WeChat usually answers within a fraction of a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Requests on their way at the same time, at most.
const CONCURRENT_MAX: usize = 64;
/// The longest answer has some hundred bytes.
const ANSWER_BYTES_MAX: usize = 16 << 10;

/// Who a code stands for.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct WechatUser {
    /// The user in this mini-program.
    pub openid: String,
    /// The user in all programs of the same owner, if these are linked.
    pub unionid: Option<String>,
}

/// A phone that WeChat has verified.
#[derive(Clone, PartialEq, Eq)]
pub struct WechatPhone {
    /// Without the country's code.
    pub number: String,
    /// Such as `86`.
    pub country_code: String,
}

/// The client; made once.
pub struct WechatClient {
    base: Url,
    app: Option<(String, Secret)>,
    outgoing: Outgoing,
    access_token: Kept,
}

/// What every answer may have beside its own fields.
#[derive(Deserialize)]
struct Outcome {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct PhoneAnswer {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    pure_phone_number: String,
    #[serde(deserialize_with = "text_or_number")]
    country_code: String,
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
}

impl WechatClient {
    /// With these settings.
    ///
    /// # Errors
    /// [`BadClient`].
    pub fn new(settings: &config::Wechat) -> Result<Self, BadClient> {
        let base = settings.api_base.as_deref().unwrap_or(API_BASE);
        Ok(Self {
            base: Url::parse(base).map_err(|cause| BadClient::Base(cause.to_string()))?,
            app: settings.appid.clone().zip(settings.secret.clone()),
            outgoing: Outgoing::new(ANSWER_WITHIN, CONCURRENT_MAX, ANSWER_BYTES_MAX)?,
            access_token: Kept::default(),
        })
    }

    /// Who the code of `wx.login` stands for. The code is used up, whatever the answer.
    ///
    /// # Errors
    /// [`WechatError`].
    pub async fn user_of(&self, code: &str) -> Result<WechatUser, WechatError> {
        let (appid, secret) = self.app()?;
        let mut url = self.url("/sns/jscode2session")?;
        url.query_pairs_mut()
            .append_pair("appid", appid)
            .append_pair("secret", secret.expose())
            .append_pair("js_code", code)
            .append_pair("grant_type", "authorization_code");
        self.ask(self.outgoing.client().get(url)).await
    }

    /// The phone that the code of `getPhoneNumber` stands for. The code is used up, unless the access token was refused: then a new one is
    /// fetched, once, and the code is sent again.
    ///
    /// # Errors
    /// [`WechatError`].
    pub async fn phone_of(&self, code: &str) -> Result<WechatPhone, WechatError> {
        let (appid, _) = self.app()?;
        let token = self.access_token(None).await?;
        let answer = match self.ask_phone(&token, code).await {
            Err(WechatError::AccessToken(_)) => {
                let token = self.access_token(Some(&token)).await?;
                self.ask_phone(&token, code).await?
            }
            answer => answer?,
        };
        let PhoneInfo { pure_phone_number, country_code, watermark } = answer.phone_info;
        if watermark.appid != appid {
            return Err(Failure::Unreadable("a phone of another mini-program".to_owned()).into());
        }
        Ok(WechatPhone { number: pure_phone_number, country_code })
    }

    async fn ask_phone(&self, token: &AccessToken, code: &str) -> Result<PhoneAnswer, WechatError> {
        let mut url = self.url("/wxa/business/getuserphonenumber")?;
        url.query_pairs_mut().append_pair("access_token", token.expose());
        self.ask(self.outgoing.client().post(url).json(&json!({ "code": code }))).await
    }

    /// Posts a body with the shop's access token. Where WeChat refuses the token it has not looked at the body: it is sent once more with a new
    /// one.
    ///
    /// # Errors
    /// [`WechatError`].
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, WechatError> {
        let token = self.access_token(None).await?;
        match self.post_with(&token, path, body).await {
            Err(WechatError::AccessToken(_)) => {
                let token = self.access_token(Some(&token)).await?;
                self.post_with(&token, path, body).await
            }
            answer => answer,
        }
    }

    async fn post_with<T: DeserializeOwned>(&self, token: &AccessToken, path: &str, body: &Value) -> Result<T, WechatError> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().append_pair("access_token", token.expose());
        self.ask(self.outgoing.client().post(url).json(body)).await
    }

    /// Whether there is a mini-program to ask for.
    pub const fn is_configured(&self) -> bool {
        self.app.is_some()
    }

    async fn access_token(&self, refused: Option<&AccessToken>) -> Result<AccessToken, WechatError> {
        let (appid, secret) = self.app()?;
        let fetch = async || -> Result<_, WechatError> {
            let body = json!({ "grant_type": "client_credential", "appid": appid, "secret": secret.expose() });
            let request = self.outgoing.client().post(self.url("/cgi-bin/stable_token")?).json(&body);
            let token: Token = self.ask(request).await.map_err(|error| match error {
                // Said of the secret here, not of a token.
                WechatError::AccessToken(code) => WechatError::Refused { code, message: "invalid credential".to_owned() },
                error => error,
            })?;
            Ok((AccessToken::new(&token.access_token), Duration::from_secs(token.expires_in)))
        };
        self.access_token.get(refused, fetch).await
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, WechatError> {
        let bytes = self.outgoing.ask(request).await?;
        let Outcome { errcode, errmsg } = outgoing::json(&bytes)?;
        if errcode != 0 {
            return Err(WechatError::of(errcode, &errmsg));
        }
        Ok(outgoing::json(&bytes)?)
    }

    fn app(&self) -> Result<(&str, &Secret), WechatError> {
        self.app.as_ref().map(|(appid, secret)| (appid.as_str(), secret)).ok_or(WechatError::NotConfigured)
    }

    fn url(&self, path: &str) -> Result<Url, WechatError> {
        self.base.join(path).map_err(|cause| Failure::Unreachable(cause.to_string()).into())
    }
}

/// The client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BadClient {
    /// The base URL.
    #[error("WECHAT_API_BASE is no URL: {0}")]
    Base(String),
    /// The HTTP client.
    #[error("failed to make the HTTP client")]
    Http(#[from] reqwest::Error),
}

/// WeChat has sent the country's code both ways.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Number(number) => Ok(number.to_string()),
        _ => Err(de::Error::custom("neither text nor a number")),
    }
}
