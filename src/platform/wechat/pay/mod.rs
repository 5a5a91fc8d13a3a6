//! WeChat Pay, APIv3: the merchant's requests, and what WeChat Pay says by answers and by notifications
//! (<https://pay.weixin.qq.com/doc/v3/merchant/4012081606>; [ADR 0029](../../../../docs/adr/0029-sign-and-verify-wechat-pay-with-ring.md)).
//! - P1 Nothing is believed before its signature over the raw bytes is verified, with the key that its serial number names, and its time is
//!   within five minutes. Only afterwards is it parsed.
//! - P2 What WeChat Pay says is about this merchant and the number that was asked for, or it is an error.
//! - P3 A request is sent once. All of them may be repeated with the same numbers: WeChat Pay does the same thing once.
//! - P4 Neither a key nor a payer appears in an error or a log line.
//!
//! Not here: what a payment means for an order (`features::payments`), when something is tried again.

mod api_key;
mod bill;
mod bills;
mod cashier;
mod certificate;
mod certificates;
mod client;
mod credentials;
mod error;
mod exchange;
mod keyring;
mod merchant_key;
mod metrics;
mod notification;
mod refund;
mod signed;
mod signing_key;
mod time;
mod trade;

pub use api_key::{ApiKey, BadCiphertext, Encrypted};
pub use bill::{BadBill, FundBill, FundEntry, TradeBill, TradeEntry, TradeEntryKind};
pub use bills::BillKind;
pub use cashier::{Cashier, message as cashier_message};
pub use certificate::{BadCertificate, Certificate, public_key_of_pem};
pub use client::{Prepay, PrepayId, TradeRef, WechatPay};
pub use credentials::{BadPayClient, Credentials, files};
pub use error::{Closing, PayCode, PayError, PayRefusal};
pub use keyring::{Keyring, PlatformKey, WINDOW_SECONDS};
pub use merchant_key::{MerchantKey, SCHEME, nonce, request_message};
pub use metrics::begin as begin_metrics;
pub use notification::{BadNotification, NOTIFICATION_BYTES_MAX, Notification};
pub use refund::{RefundRequest, RefundState, WechatRefund};
pub use signed::{NotifyHeaders, Unverified, answer_message, header};
pub use signing_key::{BadKey, SigningFailed, SigningKey};
pub use time::{parse_time, render_time, wall_clock};
pub use trade::{Trade, TradeState};
