//! What `wx.requestPayment` of the mini-program is given: a signed reference to the prepaid order.

use mallcore_actors::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::client::PrepayId;
use super::merchant_key::{MerchantKey, nonce};
use super::signing_key::SigningFailed;

/// The arguments of `wx.requestPayment`, by their names there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cashier {
    /// Seconds since 1970, as text.
    pub time_stamp: String,
    /// A text that is used once.
    pub nonce_str: String,
    /// The prepaid order: `prepay_id=…`.
    pub package: String,
    /// Always `RSA`: SHA-256 and PKCS#1 v1.5.
    pub sign_type: &'static str,
    /// Signature of the merchant over app, time, nonce and package.
    pub pay_sign: String,
}

impl Cashier {
    /// Signs the package of a prepaid order.
    pub(super) fn sign(key: &MerchantKey, appid: &str, prepay_id: &PrepayId, now: Timestamp) -> Result<Self, SigningFailed> {
        let (time_stamp, nonce_str) = ((now.millis() / 1_000).to_string(), nonce());
        let package = format!("prepay_id={}", prepay_id.as_str());
        let pay_sign = key.key.sign(&message(appid, &time_stamp, &nonce_str, &package))?;
        Ok(Self { time_stamp, nonce_str, package, sign_type: "RSA", pay_sign })
    }
}

/// What `paySign` covers.
pub fn message(appid: &str, time_stamp: &str, nonce: &str, package: &str) -> Vec<u8> {
    format!("{appid}\n{time_stamp}\n{nonce}\n{package}\n").into_bytes()
}
