//! The cashier: one page without a script.

use crate::platform::wechat::pay::TradeState;

/// Nothing from elsewhere, no script; its form goes to this server.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PAGE: &str = include_str!("page.html");
const FORM: &str = include_str!("form.html");

/// The page of an order.
pub fn render(prepay_id: &str, out_trade_no: &str, description: &str, total: u64, state: TradeState) -> String {
    let (words, form) = match state {
        TradeState::NotPay => ("等待付款", FORM),
        TradeState::UserPaying => ("正在支付", FORM),
        TradeState::PayError => ("支付失败，可以再试", FORM),
        TradeState::Success => ("支付成功", ""),
        TradeState::Refund => ("已支付，已退款", ""),
        TradeState::Closed | TradeState::Revoked => ("订单已关闭", ""),
    };
    PAGE.replace("{{form}}", form)
        .replace("{{state}}", words)
        .replace("{{amount}}", &format!("{}.{:02}", total / 100, total % 100))
        .replace("{{prepay_id}}", &escaped(prepay_id))
        .replace("{{out_trade_no}}", &escaped(out_trade_no))
        .replace("{{description}}", &escaped(description))
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // So that no text looks like a place for another one.
            '{' => safe.push_str("&#123;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_merchants_text_is_text() {
        let html = render("wx1", "M1", "<script>{{amount}}\"'&", 990, TradeState::NotPay);
        assert!(html.contains("&lt;script&gt;&#123;&#123;amount}}&quot;&#39;&amp;") && !html.contains("<script"), "{html}");
        assert!(html.contains("¥9.90") && html.contains("action=\"/pay/wx1\""));
    }

    #[test]
    fn what_is_over_has_no_buttons() {
        for (state, has_form) in
            [(TradeState::NotPay, true), (TradeState::UserPaying, true), (TradeState::Success, false), (TradeState::Closed, false)]
        {
            let html = render("wx1", "M1", "x", 1, state);
            assert_eq!(html.contains("<form"), has_form, "{state:?}");
            assert!(!html.contains("{{"), "{html}");
        }
    }
}
