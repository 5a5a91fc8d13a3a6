//! The words of every problem code, Chinese first. Codes that are not listed here do not exist: metrics, the embedded page's counters and the
//! OpenAPI document take their codes from this table; rules of a feature bring their own words.

/// How many codes there are, beside those of features' own rules.
pub const COUNT: usize = WORDS.len();

/// All codes, the commonest first.
pub fn codes() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(code, ..)| *code)
}

/// The place of a code among [`codes`].
pub fn place(code: &str) -> Option<usize> {
    WORDS.iter().position(|(known, ..)| *known == code)
}

/// Title and detail of a code.
pub fn of(code: &str) -> (&'static str, &'static str) {
    let place = place(code);
    debug_assert!(place.is_some(), "the problem code {code} is missing in src/platform/http/wording.rs");
    place.map_or(("请求失败 / Request failed", "请求未能完成。"), |place| (WORDS[place].1, WORDS[place].2))
}

/// What a phone number is wanted to be.
pub const PHONE: &str = "请输入 11 位手机号。";
/// What somebody who logs in, or binds a phone, is wanted to send.
pub const ONE_WAY: &str = "code 与手机号（phone、sms_code）只能提供其中一种。";
/// What a mail address is wanted to be.
pub const EMAIL: &str = "请输入电子邮箱地址。";
/// What a region's code is wanted to be.
pub const REGION: &str = "请选择所在的区县，并与省份一致。";
/// What a nickname is wanted to be.
pub const NICKNAME: &str = "昵称不能包含看不见的字符。";
/// What a text that shoppers type is wanted to be.
pub const TYPED: &str = "不能包含换行或看不见的字符。";
/// What the address of a picture is wanted to be.
pub const PICTURE: &str = "头像必须是 https 地址。";

