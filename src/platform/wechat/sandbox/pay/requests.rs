//! What the merchant asks for, and when WeChat Pay refuses it.

use mallcore_actors::time::Timestamp;
use reqwest::Url;
use serde::Deserialize;

use super::books::{Order, Refund, is_payable};
use crate::platform::wechat::pay::{TradeState, parse_time};

/// A refusal as WeChat Pay writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Status of the answer.
    pub status: u16,
    /// WeChat Pay's code.
    pub code: String,
    /// Words for people.
    pub message: String,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned() }
    }

    fn parameter(message: &str) -> Self {
        Self::new(400, "PARAM_ERROR", message)
    }
}

#[derive(Debug, Deserialize)]
pub struct PrepayBody {
    pub appid: String,
    pub mchid: String,
    pub description: String,
    pub out_trade_no: String,
    pub time_expire: Option<String>,
    pub attach: Option<String>,
    pub notify_url: String,
    pub amount: PrepayAmount,
    pub payer: PrepayPayer,
}

#[derive(Debug, Deserialize)]
pub struct PrepayAmount {
    pub total: u64,
    pub currency: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct PrepayPayer {
    pub openid: String,
}

#[derive(Debug, Deserialize)]
pub struct CloseBody {
    pub mchid: String,
}

#[derive(Debug, Deserialize)]
pub struct RefundBody {
    pub transaction_id: Option<String>,
    pub out_trade_no: Option<String>,
    pub out_refund_no: String,
    pub notify_url: Option<String>,
    pub amount: RefundAmount,
}

#[derive(Debug, Deserialize)]
pub struct RefundAmount {
    pub refund: u64,
    pub total: u64,
    pub currency: String,
}

/// The time after which it cannot be paid, if the order can be made.
pub fn check_prepay(body: &PrepayBody, appid: &str, mchid: &str, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    let is_number = |byte: u8| byte.is_ascii_alphanumeric() || b"_-*|@".contains(&byte);
    let time_expire = match body.time_expire.as_deref().map(parse_time) {
        None => None,
        Some(None) => return Err(Refusal::parameter("time_expire 格式错误")),
        Some(expire) => expire,
    };
    let wrong = match () {
        () if body.mchid != mchid => return Err(Refusal::new(404, "MCH_NOT_EXISTS", "商户号不存在")),
        () if body.appid != appid => return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "appid 与 mchid 不匹配")),
        () if !(6..=32).contains(&body.out_trade_no.len()) || !body.out_trade_no.bytes().all(is_number) => "out_trade_no 格式错误",
        () if body.description.is_empty() || body.description.chars().count() > 127 => "description 长度错误",
        () if body.amount.total == 0 => "amount.total 至少为 1 分",
        () if body.amount.currency.as_deref().is_some_and(|currency| currency != "CNY") => "amount.currency 只支持 CNY",
        () if body.payer.openid.is_empty() => "payer.openid 不能为空",
        () if body.attach.as_ref().is_some_and(|attach| attach.chars().count() > 128) => "attach 过长",
        () if time_expire.is_some_and(|expire| expire <= now) => "time_expire 已过",
        () if !is_notify_url(&body.notify_url) => "notify_url 格式错误",
        () => return Ok(time_expire),
    };
    Err(Refusal::parameter(wrong))
}

fn is_notify_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none())
}

/// Whether an order that there is may be prepaid once more.
pub fn same_order(order: &Order, body: &PrepayBody) -> Result<(), Refusal> {
    let made = &order.made;
    match order.state {
        TradeState::Success | TradeState::Refund => Err(Refusal::new(400, "ORDERPAID", "该订单已支付")),
        TradeState::Closed | TradeState::Revoked => Err(Refusal::new(400, "ORDER_CLOSED", "该订单已关闭")),
        _ if made.total != body.amount.total || made.openid != body.payer.openid || made.description != body.description => {
            Err(Refusal::new(403, "OUT_TRADE_NO_USED", "商户订单号重复，且内容不一致"))
        }
        _ => Ok(()),
    }
}

pub fn check_close(order: Option<&Order>) -> Result<(), Refusal> {
    match order.map(|order| order.state) {
        None => Err(Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在")),
        Some(TradeState::UserPaying) => Err(Refusal::new(202, "USERPAYING", "用户支付中，需要输入密码")),
        Some(state) if is_payable(state) => Ok(()),
        Some(TradeState::Closed | TradeState::Revoked) => Err(Refusal::new(400, "ORDER_CLOSED", "订单已关闭")),
        Some(_) => Err(Refusal::new(400, "ORDERPAID", "订单已支付")),
    }
}

pub fn same_refund(refund: &Refund, body: &RefundBody) -> Result<(), Refusal> {
    let asked = &refund.asked;
    let is_same = body.transaction_id.as_ref().is_none_or(|number| *number == asked.transaction_id)
        && body.out_trade_no.as_ref().is_none_or(|number| *number == asked.out_trade_no)
        && (body.amount.refund, body.amount.total) == (asked.refund, asked.total);
    if is_same { Ok(()) } else { Err(Refusal::new(400, "INVALID_REQUEST", "商户退款单号重复，且内容不一致")) }
}

/// The order and the number of its payment, if so much of it can be paid back.
pub fn check_refund<'a>(order: Option<&'a Order>, body: &RefundBody) -> Result<(&'a Order, String), Refusal> {
    let paid = order.and_then(|order| Some((order, order.paid.as_ref()?.0.clone())));
    let (order, transaction_id) = paid.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "订单不存在或未支付"))?;
    let wrong = match () {
        () if body.out_refund_no.is_empty() || body.out_refund_no.len() > 64 => "out_refund_no 长度错误",
        () if body.amount.currency != "CNY" => "amount.currency 只支持 CNY",
        () if body.amount.total != order.made.total => "amount.total 与订单金额不一致",
        () if body.amount.refund == 0 => "amount.refund 至少为 1 分",
        () if body.amount.refund > order.made.total - order.refunded => {
            return Err(Refusal::new(400, "INVALID_REQUEST", "退款金额大于可退金额"));
        }
        () => return Ok((order, transaction_id)),
    };
    Err(Refusal::parameter(wrong))
}
