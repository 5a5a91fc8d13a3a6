//! What is refused, in words of its own.

use crate::refusal::{Rule, RuleClass};

/// Each of them, for the documents.
pub const RULES: &[&Rule] = &[
    &UNKNOWN_AFTER_SALE,
    &ORDER_NOT_PAID,
    &AFTER_SALE_CLOSED,
    &NOTHING_LEFT,
    &NOT_SENT,
    &REASON_UNFIT,
    &TOO_MANY_AFTER_SALES,
    &AFTER_SALE_STATUS,
    &SETTLED_ON_RECEIPT,
];

/// There is no such case.
pub const UNKNOWN_AFTER_SALE: Rule = Rule {
    code: "unknown_after_sale",
    class: RuleClass::Missing,
    title: "售后单不存在 / Unknown after-sale case",
    detail: "没有这个售后单。",
};
/// Nothing was paid, so nothing can go back.
pub const ORDER_NOT_PAID: Rule = Rule {
    code: "order_not_paid",
    class: RuleClass::Conflict,
    title: "订单未付款 / Order not paid",
    detail: "只有已付款的订单可以申请售后。",
};
/// The time after the receipt is over.
pub const AFTER_SALE_CLOSED: Rule = Rule {
    code: "after_sale_closed",
    class: RuleClass::Conflict,
    title: "售后已截止 / After-sale is closed",
    detail: "这个订单已经超过可以申请售后的时间。",
};
/// Fewer pieces are left than are applied for.
pub const NOTHING_LEFT: Rule = Rule {
    code: "after_sale_pieces",
    class: RuleClass::Conflict,
    title: "可申请数量不足 / Too few pieces left",
    detail: "申请的数量超过还能申请售后的数量，可能已在其他售后单中或已经退款。",
};
/// Only what has left can be sent back.
pub const NOT_SENT: Rule = Rule {
    code: "not_sent",
    class: RuleClass::Conflict,
    title: "尚未全部发货 / Not sent yet",
    detail: "商品还没有全部发出，请申请仅退款。",
};
/// The reason belongs to the other kind.
pub const REASON_UNFIT: Rule = Rule {
    code: "reason_unfit",
    class: RuleClass::Invalid,
    title: "原因不适用 / Reason does not fit",
    detail: "这个原因不适用于所选的售后类型。",
};
/// An order has only so many cases.
pub const TOO_MANY_AFTER_SALES: Rule = Rule {
    code: "too_many_after_sales",
    class: RuleClass::Conflict,
    title: "售后次数过多 / Too many after-sale cases",
    detail: "这个订单的售后申请次数已到上限，请联系客服。",
};
/// The case stands where this cannot be done.
pub const AFTER_SALE_STATUS: Rule = Rule {
    code: "after_sale_status",
    class: RuleClass::Conflict,
    title: "售后状态不允许 / Wrong status of the case",
    detail: "售后单当前的状态不允许这个操作。",
};
/// For a return, stock and freight are decided when the goods are there.
pub const SETTLED_ON_RECEIPT: Rule = Rule {
    code: "settled_on_receipt",
    class: RuleClass::Invalid,
    title: "收货时再定 / Settled on receipt",
    detail: "退货退款的库存和运费在收到退货时决定。",
};
