//! Orders and refunds as WeChat Pay writes them.

use serde_json::{Map, Value, json};

use super::books::{Order, Refund};
use super::service::MCHID;
use crate::platform::wechat::pay::{RefundState, TradeState, render_time};

/// An order's answer, which is also what a notification holds.
pub fn trade(order: &Order, appid: &str) -> Value {
    let made = &order.made;
    let mut trade = json!({
        "appid": appid,
        "mchid": MCHID,
        "out_trade_no": made.out_trade_no,
        "trade_state": order.state,
        "trade_state_desc": state_in_words(order.state),
        "attach": made.attach.clone().unwrap_or_default(),
        "payer": {},
        "amount": { "total": made.total, "currency": "CNY" },
        "promotion_detail": [],
    });
    if let Some((transaction_id, at)) = &order.paid {
        trade["transaction_id"] = transaction_id.as_str().into();
        trade["trade_type"] = "JSAPI".into();
        trade["bank_type"] = "OTHERS".into();
        trade["success_time"] = render_time(*at).into();
        trade["payer"] = json!({ "openid": made.openid });
        trade["amount"] = json!({ "total": made.total, "payer_total": made.total, "currency": "CNY", "payer_currency": "CNY" });
    }
    trade
}

const fn state_in_words(state: TradeState) -> &'static str {
    match state {
        TradeState::Success => "支付成功",
        TradeState::Refund => "转入退款",
        TradeState::NotPay => "未支付",
        TradeState::Closed => "已关闭",
        TradeState::Revoked => "已撤销",
        TradeState::UserPaying => "用户支付中",
        TradeState::PayError => "支付失败",
    }
}

/// A refund's answer.
pub fn refund(refund: &Refund) -> Value {
    let mut answer = common(refund);
    answer.insert("status".to_owned(), json!(refund.state));
    answer.insert("channel".to_owned(), "ORIGINAL".into());
    answer.insert("funds_account".to_owned(), "AVAILABLE".into());
    answer.insert("create_time".to_owned(), render_time(refund.asked_at).into());
    answer.into()
}

/// What a notification of a refund holds.
pub fn refund_notice(refund: &Refund) -> Value {
    let mut notice = common(refund);
    notice.insert("mchid".to_owned(), MCHID.into());
    notice.insert("refund_status".to_owned(), json!(refund.state));
    notice.into()
}

fn common(refund: &Refund) -> Map<String, Value> {
    let asked = &refund.asked;
    let mut fields = Map::new();
    let texts = [
        ("refund_id", &asked.refund_id),
        ("out_refund_no", &asked.out_refund_no),
        ("transaction_id", &asked.transaction_id),
        ("out_trade_no", &asked.out_trade_no),
    ];
    for (name, text) in texts {
        fields.insert(name.to_owned(), text.as_str().into());
    }
    if let (RefundState::Success, Some(at)) = (refund.state, refund.ended_at) {
        fields.insert("success_time".to_owned(), render_time(at).into());
    }
    fields.insert("user_received_account".to_owned(), "支付用户零钱".into());
    let amount = json!({
        "total": asked.total, "refund": asked.refund, "payer_total": asked.total, "payer_refund": asked.refund, "currency": "CNY",
        "settlement_total": asked.total, "settlement_refund": asked.refund, "discount_refund": 0,
    });
    fields.insert("amount".to_owned(), amount);
    fields
}
