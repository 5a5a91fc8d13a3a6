//! The bills of a day, as WeChat Pay writes them. The fee is 0.6 %, to the fen.

use std::fmt::Write;
use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use mallcore_actors::time::Timestamp;
use mallcore_actors::values::day::BusinessDay;

use super::books::{Books, Order, Refund};
use super::service::MCHID;
use crate::platform::wechat::pay::{RefundState, render_time};

const TRADE_COLUMNS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const TRADE_SUMS: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
const FUND_COLUMNS: &str =
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号";
const FUND_SUMS: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

/// Payment, fee or refund, in the order of time.
enum Movement<'a> {
    Payment(&'a Order, &'a str),
    Refund(&'a Refund),
}

/// All movements until the end of a day.
fn movements(books: &Books, day: BusinessDay) -> Vec<(Timestamp, Movement<'_>)> {
    let paid = books.orders().filter_map(|order| {
        let (number, at) = order.paid.as_ref()?;
        Some((*at, Movement::Payment(order, number)))
    });
    let refunded = books.refunds().filter(|refund| refund.state == RefundState::Success);
    let refunded = refunded.filter_map(|refund| Some((refund.ended_at?, Movement::Refund(refund))));
    let mut all: Vec<_> = paid.chain(refunded).filter(|(at, _)| BusinessDay::of(*at) <= day).collect();
    all.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| number(a).cmp(number(b))));
    all
}

fn number<'a>(movement: &Movement<'a>) -> &'a str {
    match movement {
        Movement::Payment(_, number) => number,
        Movement::Refund(refund) => &refund.asked.refund_id,
    }
}

const fn fee(total: u64) -> u64 {
    (total * 6 + 500) / 1_000
}

fn yuan(fen: i64) -> String {
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100)
}

/// Amounts of the sandbox are far below what an `i64` holds.
const fn signed(fen: u64) -> i64 {
    fen.cast_signed()
}

fn clock(at: Timestamp) -> String {
    render_time(at).chars().take(19).map(|letter| if letter == 'T' { ' ' } else { letter }).collect()
}

/// Values that would be two are one.
fn line(bill: &mut String, values: &[&str]) {
    for (place, value) in values.iter().enumerate() {
        // Writing to a `String` does not fail.
        let _ = write!(bill, "{}`{}", if place == 0 { "" } else { "," }, value.replace(['`', '\n', '\r'], " "));
    }
    bill.push_str("\r\n");
}

/// The trades of a day; none if there were none.
pub fn trades(books: &Books, appid: &str, day: BusinessDay) -> Option<String> {
    let mut bill = format!("\u{feff}{TRADE_COLUMNS}\r\n");
    let (mut count, mut total, mut refunds, mut fees) = (0_u64, 0, 0, 0);
    for (at, movement) in movements(books, day) {
        if BusinessDay::of(at) != day {
            continue;
        }
        count += 1;
        let at = clock(at);
        match movement {
            Movement::Payment(order, transaction_id) => {
                let (made, own_fee) = (&order.made, signed(fee(order.made.total)));
                (total, fees) = (total + made.total, fees + own_fee);
                let amount = yuan(signed(made.total));
                let fee = format!("{}000", yuan(own_fee));
                let attach = made.attach.as_deref().unwrap_or_default();
                line(
                    &mut bill,
                    &[
                        &at,
                        appid,
                        MCHID,
                        "0",
                        "",
                        transaction_id,
                        &made.out_trade_no,
                        &made.openid,
                        "JSAPI",
                        "SUCCESS",
                        "OTHERS",
                        "CNY",
                        &amount,
                        "0.00",
                        "0",
                        "0",
                        "0.00",
                        "0.00",
                        "",
                        "",
                        &made.description,
                        attach,
                        &fee,
                        "0.60%",
                        &amount,
                        "0.00",
                        "",
                    ],
                );
            }
            Movement::Refund(refund) => {
                let asked = &refund.asked;
                refunds += asked.refund;
                let amount = yuan(signed(asked.refund));
                line(
                    &mut bill,
                    &[
                        &at,
                        appid,
                        MCHID,
                        "0",
                        "",
                        &asked.transaction_id,
                        &asked.out_trade_no,
                        "",
                        "JSAPI",
                        "REFUND",
                        "OTHERS",
                        "CNY",
                        "0.00",
                        "0.00",
                        &asked.refund_id,
                        &asked.out_refund_no,
                        &amount,
                        "0.00",
                        "ORIGINAL",
                        "SUCCESS",
                        "",
                        "",
                        "0.00000",
                        "0.60%",
                        "0.00",
                        &amount,
                        "",
                    ],
                );
            }
        }
    }
    bill.push_str(TRADE_SUMS);
    bill.push_str("\r\n");
    let (total, refunds) = (yuan(signed(total)), yuan(signed(refunds)));
    line(&mut bill, &[&format!("{count}.0"), &total, &refunds, "0.00", &yuan(fees), &total, &refunds]);
    (count > 0).then_some(bill)
}

/// The movements of a day on the account; none if there were none.
pub fn funds(books: &Books, day: BusinessDay) -> Option<String> {
    let mut bill = format!("\u{feff}{FUND_COLUMNS}\r\n");
    let (mut balance, mut incomes, mut income, mut expenses, mut expense) = (0_i64, 0_u64, 0, 0_u64, 0);
    for (at, movement) in movements(books, day) {
        let (number, name, amount, voucher) = match &movement {
            Movement::Payment(order, number) => (*number, "交易", signed(order.made.total), &order.made.out_trade_no),
            Movement::Refund(refund) => {
                (refund.asked.refund_id.as_str(), "退款", -signed(refund.asked.refund), &refund.asked.out_refund_no)
            }
        };
        let fee = if amount > 0 { signed(fee(amount.unsigned_abs())) } else { 0 };
        for (kind, change) in [(name, amount), ("扣除交易手续费", -fee)] {
            balance += change;
            if change == 0 || BusinessDay::of(at) != day {
                continue;
            }
            let direction = if change > 0 { "收入" } else { "支出" };
            if change > 0 {
                (incomes, income) = (incomes + 1, income + change);
            } else {
                (expenses, expense) = (expenses + 1, expense - change);
            }
            let flow = format!("10000{number}{}", incomes + expenses);
            line(
                &mut bill,
                &[&clock(at), number, &flow, kind, kind, direction, &yuan(change.abs()), &yuan(balance), "system", "", voucher],
            );
        }
    }
    bill.push_str(FUND_SUMS);
    bill.push_str("\r\n");
    let count = incomes + expenses;
    line(&mut bill, &[&count.to_string(), &incomes.to_string(), &yuan(income), &expenses.to_string(), &yuan(expense)]);
    (count > 0).then_some(bill)
}

/// As it is downloaded.
pub fn packed(bill: &str) -> io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bill.as_bytes())?;
    packed.finish()
}
