//! WeChat's server API: logging in (`jscode2session`, `stable_token`, `getuserphonenumber`), what it has to know of parcels (`shipping`), and
//! messages to those who have subscribed to them (`messages`); WeChat Pay is in `pay`.
//! - W1 A code is good once, so a request that carries one is never repeated after WeChat may have seen it.
//! - W2 `session_key` is not even read: nothing of the shop needs it, and what is not there cannot leak.
//! - W3 Errors arrive as status 200 with `errcode`; each that a shopper or an operator handles differently has its own variant.
//!
//! Not here: who a WeChat user is in the shop (`features::accounts`).

mod access_token;
mod client;
mod error;
pub mod messages;
pub mod pay;
pub mod sandbox;
pub mod shipping;
pub mod template;

pub use client::{BadClient, WechatClient, WechatPhone, WechatUser};
pub use error::WechatError;