const WORDS: &[(&str, &str, &str)] = &[
    // Commonest first: a flash sale is mostly this.
    ("sold_out", "已售罄 / Sold out", "手慢了，商品已经抢光。"),
    ("purchase_limit", "超过限购 / Purchase limit reached", "超过每人限购件数。"),
    ("not_started", "尚未开始 / Not started", "抢购还没有开始，请稍后再来。"),
    ("ended", "已结束 / Ended", "这场抢购已经结束。"),
    ("too_many_unpaid", "待付款订单过多 / Too many unpaid orders", "请先支付或取消未付款的订单。"),
    ("idempotency_mismatch", "请求键已被使用 / Idempotency key reused", "同一个 Idempotency-Key 已用于内容不同的请求。"),
    ("rate_limited", "请求过于频繁 / Too many requests", "操作太快了，请稍后再试。"),
    ("busy", "系统繁忙 / Busy", "排队的人太多，请立即重试。"),
    ("journal_full", "暂停下单 / Ordering is paused", "系统暂时无法安全地保存订单，请稍后再试。"),
    ("lag_shed", "系统繁忙 / Busy", "下单的人太多，系统暂时放慢了接单，请稍后重试。"),
    ("lag_full", "暂停下单 / Ordering is paused", "系统积压的订单太多，请稍后再试。"),
    ("warming", "正在准备 / Warming up", "商品正在载入，请稍后再试。"),
    ("outcome_unknown", "结果未知 / Outcome unknown", "暂时无法确认订单是否成功，请用同一个 Idempotency-Key 重试。"),
    ("database_unavailable", "暂时无法查询 / Database unavailable", "数据库暂时没有响应，请稍后再试。"),
    ("unknown_item", "商品不存在 / Unknown item", "没有这件抢购商品。"),
    ("unknown_order", "订单不存在 / Unknown order", "没有这个订单。"),
    ("unknown_activity", "活动不存在 / Unknown activity", "没有这场抢购活动。"),
    ("unknown_product", "商品不存在 / Unknown product", "没有这件商品，或已下架。"),
    ("unknown_banner", "横幅不存在 / Unknown banner", "没有这个横幅，或不在展示时间内。"),
    ("unknown_category", "分类不存在 / Unknown category", "没有这个分类，或已隐藏。"),
    ("unknown_address", "地址不存在 / Unknown address", "没有这个收货地址。"),
    ("too_many_addresses", "地址过多 / Too many addresses", "收货地址已达上限，请先删除不用的地址。"),
    ("wrong_status", "订单状态不允许 / Wrong status", "订单当前的状态不允许这个操作。"),
    ("off_sale", "已下架 / Off sale", "商品已经下架，暂时不能购买。"),
    ("insufficient_stock", "库存不足 / Insufficient stock", "可用库存不足，不能扣减这么多。"),
    ("version_mismatch", "库存已变化 / Version mismatch", "查看之后库存已经变化，请重新查看后再设置。"),
    ("too_much_stock", "库存过多 / Too much stock", "超过一个 SKU 允许的库存上限。"),
    ("order_closed", "订单已关闭 / Order closed", "订单在付款之前已经关闭，款项会原路退回。"),
    ("already_paid", "订单已支付 / Already paid", "订单已经支付过，这一笔会原路退回。"),
    ("amount_mismatch", "金额不符 / Amount mismatch", "支付金额与应付金额不一致。"),
    ("exceeds_order", "超出订单 / Exceeds the order", "数量或金额超过订单还能处理的部分。"),
    ("too_many_parts", "次数过多 / Too many parts", "一个订单的包裹或退款次数已到上限。"),
    ("rule", "规则不允许 / Refused by a rule", "当前规则不允许这个操作。"),
    ("price_changed", "价格已变化 / Price changed", "商品价格与您看到的不一致，请按新的金额重新确认。"),
    ("no_delivery", "不支持配送 / No delivery", "标出的商品不能送到这个地区，请更换收货地址或移除商品。"),
    ("freight_unknown", "运费未设置 / Freight unknown", "标出的商品还没有设置运费，暂时不能下单。"),
    ("nothing_selected", "没有选中的商品 / Nothing selected", "购物车里没有选中的商品。"),
    ("not_due", "尚未到期 / Not due", "订单还没有到期。"),
    ("token_missing", "请先登录 / Token missing", "请求需要 Authorization: Bearer 令牌。"),
    ("token_expired", "登录已过期 / Token expired", "令牌已过期，请重新登录。"),
    ("token_revoked", "登录已失效 / Token revoked", "令牌已失效，请刷新令牌或重新登录。"),
    ("admin_signed_out", "请登录 / Signed out", "登录状态已失效，请重新登录后台。"),
    ("admin_login_failed", "登录失败 / Login failed", "用户名或密码错误。"),
    ("admin_login_locked", "暂时锁定 / Locked for a while", "尝试次数过多，请稍后再试。"),
    ("csrf_token_invalid", "请求来源无法确认 / CSRF token invalid", "请刷新页面后重试。"),
    ("permission_denied", "没有权限 / Permission denied", "您没有执行此操作的权限。"),
    ("session_revoked", "请重新登录 / Session ended", "登录状态已失效，请重新登录。"),
    ("sessions_unavailable", "暂时无法登录 / Sessions unavailable", "登录服务暂时没有响应，请稍后再试。"),
    ("notification_unproven", "通知无法验证 / Notification unproven", "通知的签名或密文不是微信支付的。"),
    ("notification_wrong", "通知有误 / Notification wrong", "通知与本店的订单或退款不符。"),
    ("payment_unavailable", "支付暂时不可用 / Payment unavailable", "暂时无法支付，请稍后再试。"),
    ("wechat_unavailable", "微信暂时不可用 / WeChat unavailable", "暂时无法连接微信，请稍后再试。"),
    ("wechat_busy", "微信繁忙 / WeChat busy", "微信系统繁忙，请重新获取登录凭证后再试。"),
    ("wechat_rate_limited", "微信登录过于频繁 / WeChat rate limit", "登录太频繁了，请一分钟后再试。"),
    ("wechat_blocked", "微信限制登录 / Blocked by WeChat", "微信判定该用户存在风险，暂不允许登录。"),
    ("sms_rate_limited", "验证码发送过于频繁 / Too many codes", "验证码发送太频繁了，请稍后再试。"),
    ("sms_unavailable", "短信暂时不可用 / SMS unavailable", "暂时无法发送短信，请稍后再试。"),
    ("token_invalid", "登录无效 / Token invalid", "令牌无效，请重新登录。"),
    ("validation_failed", "内容有误 / Validation failed", "请检查标出的字段。"),
    ("malformed_json", "不是有效的 JSON / Malformed JSON", "请求体必须是 JSON 对象。"),
    ("body_too_large", "请求体过大 / Body too large", "请求体超过上限，一般为 16 KiB。"),
    ("body_unreadable", "请求体无法读取 / Body unreadable", "请求体没有完整到达。"),
    ("body_timeout", "请求体超时 / Body timeout", "请求体没有在规定时间内到达。"),
    ("content_encoding_unsupported", "不支持的内容编码 / Content encoding unsupported", "请求体不能压缩，请去掉 Content-Encoding。"),
    ("malformed_request", "请求有误 / Malformed request", "这不是有效的 HTTP 请求。"),
    ("head_too_large", "请求头过大 / Request head too large", "请求行和请求头的总长超过限制。"),
    ("request_timeout", "请求超时 / Request timeout", "请求没有在规定时间内到达。"),
    ("connections_full", "系统繁忙 / Busy", "连接的人太多，请稍后重试。"),
    ("too_many_connections", "连接过多 / Too many connections", "您的网络地址连接过多，请关闭一些后重试。"),
    ("header_repeated", "请求头重复 / Header repeated", "这个请求头只能出现一次。"),
    ("header_missing", "缺少请求头 / Header missing", "缺少必需的请求头。"),
    ("header_invalid", "请求头有误 / Header invalid", "必须是 1 到 255 个可见的 ASCII 字符。"),
    ("required", "缺少字段 / Required", "必须填写。"),
    ("not_a_whole_number", "不是整数 / Not a whole number", "必须是整数，不能是文字或小数。"),
    ("out_of_range", "超出范围 / Out of range", "数值超出允许的范围。"),
    ("wrong_type", "类型不对 / Wrong type", "字段的类型不对。"),
    ("too_short", "过短 / Too short", "内容过短或为空。"),
    ("invalid", "无效 / Invalid", "内容无效。"),
    ("too_long", "过长 / Too long", "内容过长。"),
    ("duplicate", "重复 / Duplicate", "字段只能出现一次。"),
    ("unknown_field", "未知字段 / Unknown field", "没有这个字段。"),
    ("not_found", "接口不存在 / Not found", "没有这个接口。"),
    ("method_not_allowed", "方法不允许 / Method not allowed", "这个地址不支持该方法。"),
    ("internal", "内部错误 / Internal error", "我们这边出错了，请凭 instance 联系客服。"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mallcore_actors::refusal::{Refusal, Unavailable};

    use super::*;

    #[test]
    fn every_code_of_the_core_has_words() {
        for code in Refusal::CODES.iter().chain(Unavailable::CODES) {
            assert!(place(code).is_some(), "{code} has no words");
        }
    }

    #[test]
    fn no_code_has_two_rows() {
        assert_eq!(codes().collect::<BTreeSet<_>>().len(), COUNT);
    }
}
